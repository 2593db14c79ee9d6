package import LibOSState
import LinuxABI
package import Machine
package import Snapshot

/// Builds a picoprocess from the sections of a snapshot, into a kernel whose filesystems are mounted
/// and which has no process yet.
///
/// Nothing read is trusted: what does not fit throws, and the kernel is thrown away.
package final class StateLoader {
  package let kernel: Kernel
  package let reader: SnapshotReader
  /// Nothing will run: no file or stream of the host is opened, and no page is kept. All else is as ever.
  let isRehearsal: Bool

  /// Where the guest's pages stay until they are needed, or until all else is restored; nil if none are kept.
  private let stored: SnapshotPages?
  private let isLazy: Bool

  /// Read the files of the root at once that the guest has in use, to see whether they are the same, though their
  /// pages are read later.
  package var checksFilesAtOnce = false

  /// Of a lazy resume: where what can't be had later is noted. nil if all is read at once.
  var shortage: Shortage? { isLazy ? kernel.shortage : nil }

  /// The maps of restored pages, by the numbers of their new owners.
  private var restored: [UInt64: PageMap] = [:]

  /// Bytes that the sections which are still to be decoded may take.
  private var room: UInt64

  private let memory: [UInt64: Godwit_State_MemoryObject]
  private let pages: SavedPages
  private var objects: [UInt64: MemoryObject] = [:]
  package let files: Godwit_State_Files
  private var openFiles: [UInt64: OpenFile] = [:]
  private let pipeStates: [UInt64: Godwit_State_Pipe]
  private var pipes: [UInt64: Pipe] = [:]
  /// Files that are held, though nobody refers to them yet: connections that wait to be accepted, ends of
  /// FIFOs that wait for the other one.
  var heldFiles: Set<UInt64> = []
  /// Connections whose other end is outside.
  var connectionsOutside: [(socket: TCPSocket, watch: ViewerWatch?)] = []
  /// Streams of the host that the guest left, which become those of its console.
  var leftStreams = LeftStreams()
  /// Frames that hold pages of processes, each used by all who have an equal page.
  private var sharedFrames: SharedFrames
  package let filesystems: Godwit_State_Filesystems
  /// By the process or thread that they were saved with.
  var fileTables: [Int32: FileTable] = [:]
  private var fsContexts: [UInt64: FSContext] = [:]
  private var dentries: [UInt64: Dentry] = [:]
  /// Restored nodes of each mount's layered filesystem, by number; mount `UInt32.max` is that of the
  /// nameless files.
  package var nodes: [UInt32: [UInt64: LayeredNode]] = [:]
  /// Restored POSIX message queues, by number.
  var posixQueues: [UInt64: PosixQueue] = [:]
  /// Restored files in host directories that are open by a name they have no more, by mount and number.
  var nameless: [UInt32: [UInt64: HostNode]] = [:]

  /// - Parameter isLazy: the guest may run before its pages are read: see `Kernel.storedPages`.
  /// - Parameter distant: has pages that are in no snapshot; for a lazy resume.
  package init(
    _ kernel: Kernel, _ reader: SnapshotReader, isLazy: Bool = false,
    _ distant: (any DistantPages)? = nil, isRehearsal: Bool = false
  ) throws(SnapshotError) {
    self.kernel = kernel
    self.isLazy = isLazy
    stored = isRehearsal ? nil : try kernel.beginStoring(in: reader, distant)
    stored?.takesFailuresAsZeroes = !isLazy
    self.isRehearsal = isRehearsal
    self.reader = reader
    sharedFrames = SharedFrames(pages: reader.pageCount, limit: kernel.arena.byteLimit >> 12)
    var room = Self.decodedLimit
    let memory: Godwit_State_Memory = try Self.section(.memory, reader, &room)
    self.memory = try Self.numbered(memory.objects, \.id, "memory objects")
    files = try Self.section(.files, reader, &room)
    pipeStates = try Self.numbered(files.pipes, \.id, "pipes")
    filesystems = try Self.section(.filesystems, reader, &room)
    pages = try SavedPages(Self.section(.pageMaps, reader, &room))
    self.room = room
  }

  /// Decodes one section.
  package static func section<M: StateMessage>(
    _ section: StateSection, _ reader: SnapshotReader
  ) throws(SnapshotError) -> M {
    var room = decodedLimit
    return try self.section(section, reader, &room)
  }

  /// The same, if it takes no more memory than there is `room`, which becomes less by that.
  private static func section<M: StateMessage>(
    _ section: StateSection, _ reader: SnapshotReader, _ room: inout UInt64
  ) throws(SnapshotError) -> M {
    let stored = reader.byteCount(of: section)
    guard stored <= room else { throw .tooLarge(what: "\(section)", size: stored, limit: room) }
    return try decode(section, try reader.message(section), &room)
  }

  /// Decodes the bytes of one section, unless they would become far more than they are.
  package static func decode<M: StateMessage>(_ section: StateSection, _ bytes: [UInt8])
    throws(SnapshotError) -> M
  {
    var room = decodedLimit
    return try decode(section, bytes, &room)
  }

  private static func decode<M: StateMessage>(
    _ section: StateSection, _ bytes: [UInt8], _ room: inout UInt64
  ) throws(SnapshotError) -> M {
    var census = StateCensus()
    guard census.add(bytes, M.shape) else { throw .invalidState("section \(section)") }
    guard census.size <= room else {
      throw .tooLarge(what: "section \(section)", size: census.size, limit: room)
    }
    room -= census.size
    guard let message = M(decoding: bytes) else { throw .invalidState("section \(section)") }
    return message
  }

  /// Bytes of memory that all sections may take once they are decoded: those of some millions of files.
  private static let decodedLimit: UInt64 = 2 << 30

  /// The messages by number: each number belongs to one, and 0 to none.
  private static func numbered<M>(
    _ messages: [M], _ number: (M) -> UInt64, _ what: String
  ) throws(SnapshotError) -> [UInt64: M] {
    var known: [UInt64: M] = [:]
    for message in messages {
      let number = number(message)
      guard number != 0, known.updateValue(message, forKey: number) == nil else {
        throw .invalidState("\(what) of the same number \(number)")
      }
    }
    return known
  }

  // MARK: Objects

  package func object(_ id: UInt64) throws(SnapshotError) -> MemoryObject {
    if let known = objects[id] { return known }
    guard let state = memory[id] else { throw .invalidState("memory object \(id)") }
    var source: LowerSource?
    if state.hasSource {
      switch kernel.vfs.mount(number: Int(state.source.mount))?.filesystem {
      case let layers as LayeredFS: source = try lowerSource(layers, state.source)
      case let host as HostFS:
        let object = try hostObject(host, state.source)
        objects[id] = object
        return object
      default: throw .invalidState("mount \(state.source.mount) of memory object \(id)")
      }
    }
    let what = "the size of memory object \(id)"
    _ = try checked(state.size, SavedRange.fileOffset, what)
    _ = try checked(state.sourceSize, 0...state.size, what)
    let object = MemoryObject(arena: kernel.arena)
    objects[id] = object
    object.hasMappedWrites = state.mappedWrites
    object.restore(
      source: source, sourceSize: source == nil ? 0 : state.sourceSize, size: state.size)
    try forEachPage(of: .memoryObject(id), object.lineage, below: (state.size + 4095) >> 12) {
      (index, frame) throws(SnapshotError) in
      // An object's page is written in place, so a zero page needs a frame of its own.
      let own = frame == .zero ? kernel.arena.allocate() : frame
      guard let own else { throw .memoryLimit }
      object.restorePage(index, frame: own, isDirty: true)
    }
    return object
  }

  /// Calls `body` for every page of a memory object, each in a frame that it takes over.
  ///
  /// - Parameter count: pages are numbered below it.
  private func forEachPage(
    of owner: PageOwner, _ lineage: PageLineage, below count: UInt64,
    _ body: (UInt64, Frame) throws(SnapshotError) -> Void
  ) throws(SnapshotError) {
    // Each takes a frame, a zero page too.
    let limit = UInt64(kernel.arena.byteLimit >> 12)
    let map = try map(of: owner, limit: limit)
    if let last = map.runs.last, last.pages.upperBound > count {
      throw .invalidState("pages beyond the end of a memory object")
    }
    if isRehearsal { return }
    restored[lineage.number] = map
    try map.forEachPage { (page, reference) throws(SnapshotError) in
      guard reference != .zero else { return try body(page, .zero) }
      try body(page, try frame(reference))
    }
  }

  /// Lends the bytes of memory object `id`, a page that isn't zero at a time.
  func forEachPage(
    ofObject id: UInt64, limit: UInt64, _ body: (UInt64, RawSpan) throws(SnapshotError) -> Void
  ) throws(SnapshotError) -> UInt64 {
    guard let state = memory[id], !state.hasSource, state.size <= limit else {
      throw .invalidState("memory object \(id)")
    }
    let count = (state.size + 4095) >> 12
    let map = try map(of: .memoryObject(id), limit: count)
    var page = [UInt8](repeating: 0, count: Frame.size)
    try map.forEachPage { (index, reference) throws(SnapshotError) in
      guard reference != .zero, index < count else { return }
      try page.withMutableRawSpan { (bytes) throws(SnapshotError) in
        try reader.page(reference, into: &bytes)
      }
      let rest = Int(min(UInt64(Frame.size), state.size - index << 12))
      try page.withRawSpan { (bytes) throws(SnapshotError) in
        try body(index << 12, bytes.extracting(0..<rest))
      }
    }
    return state.size
  }

  /// The page map of `owner`, which may have at most `limit` pages.
  private func map(of owner: PageOwner, limit: UInt64) throws(SnapshotError) -> PageMap {
    try pages.map(of: owner, storedPages: reader.pageCount, limit: limit)
  }

  /// A fresh frame with a stored page, or for one.
  private func frame(_ reference: PageReference) throws(SnapshotError) -> Frame {
    if stored != nil, let page = UInt32(exactly: reference.rawValue),
      let frame = kernel.arena.allocate(stored: page)
    {
      return frame
    }
    guard let frame = kernel.arena.allocate() else { throw .memoryLimit }
    try kernel.arena.withMutableBytes(frame, offset: 0, count: Frame.size) {
      (bytes: inout MutableRawSpan) throws(SnapshotError) in
      try reader.page(reference, into: &bytes)
    }
    return frame
  }

  /// Restores the private pages of a process. They are copied before they are written: equal ones share a frame, as
  /// those of a process and its child do.
  func restorePages(of process: Process) throws(SnapshotError) {
    let map = try map(of: .process(process.pid), limit: kernel.isa.userAddressLimit.page)
    if isRehearsal { return }
    restored[process.space.lineage.number] = map
    for run in map.runs {
      var page = run.page
      while page < run.pages.upperBound {
        guard let vma = process.space.mapping(at: GuestAddress(page << 12)),
          !vma.flags.contains(.shared)
        else {
          throw .invalidState(
            "a page of process \(process.pid) at 0x\(String(page << 12, radix: 16))")
        }
        let end = min(run.pages.upperBound, vma.pages.upperBound)
        try restore(page..<end, run.reference(of: page), in: process.space, vma.permissions)
        page = end
      }
    }
  }

  /// Restores neighbouring pages of one mapping, whose references count up from `first` or are all zero.
  private func restore(
    _ pages: Range<UInt64>, _ first: PageReference, in space: AddressSpace,
    _ permissions: Permissions
  ) throws(SnapshotError) {
    if let frames = framesAtOnce(first, pages.count) {
      space.restorePages(pages, first: frames, permissions)
      return
    }
    for page in pages {
      let reference = PageReference(rawValue: first.rawValue + (page - pages.lowerBound))
      space.restorePage(page, frame: try sharedFrame(reference), permissions)
    }
  }

  /// Consecutive frames for consecutive pages that nobody has yet; the zero frame for pages of zeroes. nil if they
  /// must be had one by one.
  private func framesAtOnce(_ first: PageReference, _ count: Int) -> Frame? {
    if first.isZero { return .zero }
    guard stored != nil, let start = UInt32(exactly: first.rawValue),
      let end = UInt32(exactly: first.rawValue + UInt64(count)),
      sharedFrames.hasNone(of: first, count),
      let frame = kernel.arena.allocate(stored: start..<end)
    else { return nil }
    sharedFrames.set(first, count, frame)
    return frame
  }

  /// What the page tables of all processes take must fit the memory limit, before any is made.
  private func chargeTables(of processes: [Godwit_State_Process]) throws(SnapshotError) {
    var budget = MemoryBudget(limit: UInt64(kernel.arena.byteLimit))
    for process in processes {
      let map = try map(of: .process(process.pid), limit: kernel.isa.userAddressLimit.page)
      try budget.charge(tablesFor: map)
    }
  }

  /// The frame of a page, with a reference for the caller.
  private func sharedFrame(_ reference: PageReference) throws(SnapshotError) -> Frame {
    if reference == .zero { return .zero }
    if let known = sharedFrames[reference] {
      kernel.arena.retain(known)
      return known
    }
    let frame = try self.frame(reference)
    sharedFrames.set(reference, 1, frame)
    return frame
  }

  // MARK: Names and files

  package func dentry(_ id: UInt64) throws(SnapshotError) -> Dentry {
    guard let dentry = dentries[id] else { throw .invalidState("name \(id)") }
    return dentry
  }

  /// Where paths of `owner` start: as those of others with that number, if it is not 0.
  func fsContext(
    _ number: UInt64, root: UInt64, cwd: UInt64, umask: UInt32, _ owner: String
  ) throws(SnapshotError) -> FSContext {
    if let known = fsContexts[number] { return known }
    let context = FSContext(
      root: try dentry(root), cwd: try dentry(cwd),
      umask: UInt16(try checked(umask, 0...0o777, "the umask of \(owner)")))
    guard context.root.isDirectory, context.cwd.isDirectory else {
      throw .invalidState("the directories of \(owner)")
    }
    if number != 0 { fsContexts[number] = context }
    return context
  }

  package func file(_ id: UInt64) throws(SnapshotError) -> OpenFile {
    guard let file = openFiles[id] else { throw .invalidState("open file \(id)") }
    return file
  }

  /// Makes all open files, and then joins them: they refer to one another in circles, and in chains as long
  /// as a guest likes.
  private func restoreFiles() throws(SnapshotError) {
    for state in files.files {
      guard state.id != 0, openFiles[state.id] == nil else {
        throw .invalidState("open file \(state.id)")
      }
      let file = try restoreFile(state)
      try restoreCommon(of: file, state)
      _ = file.account(in: kernel.arena)
      openFiles[state.id] = file
    }
    for state in files.files { try restoreLinks(of: file(state.id), state) }
    try requireShallowEpollSets()
  }

  /// Epoll sets watch one another in short chains and never in circles, or looking at one would not end.
  private func requireShallowEpollSets() throws(SnapshotError) {
    let sets = openFiles.values.compactMap { $0 as? EpollFile }
    // The longest chain below each set, as far as that many looks at all of them tell.
    var depths: [ObjectIdentifier: Int] = [:]
    for _ in 0...EpollFile.maximumNesting {
      var isSettled = true
      for set in sets {
        let below =
          set.items.compactMap { $0.file as? EpollFile }
          .map { depths[ObjectIdentifier($0), default: 0] + 1 }.max() ?? 0
        if below != depths[ObjectIdentifier(set), default: 0] {
          depths[ObjectIdentifier(set)] = below
          isSettled = false
        }
      }
      if isSettled { return }
    }
    throw .invalidState("the members of epoll sets")
  }

  /// Closes the files that nobody holds, as if somebody had: a snapshot may have some, though no guest has.
  private func closeUnheldFiles() {
    for state in files.files where !heldFiles.contains(state.id) {
      guard let file = openFiles[state.id], file.referenceCount == 0 else { continue }
      file.retain()
      file.release()
    }
  }

  package func pipe(_ id: UInt64) throws(SnapshotError) -> Pipe {
    if let known = pipes[id] { return known }
    guard let state = pipeStates[id] else { throw .invalidState("pipe \(id)") }
    let pipe = try Pipe(state, kernel.arena)
    pipes[id] = pipe
    return pipe
  }

  private func restoreDentries() throws(SnapshotError) {
    for state in filesystems.dentries {
      dentries[state.id] = try restoreDentry(state)
    }
  }

  private func restoreDentry(_ state: Godwit_State_Dentry) throws(SnapshotError) -> Dentry {
    guard let mount = kernel.vfs.mount(number: Int(state.mount)) else {
      throw .invalidState("mount \(state.mount)")
    }
    guard state.parent != 0 else { return mount.root }
    let parent = try dentry(state.parent)
    let name = try fileName(state.name, isNameless: state.deleted)
    if state.hasAttributes, mount.filesystem is PtsFS {
      guard let number = ProcFS.number(name), (0..<PseudoterminalTable.limit).contains(number)
      else {
        throw .invalidState("terminal \(text(name))")
      }
      let node = PtsNode(goneTerminal: number, kernel)
      node.restore(state.attributes)
      return Dentry(unnamed: node, in: parent, name: name)
    }
    if state.deleted, mount.filesystem is PtsFS, let inode = try? parent.inode.restoredEntry(name) {
      return Dentry(unnamed: inode, in: parent, name: name)
    }
    if state.deleted, mount.filesystem is PosixQueueFS {
      guard let queue = posixQueues[state.number] else {
        throw .invalidState("message queue \(state.number)")
      }
      return Dentry(unnamed: queue, in: parent, name: name)
    }
    if state.deleted, mount.filesystem is LayeredFS {
      guard let node = nodes[state.mount]?[state.number] else {
        throw .missingFile(text(name) + " (deleted)")
      }
      return Dentry(unnamed: node, in: parent, name: name)
    }
    if state.deleted, let node = nameless[state.mount]?[state.number] {
      return Dentry(unnamed: node, in: parent, name: name)
    }
    do throws(Errno) {
      return parent.child(name, try parent.inode.restoredEntry(name))
    } catch {
      throw .missingFile(text(parent.path().bytes + [UInt8(ascii: "/")] + name))
    }
  }

  // MARK: All of it

  /// What is known of the pages in the snapshot, once they are restored.
  package var known: KnownPages {
    KnownPages(epoch: kernel.arena.epoch, maps: restored, digests: PageDigests())
  }

  /// Restores everything. Afterwards `kernel.run()` goes on where the saved one stood.
  ///
  /// - Parameters:
  ///   - workers: they help with the pages.
  ///   - report: called with how many pages of how many are here.
  package func restoreAll(
    on workers: (any Workers)? = nil, _ report: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(SnapshotError) {
    try restoreObjects()
    guard let stored, !isLazy else { return }
    try stored.loadAll(into: kernel.arena, on: workers, report)
    _ = kernel.endStoring()
  }

  private func restoreObjects() throws(SnapshotError) {
    let state: Godwit_State_Kernel = try Self.section(.kernel, reader, &room)
    let processes: Godwit_State_Processes = try Self.section(.processes, reader, &room)
    let tasks: Godwit_State_Tasks = try Self.section(.tasks, reader, &room)
    try ProcessTree.check(
      processes.processes, tasks.tasks, initial: state.initialPid,
      limit: kernel.configuration.maximumTasks)
    try pages.requireOwners(processes) { memory[$0] != nil }
    try chargeTables(of: processes.processes)
    try kernel.restore(state)
    try restoreFilesystems()
    // Names in /proc lead to processes, and processes have names open: first there are processes,
    // then names, then all that the processes hold.
    for state in processes.processes {
      kernel.processes[state.pid] = try Process(state, self)
    }
    for entry in state.accounts {
      kernel.processes[entry.pid]?.accounts = try ProcessAccounts(entry)
    }
    for pid in state.terminalLeavers { kernel.processes[pid]?.hasLeftTerminal = true }
    try kernel.ipc.restore(state.ipc, self)
    try kernel.pseudoterminals.restore(files.pseudoterminals)
    try restoreDentries()
    try restoreFiles()
    try restoreConsole()
    if files.accounting != 0 { kernel.accountingFile = try file(files.accounting) }
    for state in processes.processes { try kernel.processes[state.pid]!.restore(state, self) }
    try restoreTasks(tasks, order: state.runQueue)
    closeUnheldFiles()
    try restoreLocks()
    kernel.pseudoterminals.finishRestoring(files.pseudoterminals)
    try kernel.restoreTerminal(state)
    // Last, when all who wait for them are there to hear of it.
    for connection in connectionsOutside { connection.socket.resumeOutside(connection.watch) }
    kernel.network.outside.closeRelayed()
    // What the guest writes from now on is not in the snapshot.
    kernel.arena.beginEpoch()
  }

  private func restoreTasks(_ state: Godwit_State_Tasks, order: [Int32]) throws(SnapshotError) {
    var restored: [Int32: Task] = [:]
    for entry in state.tasks {
      guard let process = kernel.processes[entry.pid] else {
        throw .invalidState("process \(entry.pid) of task \(entry.tid)")
      }
      let task = try Task(entry, process: process, self)
      task.runsAgain = entry.blocked
      restored[task.tid] = task
      kernel.tasks[task.tid] = task
      process.tasks.append(task)
    }
    for entry in state.tasks { try kernel.futexes.restore(restored[entry.tid]!, entry.futex.owner) }
    // Runnable ones first, in their order; the blocked ones behind them run their calls again, in the order
    // in which they had gone to sleep. Those of a stopped process do so when it is continued.
    let blocked = restored.values.filter(\.runsAgain)
      .sorted { ($0.blockSequence, $0.tid) < ($1.blockSequence, $1.tid) }
    var isQueued: Set<Int32> = []
    for task in order.compactMap({ restored[$0] }) + blocked
    where !task.isStopped && isQueued.insert(task.tid).inserted {
      kernel.scheduler.enqueue(task)
    }
  }
}
