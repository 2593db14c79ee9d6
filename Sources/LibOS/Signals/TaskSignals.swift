package import LinuxABI

/// The part of signal handling that belongs to one thread: plain values, saved in snapshots.
package struct TaskSignals: Hashable, Sendable {
  /// The blocked signals. Change them with `Task.setSignalMask`, which determines what becomes
  /// deliverable.
  package var mask: SignalSet

  /// Pending signals of this thread alone.
  package var pending = PendingSignals()

  /// The alternate stack (`sigaltstack`).
  package var stack = SignalStack()

  /// The mask to restore at the end of a call that replaced it (`rt_sigsuspend`, `ppoll` …).
  package var savedMask: SignalSet?

  /// The thread must handle signals before it returns to user mode (`TIF_SIGPENDING`).
  ///
  /// If several threads could take a signal of the process, only the chosen one has this set.
  package var isSignaled = false

  /// Details of its last exception.
  package var fault = FaultInfo()

  /// Why the last call was put back to be restarted, as long as no handler has run since; the next handler
  /// may still make it return EINTR.
  package var restart: Errno?

  package init(mask: SignalSet = []) { self.mask = mask }
}
