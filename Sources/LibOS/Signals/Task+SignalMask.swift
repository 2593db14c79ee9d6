package import LinuxABI

extension Task {
  /// Whether the thread must handle signals before it continues; a blocking call then ends.
  package var hasDeliverableSignal: Bool { signals.isSignaled }

  /// Whether the thread is stopped by job control.
  package var isStopped: Bool { process.signals.stopSignal != nil }

  /// Replaces the mask. Unblocked signals are delivered before the thread continues. Signals of the process
  /// that are now blocked go to another thread (`__set_task_blocked` in `kernel/signal.c`).
  package func setSignalMask(_ mask: SignalSet) {
    let new = mask.subtracting(.unblockable)
    let covered = new.subtracting(signals.mask)
    signals.mask = new
    if signals.isSignaled { process.retarget(covered, from: self) }
    lookForSignals()
  }

  /// Determines whether a signal is deliverable (`recalc_sigpending`).
  package func lookForSignals() {
    let pending = signals.pending.members.union(process.signals.pending.members)
    signals.isSignaled =
      process.signals.fatal != nil || !pending.subtracting(signals.mask).isEmpty
    if signals.isSignaled { kernel.needsAttention = true }
  }

  /// Replaces the mask for the duration of the current call (`ppoll`, `pselect6`, `epoll_pwait`,
  /// `rt_sigsuspend`). Only the first run of a call's handler has an effect.
  ///
  /// If the call is interrupted, delivery restores the mask, after the handler if one runs. A call that
  /// ends in any other way must call `restoreSignalMask()`.
  package func setTemporarySignalMask(_ mask: SignalSet) {
    guard signals.savedMask == nil else { return }
    signals.savedMask = signals.mask
    setSignalMask(mask)
  }

  /// Restores the mask that `setTemporarySignalMask` replaced, if any.
  package func restoreSignalMask() {
    guard let saved = signals.savedMask else { return }
    signals.savedMask = nil
    setSignalMask(saved)
  }

  /// Passes the process's signals that this thread was to take to other threads; called when it ends.
  package func handOverSignals() {
    guard signals.isSignaled else { return }
    let wanted = SignalSet.full.subtracting(signals.mask)
    signals.mask = .full
    process.retarget(wanted, from: self)
  }

  /// Takes a pending signal of `wanted`: first of the thread, then of the process.
  package func takeSignal(_ wanted: SignalSet) -> Siginfo? {
    guard var info = signals.pending.take(wanted) ?? process.signals.pending.take(wanted)
    else { return nil }
    process.accountForSignals()
    if info.si_code == SignalCode.SI_TIMER { process.timers.took(&info) }
    lookForSignals()
    return info
  }

  /// Makes the thread handle signals: a blocked call runs again and ends.
  func interrupt() {
    signals.isSignaled = true
    kernel.needsAttention = true
    wake()
  }
}

extension Process {
  /// Chooses other threads for the process's pending signals in `covered`, which `task` no longer takes
  /// (`retarget_shared_pending`).
  func retarget(_ covered: SignalSet, from task: Task) {
    var rest = signals.pending.members.intersection(covered)
    for other in tasks where other !== task && !rest.isEmpty && other.state != .exited {
      let taken = rest.subtracting(other.signals.mask)
      guard !taken.isEmpty else { continue }
      rest = rest.subtracting(taken)
      if !other.signals.isSignaled { other.interrupt() }
    }
  }
}
