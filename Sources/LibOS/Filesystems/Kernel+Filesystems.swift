package import HostABI
package import LinuxABI
import Machine

/// The parts of the guest's tree.
package struct FilesystemConfiguration: Sendable {
  /// A host directory in the tree (`--mount host:guest[:ro]`).
  package struct HostMount: Sendable, Hashable {
    package var host: StreamURI
    package var guest: [UInt8]
    package var isReadOnly: Bool
    package init(host: StreamURI, guest: [UInt8], isReadOnly: Bool = false) {
      self.host = host
      self.guest = guest
      self.isReadOnly = isReadOnly
    }
  }

  /// What is mounted over a place in the tree.
  package enum GuestMount: Sendable, Hashable {
    case host(HostMount)
    /// A filesystem in memory, empty at first (`--tmpfs PATH`).
    case tmpfs(at: [UInt8])
  }

  /// The read-only host directory beneath the root; `nil` for an empty root.
  package var lower: StreamURI?
  /// In the order in which they are mounted.
  package var mounts: [GuestMount] = []
  package init(lower: StreamURI? = nil) { self.lower = lower }
}

extension Kernel {
  /// Mounts the guest's filesystems and returns where its first process is: at the root.
  ///
  /// Missing mount points are made in the upper layer of the root. `ENOENT` and the like are about host
  /// directories that can't be mounted.
  package func mountFilesystems(_ configuration: FilesystemConfiguration) throws(Errno) -> FSContext
  {
    let lower = try hosted { () throws(HostError) in
      try configuration.lower.map { (uri) throws(HostError) in
        try HostBase(host, uri, isReadOnly: true)
      }
    }
    vfs.mount(LayeredFS(vfs: vfs, lower: lower), on: nil)
    let context = FSContext(root: vfs.root)
    try vfs.mount(ProcFS(self), at: "/proc", context)
    try vfs.mount(SysFS(self), at: "/sys", context, isReadOnly: true)
    try vfs.mount(DevFS(self), at: "/dev", context)
    try vfs.mount(PtsFS(self), at: "/dev/pts", context)
    try vfs.mount(LayeredFS(vfs: vfs, lower: nil), at: "/dev/shm", context)
    for mount in configuration.mounts {
      switch mount {
      case .tmpfs(let path):
        let place = try vfs.mountPoint(path, context, type: .S_IFDIR)
        vfs.mount(LayeredFS(vfs: vfs, lower: nil), on: place)
      case .host(let mount):
        let filesystem = try HostFS(vfs: vfs, base: mount.host, isReadOnly: mount.isReadOnly)
        let place = try vfs.mountPoint(mount.guest, context, type: filesystem.root.type)
        vfs.mount(filesystem, on: place, isReadOnly: mount.isReadOnly)
      }
    }
    provideTemporaryDirectory(context)
    _ = vfs.memoryFiles
    // Last: the numbers of devices and mounts are those of the others, as earlier versions gave them.
    if let devices = vfs.mounts.first(where: { $0.filesystem is DevFS })?.root {
      vfs.mountMessageQueues(
        PosixQueueFS(self), on: try devices.lookup(Array("mqueue".utf8)))
    }
    return context
  }

  /// Makes `/tmp`, as programs expect it, in a root that has none.
  private func provideTemporaryDirectory(_ context: FSContext) {
    _ = try? context.root.inode.makeDirectory(
      Array("tmp".utf8), permissions: 0o1777, owner: Ownership())
  }

  /// Makes an `/etc/resolv.conf` that names the resolver of the outside network, if there is one and the
  /// guest has an `/etc`: the host's own file names a server that only the host can reach.
  package func provideResolver() {
    guard configuration.outside.resolver != nil else { return }
    let fs = FSContext(root: vfs.root)
    let path = Array("/etc/resolv.conf".utf8)
    let caller = PathCaller(fs: fs)
    // Keep a file that the guest wrote, or one that is mounted there.
    if let there = try? vfs.resolve(path, in: fs).inode as? LayeredNode, there.hasOwnContent {
      return
    }
    do throws(Errno) { try vfs.unlink(path, from: fs.root, caller: caller) } catch {
      guard error == .ENOENT else { return }
    }
    let flags: OpenFlags = [.O_WRONLY, .O_CREAT, .O_EXCL]
    guard let file = try? vfs.open(path, from: fs.root, flags, permissions: 0o644, caller: caller)
    else { return }
    file.retain()
    defer { file.release() }
    _ = try? Array("nameserver \(OutsideNetwork.resolver)\n".utf8).withRawSpan {
      (span) throws(Errno) in try file.write(from: span)
    }
  }

  /// Opens the host process's descriptors 0, 1 and 2 under the same numbers; closed ones stay closed. A
  /// terminal among them becomes the controlling terminal; otherwise that of the host process does, if it
  /// has one.
  package func openStandardStreams(of process: Process) {
    let terminal = try? vfs.resolve(Array("/dev/tty".utf8), in: FSContext(root: vfs.root))
    for descriptor in Int32(0)...2 {
      let uri = StreamURI(.stdio, String(descriptor))
      guard let file = try? HostStreamFile(vfs, uri, [.O_RDWR, .O_LARGEFILE], at: terminal) else {
        continue
      }
      if let options = try? host.options(of: file.handle) {
        var flags: OpenFlags = .O_LARGEFILE
        switch (options.contains(.read), options.contains(.write)) {
        case (true, true): flags.insert(.O_RDWR)
        case (false, true): flags.insert(.O_WRONLY)
        default: break
        }
        if options.contains(.append) { flags.insert(.O_APPEND) }
        file.flags = flags
      }
      process.files.replace(descriptor, with: file, closeOnExec: false)
      if file.isTerminal, process.controllingTerminal == nil {
        attach(vfs.streams.control, to: process)
      }
    }
    guard process.controllingTerminal == nil,
      let own = try? HostStreamFile(vfs, StreamURI(.tty, ""), .O_RDWR, at: terminal)
    else { return }
    own.retain()
    own.release()
    attach(vfs.streams.control, to: process)
  }
}

extension VFS {
  func mount(
    _ filesystem: Filesystem, at path: String, _ context: FSContext, isReadOnly: Bool = false
  ) throws(Errno) {
    mount(
      filesystem, on: try mountPoint(Array(path.utf8), context, type: .S_IFDIR),
      isReadOnly: isReadOnly)
  }

  /// Mounts again, over whatever is at the mount's path now.
  func mountAgain(_ mount: Mount) throws(Errno) {
    let place = try mountPoint(
      mount.path, FSContext(root: root), type: mount.filesystem.root.type)
    if place === mount.root { return }
    mount.mountPoint?.mounted = nil
    mount.mountPoint = place
    place.mounted = mount
  }

  /// The directory or file at the absolute `path`, made if it is not there.
  func mountPoint(_ path: [UInt8], _ context: FSContext, type: FileType) throws(Errno) -> Dentry {
    let caller = PathCaller(fs: context)
    let names = path.split(separator: UInt8(ascii: "/")).map { Array($0) }
    var place = context.root
    for (index, name) in names.enumerated() {
      var walker = Walker(caller, from: place)
      do { place = try walker.find(name, follow: true) } catch {
        guard error == .ENOENT else { throw error }
        let inode =
          index < names.count - 1 || type == .S_IFDIR
          ? try place.inode.makeDirectory(name, permissions: 0o755, owner: Ownership())
          : try place.inode.create(name, permissions: 0o644, owner: Ownership())
        place = place.child(name, inode)
      }
    }
    return place
  }
}
