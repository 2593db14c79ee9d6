/// A moment at which something of the kernel wants to be called.
package final class KernelTimer {
  /// Called on the run loop, at or after the deadline; the timer is disarmed before.
  package var action: () -> Void
  /// Nanoseconds of the guest's CLOCK_MONOTONIC; nil while disarmed.
  package fileprivate(set) var deadline: Int64?
  fileprivate var sequence: UInt64 = 0

  package init(action: @escaping () -> Void) { self.action = action }
}

/// The armed timers in order of their deadlines; equal ones in the order they were armed.
package struct TimerQueue {
  private var timers: [KernelTimer] = []
  private var sequence: UInt64 = 0

  package init() {}

  /// The earliest deadline, in nanoseconds of the guest's monotonic clock.
  package var next: Int64? { timers.first?.deadline }

  package mutating func arm(_ timer: KernelTimer, at deadline: Int64) {
    cancel(timer)
    sequence += 1
    timer.deadline = deadline
    timer.sequence = sequence
    let index = timers.firstIndex { $0.deadline! > deadline } ?? timers.count
    timers.insert(timer, at: index)
  }

  package mutating func cancel(_ timer: KernelTimer) {
    guard timer.deadline != nil else { return }
    timer.deadline = nil
    timers.removeAll { $0 === timer }
  }

  /// Takes the first timer whose deadline has come.
  package mutating func popExpired(at now: Int64) -> KernelTimer? {
    guard let first = timers.first, first.deadline! <= now else { return nil }
    timers.removeFirst()
    first.deadline = nil
    return first
  }
}
