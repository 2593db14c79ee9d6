package import LinuxABI
package import Machine

// Signals that an instruction raises; they cannot be deferred.

extension Task {
  /// Raises SIGSEGV or SIGBUS for a refused memory access. The task's registers are loaded.
  package func raiseFault(_ fault: MemoryFault) {
    if enterExceptionHandler(NativeException(fault)) { return }
    signals.fault = FaultInfo(fault, isa: process.isa)
    force(Siginfo(fault, isa: process.isa))
  }

  /// Raises the signal of an exception. The task's registers are loaded.
  package func raiseException(_ exception: GuestException) {
    if enterExceptionHandler(NativeException(exception)) { return }
    signals.fault = FaultInfo(exception, isa: process.isa)
    if exception == .illegalInstruction { tellOfMissingInstruction() }
    force(Siginfo(exception, registers: engine.registers))
  }

  /// Sends this thread a signal that cannot be deferred. If it is blocked or ignored, it kills the process,
  /// because the thread could not continue (`force_sig_info_to_task`).
  package func force(_ info: Siginfo) {
    let signal = info.signal
    let isBlocked = signals.mask.contains(signal)
    if isBlocked || !process.signals[signal].isCaught {
      process.signals[signal].handler = Sigaction.SIG_DFL
    }
    if isBlocked { setSignalMask(signals.mask.subtracting([signal])) }
    post(info)
    lookForSignals()
  }

  /// Sends SIGSEGV because `signal` could not be delivered, or a return from a handler was bad.
  /// If the handler of SIGSEGV itself cannot be called, the process dies (`force_sigsegv`).
  func forceSegmentationFault(after signal: Signal? = nil) {
    if signal == .SIGSEGV { process.signals[.SIGSEGV].handler = Sigaction.SIG_DFL }
    force(.fromKernel(.SIGSEGV))
  }
}
