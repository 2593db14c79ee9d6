package import HostABI

/// The guest's clocks, in nanoseconds, over the host's.
///
/// CLOCK_MONOTONIC stands still while the picoprocess is suspended, as it does in Linux; it goes on
/// from where it was on whatever host comes next. CLOCK_BOOTTIME counts the suspended time too.
package struct KernelClock {
  private let host: any Host
  /// What to add to the host's monotonic clock.
  private var offset: Int64
  /// Time spent suspended, in nanoseconds.
  package private(set) var suspended: Int64 = 0
  /// Guest wall time minus host wall time (`clock_settime` is refused, so 0 unless restored).
  package var wallOffset: Int64 = 0
  /// When the snapshot was taken that the guest goes on from, until it does.
  private var held: Moment?

  /// What the clocks show at one moment, in nanoseconds.
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

  /// Continues a clock from where it stood when it was saved.
  package mutating func restore(_ moment: Moment) {
    held = moment
    follow(moment)
  }

  private mutating func follow(_ moment: Moment) {
    offset = saturatingSum(moment.monotonic, -host.now(.monotonic).totalNanoseconds)
    let away = saturatingSum(host.now(.realtime).totalNanoseconds, 0 &- moment.realtime)
    suspended = saturatingSum(moment.suspended, max(0, away))
  }

  /// The guest runs on: the time that restoring it took is none of its.
  package mutating func start() {
    guard let held else { return }
    follow(held)
    self.held = nil
  }

  /// The guest was restored and has not run since: its state is that of the snapshot.
  package var isHeld: Bool { held != nil }

  /// The moment that a snapshot taken now records.
  package var moment: Moment {
    held ?? Moment(monotonic: monotonic, realtime: realtime, suspended: suspended)
  }
}
