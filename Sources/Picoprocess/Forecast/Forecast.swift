import Snapshot

/// What moving a guest will take, by what it does with its memory and what is known of the link.
package struct Forecast: Sendable {
  let activity: MemoryActivity
  let link: LinkFigures
  let pace: MigrationPace
  /// Bytes that were written since the copy that the other machine keeps.
  private let sinceCopy: UInt64

  package init(
    activity: MemoryActivity, link: LinkFigures, pace: MigrationPace, pagesSinceCopy: UInt64 = 0
  ) {
    sinceCopy = min(pagesSinceCopy, activity.memory / UInt64(Page.size)) * UInt64(Page.size)
    self.activity = activity
    self.link = link
    self.pace = pace
  }

  /// What a move takes in one way.
  ///
  /// - Parameter elapsed: nanoseconds that it has taken already.
  package func figures(_ way: MoveWay, elapsed: Int64) -> MoveFigures {
    way.isPostCopy ? postCopy(way, elapsed) : preCopy(way, elapsed)
  }

  /// Bytes a second that the link carries and the user allows.
  var rate: Double { min(link.rate, pace.bandwidth.map { Double($0) } ?? .infinity) }

  /// What is left of memory on the link.
  private func share(_ way: MoveWay) -> Double {
    way.compression == .none ? 1 : activity.compressed
  }

  /// Nanoseconds that the link, or the compression, needs.
  private func time(_ bytes: UInt64, _ way: MoveWay) -> Int64 {
    var time = Double(bytes) * share(way) / rate
    if way.compression != .none { time = max(time, Double(bytes) / link.compressionRate) }
    return Self.nanoseconds(time)
  }

  /// At most a year.
  private static func nanoseconds(_ seconds: Double) -> Int64 {
    Int64(min(seconds, 365 * 86_400) * 1e9)
  }

  private func preCopy(_ way: MoveWay, _ elapsed: Int64) -> MoveFigures {
    var rounds = RoundPace(maxPause: pace.maxPause, throttles: pace.throttles)
    var now: Int64 = 0
    var sent: UInt64 = 0
    var next = way.usesCopy == true ? sinceCopy : activity.memory
    var last: UInt64 = 0
    if activity.memory / UInt64(Page.size) > rounds.few {
      repeat {
        rounds.begin(at: now)
        let duration = time(next, way)
        now += duration
        sent += next
        last = next
        rounds.note(pages: next / UInt64(Page.size), at: now)
        next = activity.bytes(writtenIn: duration) * UInt64(100 - rounds.throttle) / 100
      } while rounds.goesOn()
    }
    let left = Self.bytesLeft(
      underWay: UInt64(Double(last) * share(way)), SnapshotPump.window(at: rate, pace.maxPause),
      UInt64(Double(next) * share(way)))
    let frozen = max(0, Self.nanoseconds(Double(left) / rate) + link.stop(way))
    return MoveFigures(
      frozen: frozen, total: elapsed + now + frozen + link.ending(way),
      bytes: UInt64(Double(sent + next) * share(way)))
  }

  /// What the link has to carry while the guest stands: what was still under way, at most as much as may be, and what was
  /// written since.
  static func bytesLeft(underWay: UInt64, _ window: UInt64, _ written: UInt64) -> UInt64 {
    min(underWay, window) + written
  }

  private func postCopy(_ way: MoveWay, _ elapsed: Int64) -> MoveFigures {
    let frozen = max(0, link.stop(way))
    return MoveFigures(
      frozen: frozen, total: elapsed + frozen + time(activity.memory, way) + link.ending(way),
      bytes: UInt64(Double(activity.memory) * share(way)))
  }
}
