package import HostABI

/// The guest's clocks, in nanoseconds, over the host's.
///
/// CLOCK_MONOTONIC stops while the picoprocess is suspended, as in Linux, and continues from its last value
/// on the next host. CLOCK_BOOTTIME includes the suspended time.
package struct KernelClock {
  private let host: any Host
  /// What to add to the host's monotonic clock.
  private var offset: Int64
  /// Time spent suspended, in nanoseconds.
  package private(set) var suspended: Int64 = 0
  /// Guest wall time minus host wall time (`clock_settime` is refused, so 0 unless restored).
  package var wallOffset: Int64 = 0
  /// The moment of the snapshot that the guest was restored from, until it runs.
  private var held: Moment?

  /// The values of the clocks at one moment, in nanoseconds.
  package struct Moment: Hashable, Sendable {
    package var monotonic: Int64
    package var realtime: Int64
    package var suspended: Int64
    package init(monotonic: Int64, realtime: Int64, suspended: Int64) {
      self.monotonic = monotonic
      self.realtime = realtime
      self.suspended = suspended
    }
  }

  /// A clock that starts like a machine that booted `uptime` nanoseconds ago.
  package init(host: any Host, uptime: Int64 = 100_000_000_000) {
    self.host = host
    offset = uptime - host.now(.monotonic).totalNanoseconds
  }

  package var monotonic: Int64 { host.now(.monotonic).totalNanoseconds &+ offset }
  package var boottime: Int64 { monotonic &+ suspended }
  package var realtime: Int64 { host.now(.realtime).totalNanoseconds &+ wallOffset }

  /// The host's monotonic time that corresponds to guest monotonic `time`.
  package func hostTime(of time: Int64) -> Int64 { saturatingSum(time, 0 &- offset) }

  /// Sets the clock to its saved value.
  package mutating func restore(_ moment: Moment) {
    held = moment
    follow(moment)
  }

  private mutating func follow(_ moment: Moment) {
    offset = saturatingSum(moment.monotonic, -host.now(.monotonic).totalNanoseconds)
    let away = saturatingSum(host.now(.realtime).totalNanoseconds, 0 &- moment.realtime)
    suspended = saturatingSum(moment.suspended, max(0, away))
  }

  /// Starts the clock when the guest runs; the time that restoring took does not count.
  package mutating func start() {
    guard let held else { return }
    follow(held)
    self.held = nil
  }

  /// Whether the guest was restored and has not run since, so that its state is that of the snapshot.
  package var isHeld: Bool { held != nil }

  /// The moment that a snapshot taken now records.
  package var moment: Moment {
    held ?? Moment(monotonic: monotonic, realtime: realtime, suspended: suspended)
  }
}
