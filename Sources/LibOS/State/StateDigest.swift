import LibOSState
import Machine
package import Snapshot
import Synchronization

/// The digest of all that a guest can see of itself: registers, memory by what it holds, the library
/// OS's objects.
///
/// It does not depend on how the state is held: on which pages are resident or shared, on where the
/// host keeps files, on who wrote the snapshot. Equal states have equal digests; of different ones
/// the parts tell where they differ.
package struct StateDigest {
  /// One object, or one aspect of it.
  package struct Part: Sendable {
    package var name: String
    package var digest: Digest
  }

  /// In an order that depends on the state alone.
  package private(set) var parts: [Part] = []
  /// System calls made so far. Not part of the digest.
  package private(set) var syscallCount: UInt64 = 0

  private let pages: SavedPages
  private let pageDigests: ([PageReference]) throws(SnapshotError) -> [Digest]
  private let storedPages: UInt64
  private var pagesLeft = SavedPages.pageLimit

  /// The digest of everything: that of the names and digests of all parts.
  package var whole: Digest {
    var builder = DigestBuilder()
    for part in parts {
      builder.append(Array(part.name.utf8)[...])
      builder.append([0])
      builder.append(part.digest.bytes[...])
    }
    return builder.finish()
  }

  /// Digests the state in the sections that `section` gives.
  ///
  /// - Parameter pages: the page maps.
  /// - Parameter storedPages: how many pages they refer to.
  /// - Parameter pageDigests: the digests of pages that are not zero.
  init(
    pages: SavedPages, storedPages: UInt64,
    section: (StateSection) throws(SnapshotError) -> [UInt8],
    pageDigests: @escaping ([PageReference]) throws(SnapshotError) -> [Digest]
  ) throws(SnapshotError) {
    self.pages = pages
    self.pageDigests = pageDigests
    self.storedPages = storedPages
    func decode<M: StateMessage>(_ id: StateSection) throws(SnapshotError) -> M {
      try StateLoader.decode(id, try section(id))
    }
    add(try decode(.kernel) as Godwit_State_Kernel)
    add(try decode(.tasks) as Godwit_State_Tasks)
    try add(try decode(.processes) as Godwit_State_Processes)
    try add(try decode(.memory) as Godwit_State_Memory)
    add(try decode(.files) as Godwit_State_Files)
    add(try decode(.filesystems) as Godwit_State_Filesystems)
  }

  private mutating func add(_ name: String, _ bytes: [UInt8]...) {
    var builder = DigestBuilder()
    for bytes in bytes { builder.append(bytes[...]) }
    parts.append(Part(name: name, digest: builder.finish()))
  }

  // MARK: Parts
  // What has no part of its own is in a rest, lest anything be left out.

  private mutating func add(_ tasks: Godwit_State_Tasks) {
    for task in tasks.tasks { add(task) }
    var rest = tasks
    rest.tasks = []
    add("tasks", rest.encoded())
  }

  private mutating func add(_ processes: Godwit_State_Processes) throws(SnapshotError) {
    for process in processes.processes { try add(process) }
    var rest = processes
    rest.processes = []
    add("processes", rest.encoded())
  }

  private mutating func add(_ memory: Godwit_State_Memory) throws(SnapshotError) {
    for object in memory.objects { try add(object) }
    var rest = memory
    rest.objects = []
    add("memory objects", rest.encoded())
  }

  private mutating func add(_ kernel: Godwit_State_Kernel) {
    syscallCount = kernel.syscallCount
    var clock = Godwit_State_Kernel()
    clock.monotonic = kernel.monotonic
    clock.realtime = kernel.realtime
    clock.suspended = kernel.suspended
    clock.wallOffset = kernel.wallOffset
    add("clock", clock.encoded())
    var rest = kernel
    rest.monotonic = 0
    rest.realtime = 0
    rest.suspended = 0
    rest.wallOffset = 0
    rest.syscallCount = 0
    add("kernel", rest.encoded())
  }

  private mutating func add(_ task: Godwit_State_Task) {
    add("task \(task.tid) registers", task.registers.encoded())
    var rest = task
    rest.clearRegisters()
    add("task \(task.tid)", rest.encoded())
  }

  private mutating func add(_ process: Godwit_State_Process) throws(SnapshotError) {
    var memory = Godwit_State_Process()
    memory.mappings = process.mappings
    memory.stackLimit = process.stackLimit
    memory.locksMappings = process.locksMappings
    memory.memoryOf = process.memoryOf
    let anonymous = process.mappings.filter { $0.object == 0 }
    var index = 0
    try add("process \(process.pid) memory", memory.encoded(), .process(process.pid)) {
      page in
      // Absent memory without a file behind it reads as zeroes.
      while index < anonymous.count, anonymous[index].end >> 12 <= page { index += 1 }
      return index < anonymous.count && anonymous[index].start >> 12 <= page
    }
    var descriptors = Godwit_State_Process()
    descriptors.descriptors = process.descriptors
    descriptors.filesOf = process.filesOf
    add("process \(process.pid) descriptors", descriptors.encoded())
    var rest = process
    rest.mappings = []
    rest.stackLimit = 0
    rest.locksMappings = false
    rest.memoryOf = 0
    rest.descriptors = []
    rest.filesOf = 0
    add("process \(process.pid)", rest.encoded())
  }

  private mutating func add(_ object: Godwit_State_MemoryObject) throws(SnapshotError) {
    let path = object.hasSource ? " " + String(decoding: object.source.path, as: UTF8.self) : ""
    try add(
      "memory object \(object.id)\(path)", object.encoded(), .memoryObject(object.id)
    ) { $0 << 12 >= object.sourceSize }
  }

  private mutating func add(_ files: Godwit_State_Files) {
    for file in files.files { add("open file \(file.id)", file.encoded()) }
    for pipe in files.pipes { add("pipe \(pipe.id)", pipe.encoded()) }
    for terminal in files.pseudoterminals {
      add("pseudoterminal \(terminal.number)", terminal.encoded())
    }
    var locks = Godwit_State_Files()
    locks.locks = files.locks
    add("locks", locks.encoded())
    var rest = files
    rest.files = []
    rest.pipes = []
    rest.pseudoterminals = []
    rest.locks = []
    add("files", rest.encoded())
  }

  private mutating func add(_ filesystems: Godwit_State_Filesystems) {
    for mount in filesystems.mounts {
      var mount = mount
      // Where the host keeps it is no affair of the guest's.
      mount.hostPath.removeAll()
      mount.tree.lower.removeAll()
      add("mount \(String(decoding: mount.path, as: UTF8.self))", mount.encoded())
    }
    add("nameless files", filesystems.memoryFiles.encoded())
    var rest = filesystems
    rest.mounts = []
    rest.clearMemoryFiles()
    add("names", rest.encoded())
  }

  /// Adds a part of `bytes` and the numbers and digests of the owner's pages, except zeroes where `isZeroes`
  /// says that an absent page would read as such.
  private mutating func add(
    _ name: String, _ bytes: [UInt8], _ owner: PageOwner, isZeroes: (UInt64) -> Bool
  ) throws(SnapshotError) {
    var builder = DigestBuilder()
    builder.append(bytes[...])
    let map = try pages.map(of: owner, storedPages: storedPages, limit: pagesLeft)
    pagesLeft -= map.pageCount
    var batch: [(page: UInt64, reference: PageReference)] = []
    try map.forEachPage { (page, reference) throws(SnapshotError) in
      if reference.isZero, isZeroes(page) { return }
      batch.append((page, reference))
      guard batch.count == Self.batchSize else { return }
      try append(batch, to: &builder)
      batch.removeAll(keepingCapacity: true)
    }
    try append(batch, to: &builder)
    parts.append(Part(name: name, digest: builder.finish()))
  }

  /// Pages whose digests are there at once: enough for all processors, whatever a map claims to have.
  private static let batchSize = 1 << 14

  private func append(
    _ pages: [(page: UInt64, reference: PageReference)], to builder: inout DigestBuilder
  ) throws(SnapshotError) {
    var digests = try pageDigests(pages.map(\.reference).filter { !$0.isZero }).makeIterator()
    // One buffer for all: a page has few bytes here, and each call of the digest its price.
    var bytes: [UInt8] = []
    bytes.reserveCapacity(pages.count * (8 + Digest.size))
    for (page, reference) in pages {
      for shift in stride(from: UInt64(0), to: 64, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: page >> shift))
      }
      (reference.isZero ? Digest.zeroPage : digests.next()!).append(to: &bytes)
    }
    builder.append(bytes[...])
  }
}

