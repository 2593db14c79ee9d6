package import LinuxABI
import Machine

// What becomes of a call that a signal interrupted: signal(7), "Interruption of system calls".

extension Task {
  /// Settles a call that ended with a restart errno, before signals are delivered. The task's
  /// registers are loaded, as they were at the call.
  ///
  /// The call is set back, to be made again with its `progress`. If a handler turns out to run
  /// before that, and SA_RESTART does not apply, `endInterruptedCall` makes it EINTR after all.
  package func settleInterruptedCall(_ errno: Errno) {
    guard let call else { return }
    self.call = nil
    guard errno.isRestart else { return engine.setSyscallResult(errno.syscallResult) }
    engine.programCounter &-= process.isa.syscallInstructionLength
    // The register of the result held something that the call needs: its number, or its first
    // argument.
    switch process.isa {
    case .x86_64: engine.setSyscallResult(call.number)
    case .aarch64: engine.setSyscallResult(call.arguments[0])
    }
    signals.restart = errno
  }

  /// A handler with `action` is about to run: makes the call that was set back end with EINTR if
  /// that is how Linux has it.
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
