import LinuxABI
import Machine

// Delivery: `get_signal` in Linux's `kernel/signal.c` and `do_signal` of the architectures.

extension Task {
  /// Takes every deliverable signal: ends or stops the process, or prepares the thread to run the handlers.
  /// Called at the top of the run loop, with the task's registers loaded.
  ///
  /// Returns `false` if the thread can't continue, because the process has ended or is stopped.
  package func deliverSignals() -> Bool {
    while true {
      if let fatal = process.signals.fatal {
        process.die(of: takeSignal([fatal]) ?? .fromKernel(fatal), self)
        return false
      }
      guard let info = takeSignal(SignalSet.full.subtracting(signals.mask)) else { break }
      let action = process.signals[info.signal]
      switch action.handler {
      case Sigaction.SIG_IGN: continue
      case Sigaction.SIG_DFL:
        guard takeDefaultAction(info) else { return false }
      default:
        if action.flags.contains(.SA_RESETHAND) {
          process.signals[info.signal].handler = Sigaction.SIG_DFL
        }
        enterHandler(action, info)
      }
    }
    // No handler will run that would restore the mask when it returns.
    restoreSignalMask()
    signals.restart = nil
    lookForSignals()
    return signals.isSignaled ? deliverSignals() : true
  }

  /// Carries out the default action; `false` if the thread can't continue.
  private func takeDefaultAction(_ info: Siginfo) -> Bool {
    let signal = info.signal
    switch signal.defaultAction {
    case .ignore, .continue:
      return true
    case .stop:
      // A terminal's stop signals do not stop an orphaned process group.
      if signal != .SIGSTOP, kernel.isOrphaned(process.processGroup) { return true }
      process.stop(by: signal)
      return false
    case .terminate, .core:
      process.die(of: info, self)
      return false
    }
  }

  /// Pushes a signal frame onto the guest's stack and sets the registers so that the handler runs next.
  private func enterHandler(_ action: Sigaction, _ info: Siginfo) {
    endInterruptedCall(for: action)
    abortRseq()
    let delivery = SignalDelivery(
      registers: engine.registers, info: info, action: action,
      mask: signals.savedMask ?? signals.mask, stack: signals.stack, fault: signals.fault,
      trampoline: process.layout.signalReturn)
    guard let frame = SignalFrame.build(delivery),
      (try? process.space.store(frame.bytes, to: frame.address)) != nil
    else { return forceSegmentationFault(after: info.signal) }
    engine.registers = frame.registers
    if signals.stack.ss_flags.contains(.SS_AUTODISARM) { signals.stack = SignalStack() }
    signals.savedMask = nil
    var mask = signals.mask.union(action.mask)
    if !action.flags.contains(.SA_NODEFER) { mask.insert(info.signal) }
    setSignalMask(mask)
  }
}
