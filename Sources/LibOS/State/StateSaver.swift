import HostABI
package import LibOSState
import LinuxABI
package import Machine
package import Snapshot

/// An open file that can be described so that it exists again after a resume.
///
/// A kind of file that does not conform can't travel, and a snapshot that would need it is refused by
/// name before anything is written.
package protocol PersistentFile: OpenFile {
  /// The kind's own part of the state.
  func save(_ saver: StateSaver) throws(SnapshotError) -> Godwit_State_OpenFile.OneOf_Kind

  /// Why this one can't travel as it stands; nil when it can.
  var obstacle: String? { get }
}

extension PersistentFile {
  package var obstacle: String? { nil }
}

/// Walks over the objects of a picoprocess and makes messages of them; see `StatePass`.
///
/// Objects that several others share get a number when first met, in an order that depends on the
/// guest alone. What can't travel is noted, wherever the guest holds it.
package final class StateSaver {
  package let kernel: Kernel
  /// nil for a survey, which looks only for what can't travel.
  private(set) var captured = CapturedState()
  /// The pages that no view has, those of host files; nil in a survey.
  private(set) var stored: StoredPages?

  private var objects: [ObjectIdentifier: UInt64] = [:]
  /// Bytes of unchanged files that open files hold.
  private var held: Set<ObjectIdentifier> = []
  /// The process or thread that was saved with an address space, a table of descriptors, or signal actions, by that.
  package var owners: [ObjectIdentifier: Int32] = [:]
  private var fsNumbers: [ObjectIdentifier: UInt64] = [:]
  private var memory = Godwit_State_Memory()
  private var files: [ObjectIdentifier: UInt64] = [:]
  /// Open files in the order of their numbers, with who holds each; those behind `openFiles.files.count`
  /// are yet to be saved.
  private var metFiles: [(file: OpenFile, holder: FileHolder)] = []
  private var openFiles = Godwit_State_Files()
  /// Locks, with an open file that leads to them.
  private var locks: [(locks: FileLocks, file: UInt64)] = []
  private var pipes: [ObjectIdentifier: UInt64] = [:]
  private var dentries: [ObjectIdentifier: UInt64] = [:]
  package var filesystems = Godwit_State_Filesystems()
  /// To become the filesystems': added to those one by one, all would be copied each time.
  private var savedDentries: [Godwit_State_Dentry] = []
  /// Nodes of layered filesystems that open names hold alive, by filesystem.
  package var heldNodes: [ObjectIdentifier: [LayeredNode]] = [:]
  /// POSIX message queues that open names hold alive.
  private(set) var heldQueues: [PosixQueue] = []
  /// Files in host directories that are open by a name they have no more, by filesystem.
  var nameless: [ObjectIdentifier: [HostNode]] = [:]
  private var lastObject: UInt64 = 0

  /// What can't travel, each named once.
  package private(set) var obstacles: [String] = []

  /// - Parameter sink: takes pages that no view has; nil for a survey, which looks only for what can't travel.
  /// - Parameter known: the pages of an earlier snapshot.
  init(_ kernel: Kernel, sink: (any StateSink)?, _ known: KnownPages? = nil) {
    self.kernel = kernel
    stored = sink.map { StoredPages($0, known) }
  }

  func note(_ obstacle: String) {
    if !obstacles.contains(obstacle) { obstacles.append(obstacle) }
  }

  // MARK: Pages

  /// Notes the pages that an object has at this moment.
  func own(_ pages: any FrozenPages, _ lineage: PageLineage, _ owner: PageOwner) {
    captured.pages.append((owner, .inView(pages, lineage)))
  }

  /// Notes the nodes of the tree at a mount; nil: of the files without names.
  func capture(_ nodes: [CapturedNode], mount: Int?) { captured.nodes.append((mount, nodes)) }

  /// Hands over a page that is in no view; nothing in a survey.
  private func store(_ page: [UInt8], at index: UInt64, in map: inout PageMap)
    throws(SnapshotError)
  {
    guard stored != nil else { return }
    let reference = try page.withRawSpan { (bytes) throws(SnapshotError) in
      try stored!.add(bytes)
    }
    map.append(index, reference)
  }

  /// The number of a memory object, which is saved when first met.
  package func id(of object: MemoryObject) throws(SnapshotError) -> UInt64 {
    if let known = objects[ObjectIdentifier(object)] { return known }
    lastObject += 1
    let id = lastObject
    objects[ObjectIdentifier(object)] = id
    var state = Godwit_State_MemoryObject()
    state.id = id
    state.size = object.size
    state.sourceSize = object.sourceSize
    state.mappedWrites = object.hasMappedWrites
    if let node = object.owner as? LayeredNode { hold(node) }
    switch object.source {
    case let pages as HostPages:
      // The file has it all: what mappings changed was written back.
      state.source = try describe(pages)
      if let reason = pages.node.obstacle {
        note("mapping (\(text(pages.location?.bytes ?? []))): \(reason)")
      }
    case let source as any LocatedSource where object.sourceSize > 0:
      state.source = try describe(source)
      own(object.pages.frozen, object.lineage, .memoryObject(id))
    case nil: own(object.pages.frozen, object.lineage, .memoryObject(id))
    default:
      // A file that can't be found again (standard input, say) travels whole.
      state.sourceSize = 0
      captured.pages.append((.memoryObject(id), .stored(try allPages(of: object))))
    }
    memory.objects.append(state)
    return id
  }

  /// Notes that an open file has these bytes at hand.
  func hold(_ object: MemoryObject) { held.insert(ObjectIdentifier(object)) }

  /// Whether a mapping or an open file has the bytes, and no mere cache.
  func isInUse(_ object: MemoryObject) -> Bool {
    objects[ObjectIdentifier(object)] != nil || held.contains(ObjectIdentifier(object))
  }

  private func allPages(of object: MemoryObject) throws(SnapshotError) -> PageMap {
    var map = PageMap()
    var page = [UInt8](repeating: 0, count: Frame.size)
    for index in 0..<(object.size + 4095) >> 12 {
      let isRead = page.withMutableRawSpan { bytes in
        bytes.fill(0, in: 0..<Frame.size)
        return object.read(at: index << 12, into: &bytes) != nil
      }
      guard isRead else {
        note("mapping of a file that can't be read any more")
        return map
      }
      try store(page, at: index, in: &map)
    }
    return map
  }

  // MARK: Files

  /// The number of an open file; one that is met for the first time is saved later.
  ///
  /// - Parameter holder: how the guest has it, for people.
  package func id(of file: OpenFile, _ holder: FileHolder) -> UInt64 {
    if let known = files[ObjectIdentifier(file)] { return known }
    let id = UInt64(files.count + 1)
    files[ObjectIdentifier(file)] = id
    metFiles.append((file, holder))
    return id
  }

  /// Saves the open files that were met, and those that these lead to: one after the other, since a guest
  /// can put sockets into sockets as deep as it likes.
  private func saveFiles() throws(SnapshotError) {
    while openFiles.files.count < metFiles.count {
      let (file, holder) = metFiles[openFiles.files.count]
      let id = UInt64(openFiles.files.count + 1)
      var state = Godwit_State_OpenFile()
      state.id = id
      state.flags = file.flags.rawValue
      state.offset = file.offset
      file.saveSignals(to: &state)
      state.writeHint = (try? file.inode)?.writeHint ?? 0
      if let reason = file.travelObstacle { note("\(holder) (\(file.linkName)): \(reason)") }
      if let persistent = file as? any PersistentFile { state.kind = try persistent.save(self) }
      openFiles.files.append(state)
      if let held = (try? file.inode)?.locksInUse, !locks.contains(where: { $0.locks === held }) {
        locks.append((held, id))
      }
    }
  }

  /// The number of what tells where paths start.
  func number(of fs: FSContext) -> UInt64 {
    let number = fsNumbers[ObjectIdentifier(fs)] ?? UInt64(fsNumbers.count + 1)
    fsNumbers[ObjectIdentifier(fs)] = number
    return number
  }

  /// The number of a pipe; `save` fills in its state when it is first met.
  package func id(
    ofPipe pipe: AnyObject, _ save: (inout Godwit_State_Pipe) -> Void
  ) -> UInt64 {
    if let known = pipes[ObjectIdentifier(pipe)] { return known }
    let id = UInt64(pipes.count + 1)
    pipes[ObjectIdentifier(pipe)] = id
    var state = Godwit_State_Pipe()
    state.id = id
    save(&state)
    openFiles.pipes.append(state)
    return id
  }

  /// The number of a name, its parents first.
  package func id(of dentry: Dentry) -> UInt64 {
    if let known = dentries[ObjectIdentifier(dentry)] { return known }
    if let reason = dentry.hostObstacle { note("\(text(dentry.path().bytes)): \(reason)") }
    var fresh: [Dentry] = []
    var next: Dentry? = dentry
    while let current = next, dentries[ObjectIdentifier(current)] == nil {
      fresh.append(current)
      next = current.parent
    }
    for dentry in fresh.reversed() { add(dentry) }
    return dentries[ObjectIdentifier(dentry)]!
  }

  /// Saves a name whose parents were saved.
  private func add(_ dentry: Dentry) {
    let parent = dentry.parent.map { dentries[ObjectIdentifier($0)]! } ?? 0
    let id = UInt64(dentries.count + 1)
    dentries[ObjectIdentifier(dentry)] = id
    var state = Godwit_State_Dentry()
    state.id = id
    state.mount = UInt32(kernel.vfs.mountIndex(of: dentry.mount))
    state.parent = parent
    state.name = LibOSState.data(dentry.name)
    state.deleted = dentry.isDeleted
    if let node = dentry.inode as? LayeredNode {
      state.number = node.number
      hold(node)
    }
    if let queue = dentry.inode as? PosixQueue {
      state.number = queue.number
      heldQueues.append(queue)
    }
    if let node = dentry.inode as? PtsNode, node.isGone { state.attributes = node.save() }
    if let node = dentry.inode as? HostNode, !dentry.isRoot,
      dentry.isDeleted || !node.hasName(dentry.name) || !node.isWhereItWas
    {
      state.number = node.number
      state.deleted = true
      hold(node)
    }
    savedDentries.append(state)
  }

  /// Sees to it that a file is saved which its name does not lead to.
  func hold(_ node: HostNode) {
    let key = ObjectIdentifier(node.mount)
    guard nameless[key]?.contains(where: { $0 === node }) != true else { return }
    nameless[key, default: []].append(node)
  }

  /// Saves `size` bytes as a memory object of their own. `read` fills a buffer with those from an offset on, as
  /// far as they go; false when it can't.
  func saveBytes(_ size: UInt64, _ read: (UInt64, inout MutableRawSpan) -> Bool)
    throws(SnapshotError) -> UInt64
  {
    lastObject += 1
    var state = Godwit_State_MemoryObject()
    state.id = lastObject
    state.size = size
    var map = PageMap()
    var page = [UInt8](repeating: 0, count: Frame.size)
    guard stored != nil else { return state.id }
    for index in 0..<(size + 4095) >> 12 {
      let isRead = page.withMutableRawSpan { bytes in
        bytes.fill(0, in: 0..<Frame.size)
        return read(index << 12, &bytes)
      }
      if !isRead { note("a file without a name that can't be read any more") }
      try store(page, at: index, in: &map)
    }
    captured.pages.append((.memoryObject(state.id), .stored(map)))
    memory.objects.append(state)
    return state.id
  }

  /// Sees to it that the node is saved, though it may be as the lower tree has it.
  private func hold(_ node: LayeredNode) {
    heldNodes[ObjectIdentifier(node.layers), default: []].append(node)
  }

  // MARK: All of it

  /// Saves everything. The run loop must not be running.
  func saveAll() throws(SnapshotError) {
    for mount in kernel.vfs.mounts { (mount.filesystem as? HostFS)?.findLostNames() }
    var state = kernel.save(at: kernel.clock.moment)
    var processes = Godwit_State_Processes()
    var tasks = Godwit_State_Tasks()
    for pid in kernel.processes.keys.sorted() {
      processes.processes.append(try kernel.processes[pid]!.save(self))
    }
    for tid in kernel.tasks.keys.sorted() {
      tasks.tasks.append(try kernel.tasks[tid]!.save(self))
    }
    state.ipc = try kernel.ipc.save(self)
    if let file = kernel.accountingFile { openFiles.accounting = id(of: file, .accounting) }
    if let console = kernel.console { openFiles.console = console.save(self) }
    try saveFiles()
    for (locks, file) in locks {
      openFiles.locks += locks.save(heldOn: file) { self.files[$0] }
    }
    openFiles.pseudoterminals = kernel.pseudoterminals.save()
    try saveFilesystems()
    filesystems.dentries = savedDentries
    captured.sections = [
      .kernel: state, .memory: memory, .filesystems: filesystems, .files: openFiles,
      .processes: processes, .tasks: tasks,
    ]
  }
}

/// How a guest has an open file.
package enum FileHolder: CustomStringConvertible {
  case descriptor(Int32)
  /// In a message that nobody has received yet (SCM_RIGHTS).
  case message
  case epollSet
  /// A FIFO whose open(2) waits for the other end.
  case opening
  /// Another socket: its peer, or the listener that has yet to accept it.
  case socket
  /// The outer side of its standard streams.
  case console
  /// Where a message queue sends notifications.
  case notification
  /// Mapped, and without a descriptor.
  case mapping
  /// An asynchronous request waits for it.
  case polling
  /// acct(2).
  case accounting
  /// A filter of system calls leaves them to it.
  case filter

  package var description: String {
    switch self {
    case .descriptor(let number): "descriptor \(number)"
    case .message: "descriptor in flight"
    case .epollSet: "member of an epoll set"
    case .opening: "file being opened"
    case .socket: "connection"
    case .console: "console"
    case .notification: "receiver of notifications"
    case .mapping: "mapping"
    case .accounting: "accounting file"
    case .filter: "listener of a filter"
    case .polling: "file of an asynchronous request"
    }
  }
}
