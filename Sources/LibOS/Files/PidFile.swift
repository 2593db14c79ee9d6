package import LinuxABI

/// What `pidfd_open(2)` opens: a process, readable once it has ended.
package final class PidFile: OpenFile {
  package let pid: Int32
  private unowned let kernel: Kernel
  /// The process while it lives; a later one with the same number is another.
  private weak var process: Process?
  private let anonymous = AnonymousInode()
  private var relay: Relay?
  /// `clone` makes the descriptor before its process.
  private var isYoung = false

  /// Passes the news of the process's end on to whoever polls the file.
  private final class Relay: WaitListener {
    unowned let file: PidFile
    init(_ file: PidFile) { self.file = file }
    func objectChanged() { file.waitQueue.wake(.readable) }
  }

  /// - Parameter process: nil when it is gone already, or `isYoung` and to be made at once.
  package init(
    _ pid: Int32, _ process: Process?, kernel: Kernel, flags: OpenFlags, isYoung: Bool = false
  ) {
    self.pid = pid
    self.process = process
    self.kernel = kernel
    self.isYoung = isYoung
    super.init(flags: flags.union(.O_RDWR))
    watch()
  }

  private func watch() {
    guard let process else { return }
    let relay = Relay(self)
    process.endQueue.add(relay)
    self.relay = relay
  }

  package override func close() {
    if let relay { process?.endQueue.remove(relay) }
  }

  /// The process, zombie or not: ESRCH once its parent has waited for it.
  package func target() throws(Errno) -> Process {
    guard let process = resolved, kernel.processes[pid] === process else { throw .ESRCH }
    return process
  }

  private var resolved: Process? {
    if process == nil, isYoung, let young = kernel.processes[pid] {
      process = young
      isYoung = false
      watch()
    }
    return process
  }

  /// It stands for the library OS's own init.
  package var isInit: Bool { process == nil && kernel.isInit(pid) }

  package override func pollEvents() -> PollEvents {
    if isInit { return [] }
    guard let process = resolved, !process.isZombie else { return .readable }
    return []
  }

  package override var inode: Inode { get throws(Errno) { anonymous } }
  package override var linkName: String { "anon_inode:[pidfd]" }

  package override var fdinfo: String {
    let shown = isInit || (try? target()) != nil ? pid : -1
    return "Pid:\t\(shown)\nNSpid:\t\(shown)\n"
  }

  // MARK: Descriptors

  /// Opens a descriptor for process `pid` in `owner`, closed on `execve`.
  static func open(_ pid: Int32, _ flags: OpenFlags, for owner: Task) throws(Errno) -> Int32 {
    let kernel = owner.kernel
    let target = kernel.processes[pid]
    let isYoung = target == nil && !kernel.isInit(pid)
    let file = PidFile(pid, target, kernel: kernel, flags: flags, isYoung: isYoung)
    return try owner.files.install(
      file, closeOnExec: true, limit: owner.process.limits.openFileLimit)
  }

  /// The pidfd behind a descriptor: EBADF.
  static func behind(_ descriptor: Int32, _ files: FileTable) throws(Errno) -> PidFile {
    guard let file = try files.file(descriptor) as? PidFile else { throw .EBADF }
    return file
  }
}
