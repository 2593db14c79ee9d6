package import LinuxABI
import Machine

// System calls that a signal interrupted: signal(7), "Interruption of system calls".

extension Task {
  /// Handles a call that ended with a restart errno, before signals are delivered. The task's registers are
  /// loaded and as they were at the call.
  ///
  /// The program counter is put back, so that the call is made again with its `progress`. If a handler runs
  /// first and SA_RESTART does not apply, `endInterruptedCall` makes the call return EINTR.
  package func settleInterruptedCall(_ errno: Errno) {
    guard let call else { return }
    self.call = nil
    guard errno.isRestart else { return engine.setSyscallResult(errno.syscallResult) }
    engine.programCounter &-= process.isa.syscallInstructionLength
    // The result register held the number of the call, or its first argument.
    switch process.isa {
    case .x86_64: engine.setSyscallResult(call.number)
    case .aarch64, .riscv64: engine.setSyscallResult(call.arguments[0])
    }
    signals.restart = errno
  }

  /// Called before a handler with `action` runs: the call that was put back returns EINTR if it is not to be
  /// restarted.
  func endInterruptedCall(for action: Sigaction) {
    progress = CallProgress()
    guard let errno = signals.restart else { return }
    signals.restart = nil
    switch errno {
    case .ERESTARTNOINTR: return
    case .ERESTARTSYS where action.flags.contains(.SA_RESTART): return
    default: break
    }
    engine.programCounter &+= process.isa.syscallInstructionLength
    engine.setSyscallResult(Errno.EINTR.syscallResult)
  }
}
