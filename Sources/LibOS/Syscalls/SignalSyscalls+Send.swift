import LinuxABI
import Machine

// Sending signals.

extension SyscallContext {
  /// What `kill` and `tkill` tell of their caller.
  fileprivate func userInfo(_ signal: Signal, code: Int32) -> Siginfo {
    .kill(signal, code: code, pid: process.pid, uid: credentials.realUID)
  }
}

/// Sends what the caller may, unless the signal is 0: that only asks whether there is somebody to send to.
func send(_ info: Siginfo, to process: Process, _ target: Task? = nil, for call: SyscallContext)
  throws(Errno)
{
  guard info.si_signo == 0 || info.signal.isValid else { throw .EINVAL }
  guard call.task.maySignal(process, info.signal) else { throw .EPERM }
  guard info.si_signo != 0 else { return }
  guard process.send(info, to: target) else { throw .EAGAIN }
}

extension Kernel {
  /// The live process that has `pid`, or a thread with that id.
  fileprivate func process(holding pid: Int32) throws(Errno) -> Process {
    guard let process = processes[pid] ?? tasks[pid]?.process else { throw .ESRCH }
    return process
  }

  fileprivate func task(_ tid: Int32, of tgid: Int32? = nil) throws(Errno) -> Task {
    guard let task = tasks[tid], tgid == nil || task.process.pid == tgid else { throw .ESRCH }
    return task
  }
}

/// Init ignores whatever it gets.
func signalInit(_ info: Siginfo, for call: SyscallContext) throws(Errno) -> SyscallResult {
  guard info.si_signo == 0 || info.signal.isValid else { throw .EINVAL }
  guard call.credentials.has(.CAP_KILL) else { throw .EPERM }
  return .success
}

func sys_kill(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let kernel = call.kernel
  let pid = call.int(0)
  let info = call.userInfo(Signal(rawValue: call.int(1)), code: SignalCode.SI_USER)
  if kernel.isInit(pid) { return try signalInit(info, for: call) }
  if pid > 0 {
    try send(info, to: try kernel.process(holding: pid), for: call)
    return .success
  }
  guard pid != .min else { throw .ESRCH }
  let group = pid == 0 ? call.process.processGroup : -pid
  let targets = kernel.processes.values.sorted { $0.pid < $1.pid }.filter {
    // -1: everybody but the first process and the caller.
    pid == -1 ? $0.pid > 1 && $0 !== call.process : $0.processGroup == group
  }
  guard !targets.isEmpty else { throw .ESRCH }
  var failure: Errno?
  var isSent = false
  for target in targets {
    do throws(Errno) {
      try send(info, to: target, for: call)
      isSent = true
    } catch { failure = error }
  }
  // Whoever asks for everybody means those that it may reach.
  if let failure, !isSent, pid != -1 || failure != .EPERM { throw failure }
  return .success
}

func sys_tkill(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call.int(0) > 0 else { throw .EINVAL }
  let info = call.userInfo(Signal(rawValue: call.int(1)), code: SignalCode.SI_TKILL)
  if call.kernel.isInit(call.int(0)) { return try signalInit(info, for: call) }
  let task = try call.kernel.task(call.int(0))
  try send(info, to: task.process, task, for: call)
  return .success
}

func sys_tgkill(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call.int(0) > 0, call.int(1) > 0 else { throw .EINVAL }
  let info = call.userInfo(Signal(rawValue: call.int(2)), code: SignalCode.SI_TKILL)
  if call.kernel.isInit(call.int(0)), call.kernel.isInit(call.int(1)) {
    return try signalInit(info, for: call)
  }
  let task = try call.kernel.task(call.int(1), of: call.int(0))
  try send(info, to: task.process, task, for: call)
  return .success
}

extension SyscallContext {
  /// The siginfo that a program made up, for the process or thread `id`: one that claims to come
  /// from the kernel or from `kill` may only go to the calling thread (EPERM).
  fileprivate func queuedInfo(_ index: Int, _ signal: Signal, to id: Int32) throws(Errno)
    -> Siginfo
  {
    var info = Siginfo(bytes: try bytes(at: address(index), count: Siginfo.byteCount))
    info.si_signo = signal.rawValue
    if info.si_code >= 0 || info.si_code == SignalCode.SI_TKILL, id != task.tid { throw .EPERM }
    return info
  }
}

func sys_rt_sigqueueinfo(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let info = try call.queuedInfo(2, Signal(rawValue: call.int(1)), to: call.int(0))
  if call.kernel.isInit(call.int(0)) { return try signalInit(info, for: call) }
  try send(info, to: try call.kernel.process(holding: call.int(0)), for: call)
  return .success
}

func sys_rt_tgsigqueueinfo(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let info = try call.queuedInfo(3, Signal(rawValue: call.int(2)), to: call.int(1))
  guard call.int(0) > 0, call.int(1) > 0 else { throw .EINVAL }
  if call.kernel.isInit(call.int(0)), call.kernel.isInit(call.int(1)) {
    return try signalInit(info, for: call)
  }
  let task = try call.kernel.task(call.int(1), of: call.int(0))
  try send(info, to: task.process, task, for: call)
  return .success
}