extension StateDigest {
  /// Digests the state that a snapshot holds.
  ///
  /// - Parameters:
  ///   - workers: they help with the pages.
  ///   - report: called with how many pages were digested since the last time.
  package init(
    _ reader: SnapshotReader, on workers: (any Workers)? = nil,
    _ report: @escaping (Int) -> Void = { _ in }
  ) throws(SnapshotError) {
    try reader.requirePageOwners()
    try self.init(
      pages: SavedPages(StateLoader.section(.pageMaps, reader)),
      storedPages: reader.pageCount,
      section: { (id) throws(SnapshotError) in try reader.message(id) },
      pageDigests: { (references) throws(SnapshotError) in
        try reader.digests(of: references, on: workers, report)
      })
  }
}

extension SnapshotReader {
  /// The digests of pages that are not zero, in any order.
  fileprivate func digests(
    of references: [PageReference], on workers: (any Workers)?, _ report: (Int) -> Void
  ) throws(SnapshotError) -> [Digest] {
    let order = references.indices.sorted { references[$0].rawValue < references[$1].rawValue }
    let digests = Mutex([Digest](repeating: .zeroPage, count: references.count))
    try readPages(order.map { references[$0].rawValue }, on: workers, report) { index, page in
      let digest = Digest(ofPage: page)
      digests.withLock { $0[order[index]] = digest }
    }
    return digests.withLock { $0 }
  }
}
