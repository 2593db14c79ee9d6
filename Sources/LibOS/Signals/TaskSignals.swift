package import LinuxABI

/// What a thread has of signals for itself: plain values, part of the snapshot.
package struct TaskSignals: Hashable, Sendable {
  /// Those not delivered for now. Change it with `Task.setSignalMask`, which looks what becomes
  /// deliverable.
  package var mask: SignalSet

  /// Signals sent to this thread alone.
  package var pending = PendingSignals()

  /// As `sigaltstack` set it.
  package var stack = SignalStack()

  /// The mask to put back when the call that replaced it for a while (`rt_sigsuspend`, `ppoll` …)
  /// is over.
  package var savedMask: SignalSet?

  /// The thread has to look for signals before it goes on in user mode (`TIF_SIGPENDING`).
  ///
  /// Of several threads that could take a signal of the process only the one chosen has this set.
  package var isSignaled = false

  /// What its last exception left behind.
  package var fault = FaultInfo()

  /// The call was set back to be restarted for this reason, and no handler has run since: the
  /// handler that runs now may still want it to end with EINTR.
  package var restart: Errno?

  package init(mask: SignalSet = []) { self.mask = mask }
}
