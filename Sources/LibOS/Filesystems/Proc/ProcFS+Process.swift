import LinuxABI
import Machine

/// A directory of a process. It belongs to whom the process acts for, but to root where not everybody may read it and
/// the process shows nothing of itself.
class DirectoryOfProcess: FixedDirectory {
  fileprivate(set) weak var process: Process?

  override func status() throws(Errno) -> FileStatus {
    var status = try super.status()
    guard let process, status.mode.permissions == 0o555 || process.isDumpable else {
      return status
    }
    status.uid = process.credentials.effectiveUID
    status.gid = process.credentials.effectiveGID
    return status
  }
}

/// `/proc/PID`, which stands for the process where a pidfd would do.
final class ProcessDirectory: DirectoryOfProcess {
  override var isGone: Bool {
    guard let process else { return true }
    return process.kernel.processes[process.pid] !== process
  }

  /// Every file is found as long as the process is there.
  override func lookup(_ name: [UInt8]) throws(Errno) -> Inode {
    if isGone { throw .ESRCH }
    return try super.lookup(name)
  }

  override func restoredEntry(_ name: [UInt8]) throws(Errno) -> Inode { try super.lookup(name) }
}

// The directory of a process, and of each of its threads: proc(5).
extension ProcFS {
  /// `/proc/PID`.
  func directory(of process: Process) -> FixedDirectory {
    let directory = makeDirectory(0x1000 + UInt64(process.pid), process)
    addFiles(to: directory, process, tid: nil)
    text(directory, "timers", process) { Array(timersText($0).utf8) }
    let maps = ProcMapFiles(number: Self.number(directory, "map_files"))
    maps.process = process
    directory.add("map_files", maps)
    let tasks = ProcNumbers(
      number: Self.number(directory, "task"), entryType: .S_IFDIR,
      numbers: { [weak process] in process.map(Self.threads) ?? [] }
    ) { [unowned self, weak process] tid, number in
      guard let process else { return GoneDirectory(number: number) }
      let directory = makeDirectory(number, process)
      addFiles(to: directory, process, tid: tid)
      return directory
    }
    tasks.process = process
    directory.add("task", tasks)
    return directory
  }

  private func makeDirectory(_ number: UInt64, _ process: Process) -> ProcessDirectory {
    let directory = ProcessDirectory(number: number, permissions: 0o555)
    directory.process = process
    directory.owner = self
    return directory
  }

  /// An ended leader is one until the process has ended.
  private static func threads(of process: Process) -> [Int32] {
    Set(process.tasks.map { $0.tid } + [process.pid]).sorted()
  }

  private func text(
    _ directory: FixedDirectory, _ name: String, _ process: Process, permissions: UInt32 = 0o444,
    isGuarded: Bool = false,
    accept: ((Process, [UInt8]) throws(Errno) -> Void)? = nil,
    _ make: @escaping (Process) throws(Errno) -> [UInt8]
  ) {
    // One that was waited for is gone, though somebody has the file open.
    let live: () throws(Errno) -> Process = { [weak process] () throws(Errno) in
      guard let process, process.kernel.processes[process.pid] === process else { throw .ESRCH }
      return process
    }
    var write: (([UInt8]) throws(Errno) -> Void)?
    if let accept { write = { bytes throws(Errno) in try accept(try live(), bytes) } }
    let inode = ProcText(
      number: Self.number(directory, name), permissions: permissions,
      text: { () throws(Errno) in try make(try live()) }, accept: write)
    inode.process = process
    inode.isGuarded = isGuarded
    directory.add(name, inode)
  }

  private func link(
    _ directory: FixedDirectory, _ name: String, _ process: Process,
    _ target: @escaping (Process) throws(Errno) -> Dentry
  ) {
    let find: () throws(Errno) -> (Dentry, Process) = { [weak process] () throws(Errno) in
      guard let process else { throw .ESRCH }
      if process.isZombie { throw .ENOENT }
      return (try target(process), process)
    }
    let inode = ProcLink(
      number: Self.number(directory, name),
      text: { () throws(Errno) in
        let (dentry, process) = try find()
        return dentry.shownPath(from: process.fs.root)
      }, target: { () throws(Errno) in .dentry(try find().0) })
    inode.process = process
    inode.isGuarded = true
    directory.add(name, inode)
  }

