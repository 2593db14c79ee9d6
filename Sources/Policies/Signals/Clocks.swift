internal import HostABI
internal import PosixHost

/// What the clocks of a machine show, in nanoseconds.
package struct ClockReading: Hashable, Sendable {
  /// Since it was booted, sleep included.
  package var boot: Int64
  /// Since it was booted, without sleep.
  package var monotonic: Int64
  /// Since 1970, by a clock that people and servers set.
  package var wall: Int64

  package init(boot: Int64, monotonic: Int64, wall: Int64) {
    self.boot = boot
    self.monotonic = monotonic
    self.wall = wall
  }
}

/// What happened between two readings.
package enum ClockEvent: Hashable, Sendable {
  /// The machine slept for so many nanoseconds.
  case slept(Int64)
  /// Somebody set the clock on the wall, by so many nanoseconds.
  case wallSet(by: Int64)
}

/// The machine's clocks, and what becomes of them between two looks.
package final class ClockSource: SignalSource {
  private let clocks: () -> ClockReading?
  private let localTime: (Int64) -> WallTime
  private var last: ClockReading?
  private var awakeSince: Int64 = 0
  /// Of the last reading.
  package private(set) var events: [ClockEvent] = []

  /// - Parameters:
  ///   - clocks: reads them; nil if they can't be read.
  ///   - localTime: the time of the day where this machine is, by seconds since 1970.
  package init(
    clocks: @escaping () -> ClockReading? = { ClockSource.ofThisMachine() },
    localTime: @escaping (Int64) -> WallTime = ClockSource.localTime
  ) {
    self.clocks = clocks
    self.localTime = localTime
  }

  /// - Parameter directory: has `uptime`, which counts the time asleep (CLOCK_BOOTTIME).
  package static func ofThisMachine(directory: String = "/proc") -> ClockReading? {
    let monotonic = HostProcess.monotonicTime
    guard let text = SmallFile.text("\(directory)/uptime"),
      let uptime = text.split(separator: " ").first.flatMap({ Double($0) }),
      (0..<1e9).contains(uptime)
    else { return nil }
    return ClockReading(
      boot: Int64(uptime * 100) * 10_000_000, monotonic: monotonic, wall: HostProcess.realTime)
  }

  package static func localTime(_ seconds: Int64) -> WallTime {
    let time = HostProcess.localTime(seconds)
    return WallTime(
      seconds: seconds, weekday: Weekday(rawValue: (time.weekday + 6) % 7) ?? .mon,
      secondOfDay: time.secondOfDay)
  }

  /// Less is no sleep, and no setting of a clock: the clocks are read one after the other, and adjusted by and by.
  private static let tolerance: Int64 = 2_000_000_000

  package func read(into observation: inout Observation) {
    guard let reading = clocks() else { return }
    events = []
    if let last {
      let asleep = (reading.boot - last.boot) - (reading.monotonic - last.monotonic)
      if asleep > Self.tolerance {
        events.append(.slept(asleep))
        awakeSince = reading.boot
      }
      let set = (reading.wall - last.wall) - (reading.boot - last.boot)
      if abs(set) > Self.tolerance { events.append(.wallSet(by: set)) }
    }
    last = reading
    observation.now = reading.boot
    observation.awakeSince = awakeSince
    observation.wall = localTime(reading.wall / 1_000_000_000)
  }

  /// Whoever reads another source reads the clocks.
  package func nextReading(_ needs: SignalNeeds, _ observation: Observation) -> Int64? { nil }
}
