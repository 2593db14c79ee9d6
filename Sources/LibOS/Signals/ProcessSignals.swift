package import LinuxABI

/// What is to be done at each signal: of one process, or of several (`CLONE_SIGHAND`).
private final class SignalActions {
  /// By signal number, 1 to 64; entry 0 is unused.
  var table = Array(repeating: Sigaction(), count: Int(Signal.count) + 1)
}

/// The part of signal handling that all threads of a process share, saved in snapshots.
package struct ProcessSignals {
  private var actions = SignalActions()

  /// Signals sent to the process, for any thread that does not block them.
  package var pending = PendingSignals()

  /// The signal that stopped the process, until it is continued or killed.
  package var stopSignal: Signal?

  /// The signal that kills the process when the run loop reaches its top.
  package var fatal: Signal?

  package init() {}

  /// The action of a valid signal.
  package subscript(signal: Signal) -> Sigaction {
    get { actions.table[Int(signal.rawValue)] }
    nonmutating set { actions.table[Int(signal.rawValue)] = newValue }
  }

  /// Whether `signal`, if it is not blocked, is discarded.
  package func ignores(_ signal: Signal) -> Bool {
    switch self[signal].handler {
    case Sigaction.SIG_IGN: true
    case Sigaction.SIG_DFL: signal.defaultAction == .ignore || signal.defaultAction == .continue
    default: false
    }
  }

  /// Whether `signal` ends the process whichever thread runs next. One that leaves a core file waits for the thread that
  /// it is for: the file shows that one first.
  package func isFatal(_ signal: Signal) -> Bool {
    self[signal].handler == Sigaction.SIG_DFL && signal.defaultAction == .terminate
  }

  /// Takes a new process's actions from its parent: the same ones if `isShared`, or else copies, with
  /// `resettingHandlers` (`CLONE_CLEAR_SIGHAND`) as `execve` would change them. Nothing is pending.
  package mutating func inherit(
    _ parent: ProcessSignals, isShared: Bool = false, resettingHandlers: Bool
  ) {
    actions = parent.actions
    if !isShared { unshareActions() }
    if resettingHandlers { resetForExecve() }
  }

  /// What tells the actions from those of processes that do not share them.
  var actionsIdentity: ObjectIdentifier { ObjectIdentifier(actions) }

  /// Gives it actions of its own.
  mutating func unshareActions() {
    let own = SignalActions()
    own.table = actions.table
    actions = own
  }

  /// Changes the actions as `execve` does: caught signals get the default action, ignored ones stay ignored
  /// (execve(2)). Pending signals stay pending.
  package func resetForExecve() {
    for index in actions.table.indices {
      let isIgnored = actions.table[index].handler == Sigaction.SIG_IGN
      actions.table[index] = Sigaction(handler: isIgnored ? Sigaction.SIG_IGN : Sigaction.SIG_DFL)
    }
  }
}