  // MARK: Files

  private func addFiles(to directory: FixedDirectory, _ process: Process, tid: Int32?) {
    addStates(to: directory, process, tid: tid)
    addMemory(to: directory, process)
    addSurroundings(to: directory, process, tid: tid)
    addDescriptors(to: directory, process, tid: tid)
    addNamespaces(to: directory, process)
    let net = DirectoryOfProcess(number: Self.number(directory, "net"), permissions: 0o555)
    net.process = process
    net.owner = self
    directory.add("net", net)
    addNetworkFiles { name, make in
      net.add(name, ProcText(number: Self.number(net, name)) { Array(make().utf8) })
    }
  }

  /// How the process, or its thread `tid`, is doing.
  private func addStates(to directory: FixedDirectory, _ process: Process, tid: Int32?) {
    // nil: of a zombie, or of a leader that has ended before others.
    func task(_ process: Process) throws(Errno) -> Task? {
      guard let tid, tid != process.pid else { return process.leader }
      if process.isZombie { return nil }
      guard let found = process.tasks.first(where: { $0.tid == tid }) else { throw .ESRCH }
      return found
    }
    text(directory, "stat", process) { process throws(Errno) in
      let isShown = process.kernel.loaded?.mayInspect(process, byFilesystem: true) ?? true
      return statText(process, try task(process), isThread: tid != nil, isShown: isShown)
    }
    text(directory, "status", process) { process throws(Errno) in
      statusText(process, try task(process))
    }
    text(
      directory, "comm", process, permissions: 0o644,
      accept: { process, bytes throws(Errno) in
        guard process.kernel.loaded?.process === process else { throw .EINVAL }
        try task(process)?.name = TaskName(bytes.prefix { $0 != 10 })
      }
    ) { process throws(Errno) in (try task(process)?.name ?? process.name).bytes + [10] }
    text(directory, "sched", process) { process throws(Errno) in
      schedText(process, try task(process))
    }
    text(directory, "schedstat", process) { process throws(Errno) in
      let task = try task(process)
      let time = task?.currentProcessorTime ?? process.processorTime
      return Array("\(time.nanoseconds) 0 \(task.map { $0.switches } ?? 0)\n".utf8)
    }
    text(directory, "wchan", process) { _ in Array("0".utf8) }
    text(directory, "syscall", process, permissions: 0o400) { process throws(Errno) in
      try Self.requireInspectable(process, orElse: .EPERM)
      return callText(try task(process))
    }
    text(directory, "io", process, permissions: 0o400) { process throws(Errno) in
      try Self.requireInspectable(process, orElse: .EACCES)
      return ioText(process.accounts)
    }
    if tid != nil {
      text(directory, "children", process) { process in
        Array(process.children.map { "\($0.pid) " }.joined().utf8)
      }
    }
    text(directory, "oom_score", process) { Array("\($0.killScore)\n".utf8) }
    text(
      directory, "oom_score_adj", process, permissions: 0o644,
      accept: { process, bytes throws(Errno) in try process.setKillAdjustment(bytes) }
    ) { Array("\($0.accounts.killAdjustment)\n".utf8) }
  }

  private func addMemory(to directory: FixedDirectory, _ process: Process) {
    text(directory, "maps", process, isGuarded: true) { Array(mapsText($0).utf8) }
    text(directory, "smaps", process, isGuarded: true) { Array(smapsText($0).utf8) }
    text(directory, "smaps_rollup", process, isGuarded: true) { Array(rollupText($0).utf8) }
    text(directory, "statm", process) {
      let pages = $0.space.mappedBytes >> 12
      let text = ($0.layout.codeEnd - $0.layout.codeStart) >> 12
      let data = pages - min(pages, text)
      return Array("\(pages) \($0.residentPages) 0 \(text) 0 \(data) 0\n".utf8)
    }
    text(directory, "cmdline", process) { process in
      memory(process, process.layout.argumentsStart, process.layout.argumentsEnd)
    }
    text(directory, "environ", process, permissions: 0o400, isGuarded: true) { process in
      memory(process, process.layout.environmentStart, process.layout.environmentEnd)
    }
    text(directory, "auxv", process, permissions: 0o400, isGuarded: true) { $0.image.auxv }
    let contents = ProcMemory(number: Self.number(directory, "mem"))
    let pages = ProcPageMap(number: Self.number(directory, "pagemap"))
    for (name, inode) in [("mem", contents as ProcInode), ("pagemap", pages)] {
      inode.process = process
      directory.add(name, inode)
    }
  }

