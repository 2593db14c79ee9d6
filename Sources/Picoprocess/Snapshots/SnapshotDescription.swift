import LibOS
import LibOSState
import LinuxABI
import Machine
import PosixHost
import Snapshot

/// The content of a snapshot, for people: read from its sections, without restoring anything.
package struct SnapshotDescription {
  /// Disassembles bytes at an address for an ISA: the address and text of each instruction.
  package typealias Disassembly = ([UInt8], UInt64, String) -> [(address: UInt64, text: String)]

  let path: String
  let reader: SnapshotReader
  let provenance: Provenance
  let kernel: Godwit_State_Kernel
  let memory: Godwit_State_Memory
  let filesystems: Godwit_State_Filesystems
  let files: Godwit_State_Files
  let processes: Godwit_State_Processes
  let tasks: Godwit_State_Tasks
  private let savedPages: SavedPages
  /// Places in `filesystems` and `files`, by number: there may be many, and each is looked for often.
  private let dentryPlaces: [UInt64: Int]
  private let filePlaces: [UInt64: Int]

  /// Reads the snapshot at `path`.
  ///
  /// - Parameter knownKeys: a file of keys; see `KnownKeys`.
  package init(_ path: String, _ keys: SealKeys, knownKeys: String?) throws(Failure) {
    self.path = path
    reader = try SnapshotFile.reader(path, keys)
    provenance = try Provenance(reader, knownKeys: knownKeys)
    do throws(SnapshotError) {
      kernel = try StateLoader.section(.kernel, reader)
      memory = try StateLoader.section(.memory, reader)
      filesystems = try StateLoader.section(.filesystems, reader)
      files = try StateLoader.section(.files, reader)
      processes = try StateLoader.section(.processes, reader)
      tasks = try StateLoader.section(.tasks, reader)
      savedPages = try SavedPages(StateLoader.section(.pageMaps, reader))
    } catch { throw Failure(path, error) }
    func places(_ numbers: [UInt64]) -> [UInt64: Int] {
      Dictionary(numbers.enumerated().map { ($1, $0) }) { first, _ in first }
    }
    dentryPlaces = places(filesystems.dentries.map(\.id))
    filePlaces = places(files.files.map(\.id))
  }

  // MARK: Names

  /// The path of a saved name within the guest.
  func path(ofDentry id: UInt64) -> String {
    var names: [String] = []
    var next = id
    var mount: UInt32 = 0
    // Bounded, since a hostile file may contain cycles.
    for _ in 0..<256 {
      guard let place = dentryPlaces[next] else { break }
      let dentry = filesystems.dentries[place]
      mount = dentry.mount
      guard dentry.parent != 0 else { break }
      names.append(text(dentry.name))
      next = dentry.parent
    }
    let base =
      filesystems.mounts.indices.contains(Int(mount))
      ? text(filesystems.mounts[Int(mount)].path)
      : mount == VFS.messageQueuesIndex ? "/dev/mqueue" : ""
    return (base == "/" ? "" : base) + "/" + names.reversed().joined(separator: "/")
  }

  /// The file of a descriptor.
  func describe(file id: UInt64) -> String {
    guard let place = filePlaces[id] else { return "?" }
    return switch files.files[place].kind {
    case .named(let named): path(ofDentry: named.dentry)
    case .text(let text): path(ofDentry: text.dentry)
    case .stream(let stream): stream.uri
    case .pipe(let end): "pipe \(end.pipe), \(end.writes ? "writing" : "reading") end"
    case .event: "eventfd"
    case .timer: "timerfd"
    case .signal: "signalfd"
    case .pid(let target): "pidfd of \(target.pid)"
    case .epoll: "epoll"
    case .inotify: "inotify"
    case .unixSocket(let socket): describe(socket)
    case .internetSocket(let socket): describe(socket)
    case .netlinkSocket: "netlink socket"
    case .namespace(let namespace): "\(namespace.kind) namespace"
    case .posixQueue(let queue): path(ofDentry: queue.dentry)
    case .pseudoterminalMaster(let master): "master of /dev/pts/\(master.number)"
    case .pseudoterminalSlave(let slave): path(ofDentry: slave.dentry)
    case .seccompListener: "seccomp listener"
    case .none: "?"
    }
  }

  func text(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: Array(bytes), as: UTF8.self)
  }

  // MARK: Memory

  /// At most `count` bytes from `address` on, up to the end of the page; empty if neither the snapshot nor
  /// the files it refers to have them.
  func bytes(of process: Godwit_State_Process, at address: UInt64, count: Int) -> [UInt8] {
    guard let process = try? SavedMemory.owner(of: process, in: self),
      let mapping = process.mappings.first(where: { $0.start <= address && address < $0.end })
    else { return [] }
    let inPage = Int(address & 4095)
    let page =
      page(address >> 12, of: .process(process.pid))
      ?? object(mapping.object).flatMap { object in
        let offset = address - mapping.start &+ mapping.offset
        return self.page(offset >> 12, of: .memoryObject(object.id))
          ?? sourcePage(object, at: offset & ~4095)
      }
    guard let page, page.count > inPage else { return [] }
    return Array(page[inPage...].prefix(count))
  }

  func object(_ id: UInt64) -> Godwit_State_MemoryObject? {
    id == 0 ? nil : memory.objects.first { $0.id == id }
  }

  /// The page map of `owner`; empty if it has no pages.
  func map(of owner: PageOwner) throws(SnapshotError) -> PageMap {
    try savedPages.map(of: owner, storedPages: reader.pageCount, limit: 1 << 36)
  }

  private func page(_ number: UInt64, of owner: PageOwner) -> [UInt8]? {
    guard let reference = (try? map(of: owner))?[number] else { return nil }
    var page = [UInt8](repeating: 0, count: 4096)
    let isRead: Bool = page.withMutableRawSpan { span in
      (try? reader.page(reference, into: &span)) != nil
    }
    // A page that is with a missing parent is not the page of the file beneath.
    return isRead ? page : []
  }

  /// A page of the file beneath, if this host still has it.
  private func sourcePage(_ object: Godwit_State_MemoryObject, at offset: UInt64) -> [UInt8]? {
    try? sourceFile(of: object)?.bytes(at: offset, count: 4096)
  }

  /// The file beneath, if this host still has one of its size. No files are opened for a snapshot of an unknown
  /// signer.
  func sourceFile(of object: Godwit_State_MemoryObject) -> SnapshotFile? {
    guard provenance.isTrusted, object.hasSource,
      filesystems.mounts.indices.contains(Int(object.source.mount))
    else {
      return nil
    }
    let mount = filesystems.mounts[Int(object.source.mount)]
    let lower = mount.hasTree ? text(mount.tree.lower) : text(mount.hostPath)
    guard lower.hasPrefix("/") else { return nil }
    let path = lower + "/" + text(object.source.path)
    guard let file = try? InputFile(path), file.size == object.source.size else { return nil }
    return SnapshotFile(file)
  }

  /// The number of a process's pages, and how many of them are stored in the snapshot.
  func pages(of process: Godwit_State_Process) -> (all: UInt64, stored: UInt64) {
    guard let map = try? map(of: .process(process.pid)) else { return (0, 0) }
    let stored = map.runs.reduce(0) { $0 + ($1.reference.isZero ? 0 : $1.count) }
    return (map.pageCount, stored)
  }

  // MARK: Tasks

  /// The name of the system call that a task is in; nil if it is in none.
  func call(of task: Godwit_State_Task) -> String? {
    guard task.hasCall, let process = processes.processes.first(where: { $0.pid == task.pid }),
      let isa = GuestISA(rawValue: process.isa)
    else { return nil }
    let table = process.hasNative ? SyscallTable.native : SyscallTable(isa: isa)
    return table[task.call.number]?.name ?? "syscall_\(task.call.number)"
  }

  func state(of task: Godwit_State_Task) -> String {
    if task.stopped { return "stopped" }
    if task.blocked { return "blocked" }
    return "running"
  }
}
