internal import HostABI

/// A clock that only moves when told to, and what happens at which time.
struct TestClock {
  let start: HostTime
  /// Nanoseconds of the monotonic clock.
  private(set) var now: Int64 = 0
  private var events: [(time: Int64, action: () -> Void)] = []
  private var alarm: (time: Int64, action: @Sendable () -> Void)?

  /// Nanoseconds between two calls of an alarm whose time has come.
  static let alarmPeriod: Int64 = 1_000_000

  init(start: HostTime) { self.start = start }

  var wallTime: HostTime {
    HostTime(nanoseconds: start.totalNanoseconds + now)
  }

  mutating func add(at time: Int64, _ action: @escaping () -> Void) {
    // In order of time; those of one time in the order they were added.
    let index = events.firstIndex { $0.time > time } ?? events.endIndex
    events.insert((time, action), at: index)
  }

  mutating func setAlarm(at time: Int64?, _ action: (@Sendable () -> Void)?) {
    alarm = nil
    if let time, let action { alarm = (time, action) }
  }

  var hasEvents: Bool { !events.isEmpty }
  var nextTime: Int64? {
    [events.first?.time, alarm?.time].compactMap { $0 }.min()
  }

  /// Moves the clock, never back.
  mutating func move(to time: Int64) { now = max(now, time) }

  /// What is due now and has not been done; the caller does it.
  mutating func takeDue() -> (() -> Void)? {
    if let first = events.first, first.time <= now { return events.removeFirst().action }
    if let due = alarm, due.time <= now {
      alarm = (now + TestClock.alarmPeriod, due.action)
      return due.action
    }
    return nil
  }
}
