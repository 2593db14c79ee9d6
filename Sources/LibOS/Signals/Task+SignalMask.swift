package import LinuxABI

extension Task {
  /// Whether the thread must look for signals before it runs on; a blocking call ends then.
  package var hasDeliverableSignal: Bool { signals.isSignaled }

  /// Whether job control holds the thread.
  package var isStopped: Bool { process.signals.stopSignal != nil }

  /// Replaces the mask. What it uncovers is delivered before the thread runs on; what it covers
  /// goes to another thread if it was the process's (`__set_task_blocked` in `kernel/signal.c`).
  package func setSignalMask(_ mask: SignalSet) {
    let new = mask.subtracting(.unblockable)
    let covered = new.subtracting(signals.mask)
    signals.mask = new
    if signals.isSignaled { process.retarget(covered, from: self) }
    lookForSignals()
  }

  /// Sees whether anything is deliverable (`recalc_sigpending`).
  package func lookForSignals() {
    let pending = signals.pending.members.union(process.signals.pending.members)
    signals.isSignaled =
      process.signals.fatal != nil || !pending.subtracting(signals.mask).isEmpty
    if signals.isSignaled { kernel.needsAttention = true }
  }

  /// Replaces the mask for the length of the call under way (`ppoll`, `pselect6`, `epoll_pwait`,
  /// `rt_sigsuspend`). May be called at each run of the handler: only the first one counts.
  ///
  /// A call that is interrupted leaves the mask as it is; delivery puts it back, after the handler
  /// if one runs. One that ends in any other way must call `restoreSignalMask()`.
  package func setTemporarySignalMask(_ mask: SignalSet) {
    guard signals.savedMask == nil else { return }
    signals.savedMask = signals.mask
    setSignalMask(mask)
  }

  /// Puts the mask back that `setTemporarySignalMask` replaced, if any.
  package func restoreSignalMask() {
    guard let saved = signals.savedMask else { return }
    signals.savedMask = nil
    setSignalMask(saved)
  }

  /// Gives the process's signals that this thread was to take to others; called when it ends.
  package func handOverSignals() {
    guard signals.isSignaled else { return }
    let wanted = SignalSet.full.subtracting(signals.mask)
    signals.mask = .full
    process.retarget(wanted, from: self)
  }

  /// Takes a pending signal of `wanted`: the thread's own first, then the process's.
  package func takeSignal(_ wanted: SignalSet) -> Siginfo? {
    guard var info = signals.pending.take(wanted) ?? process.signals.pending.take(wanted)
    else { return nil }
    process.accountForSignals()
    if info.si_code == SignalCode.SI_TIMER { process.timers.took(&info) }
    lookForSignals()
    return info
  }

  /// Makes the thread look for signals: a blocked call runs again, and ends.
  func interrupt() {
    signals.isSignaled = true
    kernel.needsAttention = true
    wake()
  }
}

extension Process {
  /// Finds threads for those of the process's pending signals that are in `covered`, which `task`
  /// no longer takes (`retarget_shared_pending`).
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