  /// What the process finds around it.
  private func addSurroundings(to directory: FixedDirectory, _ process: Process, tid: Int32?) {
    text(directory, "limits", process) { Array(limitsText($0.limits).utf8) }
    text(directory, "mounts", process) { [unowned vfs] _ in Array(mountsText(vfs).utf8) }
    text(directory, "mountinfo", process) { [unowned vfs] _ in Array(mountInfoText(vfs).utf8) }
    text(directory, "cgroup", process) { _ in Array("0::/\n".utf8) }
    text(directory, "cpuset", process) { _ in Array("/\n".utf8) }
    text(directory, "personality", process, permissions: 0o400) { process throws(Errno) in
      try Self.requireInspectable(process, orElse: .EPERM)
      return Array((hex(UInt64(process.personality), width: 8) + "\n").utf8)
    }
    text(directory, "coredump_filter", process) { _ in Array("00000033\n".utf8) }
    text(
      directory, "loginuid", process, permissions: 0o644,
      accept: { process, bytes throws(Errno) in try process.login(bytes) }
    ) { Array("\($0.login.user)".utf8) }
    text(directory, "sessionid", process) { Array("\($0.login.session)".utf8) }
    for name in ["uid_map", "gid_map"] {
      text(directory, name, process) { _ in Array("         0          0 4294967295\n".utf8) }
    }
    text(directory, "setgroups", process) { _ in Array("allow\n".utf8) }
    link(directory, "exe", process) { [unowned vfs] process throws(Errno) in
      if let file = process.executable { return file }
      guard !process.image.path.isEmpty else { throw .ENOENT }
      return try vfs.resolve(process.image.path, in: process.fs)
    }
    func fs(_ process: Process) -> FSContext {
      process.tasks.first { $0.tid == tid }?.fs ?? process.fs
    }
    link(directory, "cwd", process) { fs($0).cwd }
    link(directory, "root", process) { fs($0).root }
  }

  /// All processes share all namespaces: links of the same numbers, those of Linux's first ones.
  func addNamespaces(to directory: FixedDirectory, _ process: Process?) {
    let spaces = DirectoryOfProcess(number: Self.number(directory, "ns"), permissions: 0o511)
    spaces.process = process
    spaces.owner = self
    directory.add("ns", spaces)
    let names =
      Namespace.Kind.allCases.map { ($0.rawValue, $0) }
      + [("pid_for_children", .pid), ("time_for_children", .time)]
    for (name, kind) in names.sorted(by: { $0.0 < $1.0 }) {
      let namespace = Namespace(kind: kind)
      let inode = ProcLink(
        number: Self.number(spaces, name),
        text: { () throws(Errno) in Array(namespace.text.utf8) },
        target: { [unowned vfs] () throws(Errno) in .dentry(namespace.place(in: vfs)) })
      inode.process = process
      inode.isGuarded = true
      spaces.add(name, inode)
    }
  }

  // MARK: Descriptors

