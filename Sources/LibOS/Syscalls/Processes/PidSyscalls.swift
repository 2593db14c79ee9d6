import LinuxABI
import Machine

extension SyscallTable {
  package static let pidRows: [SyscallRow] = [
    SyscallRow("pidfd_open", x64: 434, generic: 434, [.pid, .hex], sys_pidfd_open),
    SyscallRow(
      "pidfd_send_signal", x64: 424, generic: 424, [.fd, .signal, .address, .hex],
      sys_pidfd_send_signal),
    SyscallRow("pidfd_getfd", x64: 438, generic: 438, [.fd, .int, .hex], sys_pidfd_getfd),
  ]
}

private func sys_pidfd_open(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let nonBlocking = OpenFlags.O_NONBLOCK
  let flags = OpenFlags(call.uint(1), isa: call.isa)
  guard flags.subtracting(nonBlocking).isEmpty, call.int(0) > 0 else { throw .EINVAL }
  guard call.kernel.processes[call.int(0)] != nil || call.kernel.isInit(call.int(0)) else {
    // A thread that is no leader has none.
    throw call.kernel.tasks[call.int(0)] == nil ? .ESRCH : .EINVAL
  }
  return .value(try PidFile.open(call.int(0), flags, for: call.task))
}

/// A directory of `/proc` will do too, for programs from before there were pidfds.
private func signalTarget(_ file: OpenFile, _ kernel: Kernel) throws(Errno) -> Process {
  if let file = file as? PidFile { return try file.target() }
  guard let directory = file.dentry?.inode as? ProcessDirectory else { throw .EBADF }
  guard let process = directory.process, kernel.processes[process.pid] === process else {
    throw .ESRCH
  }
  return process
}

private func sys_pidfd_send_signal(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call[3] == 0 else { throw .EINVAL }
  let file = try call.file(0)
  let signal = Signal(rawValue: call.int(1))
  var info = Siginfo.kill(
    signal, code: SignalCode.SI_USER, pid: call.process.pid,
    uid: call.credentials.realUID)
  var isForged = false
  if !call.address(2).isNull {
    info = Siginfo(bytes: try call.bytes(at: call.address(2), count: Siginfo.byteCount))
    guard info.si_signo == signal.rawValue else { throw .EINVAL }
    isForged = info.si_code >= 0 || info.si_code == SignalCode.SI_TKILL
  }
  if (file as? PidFile)?.isInit == true {
    if isForged { throw .EPERM }
    return try signalInit(info, for: call)
  }
  let target = try signalTarget(file, call.kernel)
  if isForged, target !== call.process { throw .EPERM }
  try send(info, to: target, for: call)
  return .success
}

private func sys_pidfd_getfd(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call[2] == 0 else { throw .EINVAL }
  let file = try PidFile.behind(call.int(0), call.files)
  if file.isInit { throw .EPERM }
  let target = try file.target()
  guard !target.isZombie else { throw .ESRCH }
  guard call.task.mayInspect(target) else { throw .EPERM }
  let found = try target.files.file(call.int(1))
  return .value(
    try call.files.install(
      found, closeOnExec: true, limit: call.process.limits.openFileLimit))
}
