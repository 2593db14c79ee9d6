import LinuxABI
import Machine

// Waiting for signals, with a handler or without.

func sys_pause(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try call.task.block(on: [], interruption: .ERESTARTNOHAND)
}

func sys_rt_sigsuspend(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try call.checkSignalSetSize(1)
  call.task.setTemporarySignalMask(try call.signalSet(at: call.address(0)))
  return try call.task.block(on: [], interruption: .ERESTARTNOHAND)
}

func sys_rt_sigtimedwait(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try call.checkSignalSetSize(3)
  let task = call.task
  let wanted = try call.signalSet(at: call.address(0)).subtracting(.unblockable)
  var timeout: Timespec?
  if !call.address(2).isNull {
    let time = Timespec(bytes: try call.bytes(at: call.address(2), count: Timespec.byteCount))
    guard time.isValidTimeout else { throw .EINVAL }
    timeout = time
  }
  if let info = task.takeSignal(wanted) {
    if !call.address(1).isNull { try call.store(info.bytes, to: call.address(1)) }
    return .value(info.si_signo)
  }
  if let timeout {
    let now = call.kernel.clock.monotonic
    if task.progress.deadline == nil {
      let (deadline, overflow) = now.addingReportingOverflow(timeout.nanoseconds)
      task.progress.deadline = overflow ? .max : deadline
    }
    if now >= task.progress.deadline! { throw .EAGAIN }
  }
  return try task.block(
    on: [call.process.signalQueue], until: task.progress.deadline, interruption: .EINTR)
}

/// Nobody's call is ever continued through this: interrupted ones are made again as they were.
func sys_restart_syscall(_ call: SyscallContext) throws(Errno) -> SyscallResult { throw .EINTR }

func sys_signalfd(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try signalfd(call, flags: [])
}

func sys_signalfd4(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try signalfd(call, flags: SignalfdFlags(rawValue: call.uint(3)))
}

private func signalfd(_ call: SyscallContext, flags: SignalfdFlags)
  throws(Errno) -> SyscallResult
{
  try call.checkSignalSetSize(2)
  let mask = try call.signalSet(at: call.address(1))
  guard flags.unknown.isEmpty else { throw .EINVAL }
  let process = call.process
  guard call.int(0) == -1 else {
    guard let file = try call.usableFile(0) as? SignalFile else { throw .EINVAL }
    file.setMask(mask)
    return .value(call.int(0))
  }
  let mode: OpenFlags = flags.contains(.SFD_NONBLOCK) ? [.O_RDWR, .O_NONBLOCK] : .O_RDWR
  let file = SignalFile(kernel: call.kernel, process: process, mask: mask, flags: mode)
  do {
    return .value(
      try call.files.install(
        file, closeOnExec: flags.contains(.SFD_CLOEXEC), limit: process.limits.openFileLimit))
  } catch {
    file.close()
    throw error
  }
}
