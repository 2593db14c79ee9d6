/// A deadline at which the kernel calls an action.
package final class KernelTimer {
  /// Called on the run loop, at or after the deadline; the timer is disarmed before.
  package var action: () -> Void
  /// Nanoseconds of the guest's CLOCK_MONOTONIC; nil while disarmed.
  package fileprivate(set) var deadline: Int64?
  fileprivate var sequence: UInt64 = 0
  /// Where it is in the heap, while it is armed.
  fileprivate var place = 0

  package init(action: @escaping () -> Void) { self.action = action }

  fileprivate func isBefore(_ other: KernelTimer) -> Bool {
    (deadline!, sequence) < (other.deadline!, other.sequence)
  }
}

/// The armed timers in order of their deadlines; equal ones in the order they were armed.
package struct TimerQueue {
  /// A binary heap: none is before the one at half its place.
  private var heap: [KernelTimer] = []
  private var sequence: UInt64 = 0

  package init() {}

  package var count: Int { heap.count }

  /// The earliest deadline, in nanoseconds of the guest's monotonic clock.
  package var next: Int64? { heap.first?.deadline }

  package mutating func arm(_ timer: KernelTimer, at deadline: Int64) {
    cancel(timer)
    sequence += 1
    timer.deadline = deadline
    timer.sequence = sequence
    heap.append(timer)
    timer.place = heap.count - 1
    rise(from: timer.place)
  }

  package mutating func cancel(_ timer: KernelTimer) {
    guard timer.deadline != nil else { return }
    let place = timer.place
    let last = heap.removeLast()
    if last !== timer {
      put(last, at: place)
      rise(from: place)
      sink(from: place)
    }
    timer.deadline = nil
  }

  /// Takes the first timer whose deadline has come.
  package mutating func popExpired(at now: Int64) -> KernelTimer? {
    guard let first = heap.first, first.deadline! <= now else { return nil }
    cancel(first)
    return first
  }

  private mutating func put(_ timer: KernelTimer, at place: Int) {
    heap[place] = timer
    timer.place = place
  }

  private mutating func rise(from start: Int) {
    var place = start
    let timer = heap[place]
    while place > 0, timer.isBefore(heap[(place - 1) / 2]) {
      put(heap[(place - 1) / 2], at: place)
      place = (place - 1) / 2
    }
    put(timer, at: place)
  }

  private mutating func sink(from start: Int) {
    var place = start
    let timer = heap[place]
    while 2 * place + 1 < heap.count {
      var child = 2 * place + 1
      if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
      guard heap[child].isBefore(timer) else { break }
      put(heap[child], at: place)
      place = child
    }
    put(timer, at: place)
  }
}
