import Synchronization

/// Has something that another thread does end early, if it can.
final class Cancellation: Sendable {
  private struct State {
    var isCancelled = false
    /// How it is done; nil: it has not begun, or is over.
    var act: (@Sendable () -> Void)?
  }

  private let state = Mutex(State())

  /// What goes on can be cancelled in this way from now on.
  func begin(_ act: @escaping @Sendable () -> Void) {
    state.withLock { state in
      state.act = act
      if state.isCancelled { act() }
    }
  }

  /// It is over: `act` is not called any more.
  func end() { state.withLock { $0.act = nil } }

  func cancel() {
    state.withLock { state in
      state.isCancelled = true
      state.act?()
    }
  }
}
