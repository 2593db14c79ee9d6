internal import CPosixShims
internal import HostABI
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Calls an action on its own thread at a given time, then every millisecond until it is set again.
///
/// Setting it is cheap: the thread is woken only if it would otherwise sleep too long.
final class Alarm: Sendable {
  private struct State {
    var deadline: Int64?
    var action: (@Sendable () -> Void)?
    /// The time at which the thread will wake; nil if it sleeps for ever.
    var wakesAt: Int64?
    var ended = false
  }

  /// Nanoseconds between two calls of a due action.
  static let period: Int64 = 1_000_000

  private let state = Mutex(State())
  private let waker = Waker()

  /// When this returns, the previous action is not running and will not be called again.
  func set(at deadline: Int64?, _ action: (@Sendable () -> Void)?) {
    let mustWake = state.withLock { state in
      state.deadline = action == nil ? nil : deadline
      state.action = action
      guard let deadline = state.deadline else { return false }
      return state.wakesAt.map { deadline < $0 } ?? true
    }
    if mustWake { waker.wake() }
  }

  /// Ends the thread that runs `run`.
  func end() {
    state.withLock { $0.ended = true }
    waker.wake()
  }

  /// The body of the thread.
  func run() {
    var items = [pollfd(fd: waker.readEnd, events: Int16(POLLIN), revents: 0)]
    while true {
      // The action runs under the lock, which `set`'s guarantee depends on.
      let (ended, timeout): (Bool, Int64?) = state.withLock { state in
        guard !state.ended else { return (true, nil) }
        guard let deadline = state.deadline else {
          state.wakesAt = nil
          return (false, nil)
        }
        let now = system_clock_gettime(CLOCK_MONOTONIC).totalNanoseconds
        if now >= deadline {
          state.action?()
          state.deadline = now + Alarm.period
        }
        state.wakesAt = state.deadline
        return (false, max(0, state.deadline! - now))
      }
      if ended { return }
      _ = system_poll(&items, timeout: timeout)
      if items[0].revents != 0 { waker.drain() }
    }
  }
}
