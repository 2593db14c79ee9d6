import LinuxABI
import Machine

extension SyscallTable {
  package static let waitRows: [SyscallRow] = [
    SyscallRow(
      "wait4", x64: 61, generic: 260,
      [.pid, .address, .flags(of: WaitOptions.self), .address], sys_wait4),
    SyscallRow(
      "waitid", x64: 247, generic: 95,
      [.int, .pid, .address, .flags(of: WaitOptions.self), .address], sys_waitid),
  ]
}

extension ChildWait {
  private static let common: WaitOptions = [
    .WNOHANG, .__WNOTHREAD, .__WALL, .__WCLONE, .WCONTINUED,
  ]

  fileprivate init(wait4 pid: Int32, _ options: WaitOptions, _ caller: Process) throws(Errno) {
    guard options.subtracting(Self.common).subtracting(.WUNTRACED).isEmpty else { throw .EINVAL }
    target =
      switch pid {
      case .min: throw .ESRCH
      case ..<(-1): .group(-pid)
      case -1: .any
      case 0: .group(caller.processGroup)
      default: .process(pid)
      }
    self.options = options.union(.WEXITED)
  }

  fileprivate init(
    waitid type: WaitIDType, _ id: Int32, _ options: WaitOptions, _ caller: Process
  ) throws(Errno) {
    let news: WaitOptions = [.WEXITED, .WUNTRACED, .WCONTINUED]
    guard options.subtracting(Self.common).subtracting(news).subtracting(.WNOWAIT).isEmpty,
      !options.isDisjoint(with: news)
    else { throw .EINVAL }
    switch type {
    case .P_ALL: target = .any
    case .P_PID:
      guard id > 0 else { throw .EINVAL }
      target = .process(id)
    case .P_PGID:
      guard id >= 0 else { throw .EINVAL }
      target = .group(id == 0 ? caller.processGroup : id)
    case .P_PIDFD:
      guard id >= 0 else { throw .EINVAL }
      let file = try PidFile.behind(id, caller.files)
      target = .process(file.pid)
      if file.isNonBlocking {
        self.options = options.union(.WNOHANG)
        return
      }
    }
    self.options = options
  }

  /// Waits until there is news. nil: there is none, and the caller would not wait.
  fileprivate func run(_ call: SyscallContext, _ body: (News?) throws(Errno) -> SyscallResult)
    throws(Errno) -> SyscallResult
  {
    if let news = try take(call.process) { return try body(news) }
    if options.contains(.WNOHANG) { return try body(nil) }
    return try call.task.block(on: [call.process.childQueue])
  }
}

private func storeUsage(_ news: ChildWait.News, _ call: SyscallContext, _ address: GuestAddress)
  throws(Errno)
{
  guard !address.isNull else { return }
  let child = news.child
  let time = child.processorTime + child.childrenProcessorTime
  try call.store(
    Rusage(
      ru_utime: Timeval(nanoseconds: time.nanoseconds),
      ru_maxrss: Int64(clamping: max(child.peakPages, child.accounts.childrenPeak) * 4),
      ru_minflt: Int64(clamping: child.pageFaults + child.accounts.childrenFaults)),
    to: address)
}

private func sys_wait4(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let wait = try ChildWait(
    wait4: call.int(0), WaitOptions(rawValue: call.uint(2)), call.process)
  return try wait.run(call) { news throws(Errno) in
    guard let news else { return .success }
    if !call.address(1).isNull { try call.store(news.status.rawValue, to: call.address(1)) }
    try storeUsage(news, call, call.address(3))
    return .value(news.child.pid)
  }
}

private func sys_waitid(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard let type = WaitIDType(rawValue: call.uint(0)) else { throw .EINVAL }
  let options = WaitOptions(rawValue: call.uint(3))
  let wait = try ChildWait(waitid: type, call.int(1), options, call.process)
  return try wait.run(call) { news throws(Errno) in
    guard let news else {
      // A descriptor that does not wait says so (pidfd_open(2)).
      if !options.contains(.WNOHANG) { throw .EAGAIN }
      if !call.address(2).isNull {
        try call.store([UInt8](repeating: 0, count: Siginfo.byteCount), to: call.address(2))
      }
      return .success
    }
    if !call.address(2).isNull { try call.store(news.siginfo.bytes, to: call.address(2)) }
    try storeUsage(news, call, call.address(4))
    return .success
  }
}

extension ChildWait.News {
  /// The status as waitid(2) tells it.
  fileprivate var siginfo: Siginfo {
    let (code, value): (Int32, Int32) =
      switch status {
      case .exited(let code): (SignalCode.CLD_EXITED, code)
      case .signaled(let signal, let coreDumped):
        (coreDumped ? SignalCode.CLD_DUMPED : SignalCode.CLD_KILLED, signal)
      case .stopped(let signal): (SignalCode.CLD_STOPPED, signal)
      case .continued: (SignalCode.CLD_CONTINUED, Signal.SIGCONT.rawValue)
      }
    return .child(code: code, pid: child.pid, uid: child.credentials.realUID, status: value)
  }
}