  private func addDescriptors(to directory: FixedDirectory, _ process: Process, tid: Int32?) {
    func files(_ process: Process) -> FileTable {
      process.tasks.first { $0.tid == tid }?.files ?? process.files
    }
    let open: () throws(Errno) -> [Int32] = { [weak process] () throws(Errno) in
      process.map { files($0).descriptors } ?? []
    }
    let isOpen: (Int32) -> Bool = { [weak process] descriptor in
      (try? process.map { (process) throws(Errno) in try files(process).slot(descriptor) }) != nil
    }
    let descriptors = ProcNumbers(
      number: Self.number(directory, "fd"), permissions: 0o500, entryType: .S_IFLNK, numbers: open,
      contains: isOpen
    ) { [weak process] descriptor, number in
      let inode = ProcLink(
        number: number, permissions: 0o700,
        text: { () throws(Errno) in
          guard let process else { throw .ESRCH }
          let file = try Self.file(files(process), descriptor)
          return file.dentry?.shownPath(from: process.fs.root) ?? Array(file.linkName.utf8)
        },
        target: { () throws(Errno) in
          guard let process else { throw .ESRCH }
          let file = try Self.file(files(process), descriptor)
          return file.dentry.map { .dentry($0) } ?? .file(file)
        })
      inode.process = process
      inode.isGuarded = true
      return inode
    }
    let details = ProcNumbers(
      number: Self.number(directory, "fdinfo"), entryType: .S_IFREG, numbers: open,
      contains: isOpen
    ) { [weak process] descriptor, number in
      let inode = ProcText(
        number: number,
        text: { () throws(Errno) in
          guard let process else { throw .ENOENT }
          return Array(Self.details(try files(process).slot(descriptor), process).utf8)
        })
      inode.process = process
      inode.isGuarded = true
      return inode
    }
    details.isGuarded = true
    for (name, inode) in [("fd", descriptors), ("fdinfo", details)] {
      inode.process = process
      directory.add(name, inode)
    }
  }

  /// For what its caller may open, but not read.
  private static func requireInspectable(_ process: Process, orElse error: Errno) throws(Errno) {
    guard let caller = process.kernel.loaded else { return }
    guard caller.mayInspect(process, byFilesystem: true) else { throw error }
  }

  private static func details(_ slot: FileTable.Slot, _ process: Process) -> String {
    var flags = slot.file.flags
    if slot.closeOnExec { flags.insert(.O_CLOEXEC) }
    let position = slot.file.isSeekable ? (try? slot.file.position()) ?? 0 : 0
    let octal = String(flags.encoded(for: process.isa), radix: 8)
    let mount = slot.file.dentry?.mount.id ?? 0
    let number = (try? slot.file.inode.number) ?? 0
    return "pos:\t\(position)\nflags:\t0\(octal)\nmnt_id:\t\(mount)\nino:\t\(number)\n"
      + locksText(slot.file, process) + slot.file.fdinfo
  }

  private static func file(_ files: FileTable, _ descriptor: Int32) throws(Errno) -> OpenFile {
    do { return try files.file(descriptor) } catch { throw .ENOENT }
  }
}

/// Guest memory between two addresses, as far as it can be read.
private func memory(_ process: Process, _ start: GuestAddress, _ end: GuestAddress) -> [UInt8] {
  guard start < end, !process.isZombie else { return [] }
  var bytes = [UInt8](repeating: 0, count: Int(end - start))
  let result = bytes.withMutableRawSpan { process.space.copyIn(from: start, into: &$0) }
  bytes.removeLast(bytes.count - result.count)
  return bytes
}

extension Process {
  /// How likely it is to be killed for want of memory: its share in thousandths, and what was asked.
  fileprivate var killScore: Int {
    let total = max(1, kernel.configuration.memory >> 12)
    return max(0, residentPages * 1000 / Int(total) + Int(accounts.killAdjustment))
  }

  /// Notes who has logged in: EPERM for another process, and for a second time without CAP_AUDIT_CONTROL.
  fileprivate func login(_ text: [UInt8]) throws(Errno) {
    guard let caller = kernel.loaded, caller.process === self else { throw .EPERM }
    // A string: nothing behind a NUL counts.
    let word = String(
      decoding: text.prefix { $0 != 0 }.filter { $0 != 10 && $0 != 32 }, as: UTF8.self)
    guard let user = UInt32(word) else { throw .EINVAL }
    guard login == Login() || caller.credentials.has(.CAP_AUDIT_CONTROL) else { throw .EPERM }
    guard user != .max else {
      login = Login()
      return
    }
    kernel.lastLogin += 1
    login = Login(user: user, session: kernel.lastLogin)
  }

  /// EINVAL for what is no number, or too large.
  fileprivate func setKillAdjustment(_ text: [UInt8]) throws(Errno) {
    // A string of at most 12 bytes (`oom_score_adj_write`).
    let word = String(
      decoding: text.prefix(12).prefix { $0 != 0 }.filter { $0 != 10 && $0 != 32 }, as: UTF8.self)
    guard let value = Int32(word), ProcessAccounts.killAdjustments.contains(value) else {
      throw .EINVAL
    }
    accounts.killAdjustment = value
  }
}
