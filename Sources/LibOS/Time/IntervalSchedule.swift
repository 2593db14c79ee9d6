/// When a timer expires next and how often from then on, in nanoseconds of one clock.
///
/// A plain value. Expirations are counted on demand; each is `interval` after the one before it, however
/// late it is counted.
package struct IntervalSchedule: Hashable, Sendable {
  /// The first expiration not yet counted; nil while disarmed.
  package var next: Int64?
  /// 0 for a one-shot timer.
  package var interval: Int64

  package init(next: Int64? = nil, interval: Int64 = 0) {
    self.next = next
    self.interval = interval
  }

  /// The schedule that the settime calls ask for: `value` nanoseconds from `now`, or at that time of the
  /// clock; 0 disarms.
  package init(value: Int64, interval: Int64, isAbsolute: Bool, now: Int64) {
    self.interval = interval
    next = value == 0 ? nil : isAbsolute ? value : saturatingSum(now, value)
  }

  package var isArmed: Bool { next != nil }

  /// Counts the expirations up to `now` and moves on to the next one, if there is one.
  package mutating func takeExpirations(at now: Int64) -> UInt64 {
    guard let next, next <= now else { return 0 }
    guard interval > 0 else {
      self.next = nil
      return 1
    }
    // This may wrap if a wall clock was set far away; the result is still right.
    let passed = UInt64(bitPattern: now &- next) / UInt64(interval)
    let last = next &+ Int64(bitPattern: passed &* UInt64(interval))
    self.next = saturatingSum(last, interval)
    return passed + 1
  }

  /// Nanoseconds until the next expiration: 0 if disarmed, at least 1 if armed, so that a program can tell
  /// the two apart.
  package func remaining(at now: Int64) -> Int64 {
    guard let next else { return 0 }
    return max(1, saturatingSum(next, 0 &- now))
  }
}

/// The sum, clamped to the range of `Int64`.
package func saturatingSum(_ a: Int64, _ b: Int64) -> Int64 {
  let (sum, overflow) = a.addingReportingOverflow(b)
  return overflow ? (b < 0 ? .min : .max) : sum
}
