package import LinuxABI
import Machine

// Sending: `send_signal_locked`, `prepare_signal` and `complete_signal` in Linux's
// `kernel/signal.c`.

extension Process {
  /// Sends a signal to the process; a thread that does not block it takes it.
  package func post(_ info: Siginfo) { _ = send(info, to: nil) }

  /// Sends a signal, from the kernel unless `code`, `pid` and `uid` name another sender. Invalid numbers
  /// are ignored.
  package func post(
    signal: Int32, code: Int32 = SignalCode.SI_KERNEL, pid: Int32 = 0, uid: UInt32 = 0
  ) {
    post(.kill(Signal(rawValue: signal), code: code, pid: pid, uid: uid))
  }

  /// Sends a signal to the thread `target`, or to the process if that is nil.
  ///
  /// Returns `false` when its payload can't be queued (`RLIMIT_SIGPENDING`), which is EAGAIN.
  package func send(_ info: Siginfo, to target: Task?) -> Bool {
    let signal = info.signal
    guard signal.isValid, !isExiting, signals.fatal == nil, let witness = target ?? tasks.first
    else { return true }
    prepare(signal)
    if signals.ignores(signal), !witness.signals.mask.contains(signal) { return true }
    if (target?.signals.pending ?? signals.pending).coalesces(signal) { return true }
    var info = info
    if pendingCount >= limits[ResourceLimits.signalsPending].soft
      || !kernel.arena.hasRoom(forKernel: Self.signalSize)
    {
      if signal.isRealTime, info.si_code != SignalCode.SI_USER { return false }
      // The signal is delivered without its payload; a signal of the kernel keeps it.
      if info.si_code < 0 { info = .kill(signal, code: SignalCode.SI_USER, pid: 0, uid: 0) }
    }
    if let target { target.signals.pending.add(info) } else { signals.pending.add(info) }
    accountForSignals()
    signalQueue.wake()
    kernel.signalQueue.wake()
    complete(signal, target)
    return true
  }

  /// Bytes that the library OS has for a queued signal.
  private static let signalSize = 192

  func accountForSignals() { signalMemory.set(Int(pendingCount) * Self.signalSize) }

  /// The number of signals queued for the process and its threads.
  private var pendingCount: UInt64 {
    tasks.reduce(UInt64(signals.pending.count)) { $0 + UInt64($1.signals.pending.count) }
  }

  /// Stop signals and SIGCONT cancel each other. SIGCONT continues the process at once, even if it is
  /// caught.
  private func prepare(_ signal: Signal) {
    if signal == .SIGCONT {
      removePending(.stops)
      resume()
    } else if SignalSet.stops.contains(signal) {
      removePending([.SIGCONT])
    }
  }

  /// Removes pending signals from the process and all its threads.
  package func removePending(_ unwanted: SignalSet) {
    let hadTimers =
      signals.pending.hasTimerSignals || tasks.contains { $0.signals.pending.hasTimerSignals }
    signals.pending.remove(unwanted)
    for task in tasks { task.signals.pending.remove(unwanted) }
    accountForSignals()
    if hadTimers { timers.signalsWereRemoved() }
  }

  /// Chooses the thread that takes the signal just queued, and wakes it. A fatal signal wakes all threads.
  private func complete(_ signal: Signal, _ target: Task?) {
    let chosen: Task?
    if let first = target ?? tasks.first, wants(signal, first) {
      chosen = first
    } else if target == nil {
      chosen = tasks.first { wants(signal, $0) }
    } else {
      chosen = nil
    }
    guard let chosen else { return }
    guard signals.isFatal(signal) else { return chosen.interrupt() }
    signals.fatal = signal
    resume()
    for task in tasks { task.interrupt() }
  }

  /// Whether `task` is able to take `signal` soon (`wants_signal`).
  private func wants(_ signal: Signal, _ task: Task) -> Bool {
    if task.signals.mask.contains(signal) || task.state == .exited { return false }
    if signal == .SIGKILL { return true }
    if signals.stopSignal != nil { return false }
    return task === kernel.loaded || !task.signals.isSignaled
  }

  // MARK: Job control

  /// Stops all threads until SIGCONT or SIGKILL.
  func stop(by signal: Signal) {
    signals.stopSignal = signal
    tellParentOfStop(by: signal)
    for task in tasks { kernel.scheduler.remove(task) }
    kernel.needsAttention = true
    // The host's terminal may have to be stopped too.
    kernel.interrupt.raise()
  }

  /// Continues stopped threads.
  func resume() {
    guard signals.stopSignal != nil else { return }
    signals.stopSignal = nil
    if signals.fatal == nil { tellParentOfStop(by: nil) }
    for task in tasks where task.state == .runnable {
      // An interrupted call or a replaced mask is settled by delivery.
      if task.signals.restart != nil || task.signals.savedMask != nil {
        task.signals.isSignaled = true
      } else {
        task.lookForSignals()
      }
      kernel.scheduler.enqueue(task)
    }
    kernel.needsAttention = true
  }
}

extension Task {
  /// Sends a signal to this thread.
  package func post(_ info: Siginfo) { _ = process.send(info, to: self) }
}

extension Kernel {
  /// Sends a signal to every process of a group, as a terminal does; `false` if the group is empty.
  @discardableResult package func post(_ info: Siginfo, toGroup group: Int32) -> Bool {
    let members = members(ofGroup: group)
    for process in members { process.post(info) }
    return !members.isEmpty
  }
}
