package import LinuxABI

/// What all threads of a process share of signals: plain values, part of the snapshot.
package struct ProcessSignals: Hashable, Sendable {
  /// By number, 1 to 64; entry 0 is not used.
  private var actions = Array(repeating: Sigaction(), count: Int(Signal.count) + 1)

  /// Signals sent to the process, for any thread that does not block them.
  package var pending = PendingSignals()

  /// The signal that stopped the process, until it is continued or killed.
  package var stopSignal: Signal?

  /// The signal that the process dies of as soon as the run loop comes to its top.
  package var fatal: Signal?

  package init() {}

  /// The action of a valid signal.
  package subscript(signal: Signal) -> Sigaction {
    get { actions[Int(signal.rawValue)] }
    set { actions[Int(signal.rawValue)] = newValue }
  }

  /// Whether `signal`, when nobody blocks it, goes away without a trace.
  package func ignores(_ signal: Signal) -> Bool {
    switch self[signal].handler {
    case Sigaction.SIG_IGN: true
    case Sigaction.SIG_DFL: signal.defaultAction == .ignore || signal.defaultAction == .continue
    default: false
    }
  }

  /// Whether `signal`, when delivered, ends the process.
  package func isFatal(_ signal: Signal) -> Bool {
    guard self[signal].handler == Sigaction.SIG_DFL else { return false }
    return signal.defaultAction == .terminate || signal.defaultAction == .core
  }

  /// Takes over what a new process has from its parent: the actions, or with `resettingHandlers`
  /// (`CLONE_CLEAR_SIGHAND`) what `execve` would leave of them. Nothing is pending.
  package mutating func inherit(_ parent: ProcessSignals, resettingHandlers: Bool) {
    actions = parent.actions
    if resettingHandlers { resetForExecve() }
  }

  /// What `execve` leaves of the actions: caught signals get their default one, ignored ones stay
  /// ignored (execve(2)). What is pending stays too.
  package mutating func resetForExecve() {
    for index in actions.indices {
      let isIgnored = actions[index].handler == Sigaction.SIG_IGN
      actions[index] = Sigaction(handler: isIgnored ? Sigaction.SIG_IGN : Sigaction.SIG_DFL)
    }
  }
}
