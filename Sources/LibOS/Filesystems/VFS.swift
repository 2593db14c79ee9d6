package import HostABI
package import LinuxABI
package import Machine

/// The tree of names that the guest sees: the mount table, and what path walks need.
///
/// `VFS+Walk.swift` turns paths into dentries, `VFS+Open.swift` opens them, `VFS+Names.swift` makes,
/// links, renames and removes names.
package final class VFS {
  package let host: any Host
  /// Files that the guest has not changed must not tell anything of the host that has them.
  package let hidesHost: Bool
  package let arena: FrameArena
  /// Bytes of memory that are in use, as filesystems in memory show them.
  package var memoryInUse: () -> UInt64
  /// Whether a process runs the file as its program.
  var isRunning: (Inode) -> Bool = { _ in false }
  /// What of leases is in the way of who opens a file, to write it or not.
  var leaseInTheWay: (Inode, Bool) -> (queue: WaitQueue, deadline: Int64)? = { _, _ in nil }
  /// Set by what throws EWOULDBLOCK for a lease: what to wait for.
  var awaitedLease: (queue: WaitQueue, deadline: Int64)?
  /// In the order they were mounted; the first is the root.
  package private(set) var mounts: [Mount] = []
  /// What the files of lower trees hold, as far as that was asked.
  package var digests = FileDigests()

  /// Host streams that are open, so that the run loop can wait for them.
  package let streams = HostStreamRegistry()

  /// Programs and libraries that were mapped last, latest at the end: kept for whoever runs them next,
  /// with what was translated of them.
  private var recentPrograms: [MemoryObject] = []
  private static let recentProgramLimit = 64

  /// Files whose handles were asked for.
  var handles = FileHandles()

  /// Given to the two halves of the rename reported last (inotify(7)).
  package var lastRenameCookie: UInt32 = 0

  private var nextDeviceMinor: UInt32 = 20
  private var nextMountID: UInt64 = 20

  /// Where the files of `memfd_create` and nameless shared memory live: mounted nowhere.
  package private(set) lazy var memoryFiles = Mount(
    id: 1, filesystem: LayeredFS(vfs: self, lower: nil), on: nil, path: [], isReadOnly: false)

  /// The POSIX message queues. Their mount is not in the table, which snapshots hold the guest to; it travels by itself.
  package private(set) var messageQueues: Mount?

  var posixQueues: PosixQueueDirectory? { messageQueues?.filesystem.root as? PosixQueueDirectory }

  /// Every mount that the guest sees.
  var shownMounts: [Mount] { mounts + (messageQueues.map { [$0] } ?? []) }

  package init(host: any Host, arena: FrameArena, hidesHost: Bool = false) {
    self.host = host
    self.hidesHost = hidesHost
    self.arena = arena
    memoryInUse = { UInt64(arena.bytesInUse) }
  }

  /// Minor numbers of `st_dev`, in the order of mounting.
  func takeDeviceMinor() -> UInt32 {
    nextDeviceMinor += 1
    return nextDeviceMinor
  }

  /// The guest's wall time.
  package var now: Timespec {
    Timespec(nanoseconds: host.now(.realtime).totalNanoseconds)
  }

  /// The root of everything. The root filesystem must have been mounted.
  package var root: Dentry { mounts[0].root }

  /// Mounts `filesystem` over `mountPoint`, or as the root when there is none yet.
  @discardableResult
  package func mount(_ filesystem: Filesystem, on mountPoint: Dentry?, isReadOnly: Bool = false)
    -> Mount
  {
    precondition((mountPoint == nil) == mounts.isEmpty)
    let mount = makeMount(filesystem, on: mountPoint, isReadOnly: isReadOnly)
    mounts.append(mount)
    return mount
  }

  func mountMessageQueues(_ filesystem: PosixQueueFS, on mountPoint: Dentry) {
    messageQueues = makeMount(filesystem, on: mountPoint, isReadOnly: false)
  }

  private func makeMount(_ filesystem: Filesystem, on mountPoint: Dentry?, isReadOnly: Bool)
    -> Mount
  {
    nextMountID += 1
    let path = mountPoint?.path().bytes ?? Array("/".utf8)
    let mount = Mount(
      id: nextMountID, filesystem: filesystem, on: mountPoint, path: path, isReadOnly: isReadOnly)
    mountPoint?.mounted = mount
    return mount
  }

  /// Takes apart what goes in circles: mounts and their mount points, streams and the list of them.
  func dismantle() {
    streams.forgetAll()
    for mount in shownMounts { mount.mountPoint?.mounted = nil }
    mounts = []
    messageQueues = nil
    recentPrograms = []
  }

  /// Writes everything through to the host (`sync(2)`, and before the picoprocess ends).
  package func sync() {
    for mount in mounts { mount.filesystem.sync() }
  }

  /// `statfs(2)` of the filesystem that `mount` shows.
  package func statistics(of mount: Mount) throws(Errno) -> Statfs {
    var statistics = try mount.filesystem.statistics()
    var flags: MountStatFlags = [.ST_VALID, .ST_RELATIME]
    if mount.isReadOnly { flags.insert(.ST_RDONLY) }
    statistics.f_flags = Int64(flags.rawValue)
    statistics.f_fsid = mount.filesystem.device.rawValue
    return statistics
  }

  /// Keeps the bytes of a program or library for a while after the last process that maps it.
  package func keepProgram(_ object: MemoryObject) {
    guard object.isCached else { return }
    if let index = recentPrograms.firstIndex(where: { $0 === object }) {
      recentPrograms.remove(at: index)
    } else if recentPrograms.count == Self.recentProgramLimit {
      recentPrograms.removeFirst()
    }
    recentPrograms.append(object)
  }

  // MARK: For the rest of the library OS

  /// What `path` names, as the program loader sees it: links followed, permissions of root.
  package func resolve(_ path: [UInt8], in fs: FSContext) throws(Errno) -> Dentry {
    var walker = Walker(PathCaller(fs: fs), from: fs.cwd)
    return try walker.find(path, follow: true)
  }

  /// The absolute path of `dentry`; `nil` when it does not lie below the process's root.
  package func path(of dentry: Dentry, in fs: FSContext) -> [UInt8]? {
    let path = dentry.path(from: fs.root)
    return path.isReachable ? path.bytes : nil
  }

  /// The host streams that guest tasks wait for: what the run loop asks the host about.
  package var hostWaits: [HostWait] {
    streams.waiting.map {
      HostWait(item: WaitItem(handle: $0.handle, interest: $0.interest), queue: $0.waitQueue)
    }
  }

  /// Writes what shared mappings in `start..<end` of `space` changed through to the host (`msync`,
  /// `munmap`, the end of a process).
  package func writeBack(_ space: AddressSpace, _ start: GuestAddress, _ end: GuestAddress) {
    var written: Set<ObjectIdentifier> = []
    for vma in space.mappings.overlapping(start, end) {
      if vma.flags.contains(.shared), case .object(let object, _) = vma.backing,
        let source = object.source as? HostPages,
        written.insert(ObjectIdentifier(object)).inserted
      {
        source.writeBack(object)
      }
    }
  }
}
