import Snapshot

/// What moving a guest will take, by what it does with its memory and what is known of the link.
package struct Forecast: Sendable {
  let activity: MemoryActivity
  let link: LinkFigures
  let pace: MigrationPace
  /// Bytes that were written since the copy that the other machine keeps.
  private let sinceCopy: UInt64
  /// Bytes of files that go before the memory does.
  private let fileBytes: UInt64

  package init(
    activity: MemoryActivity, link: LinkFigures, pace: MigrationPace, pagesSinceCopy: UInt64 = 0,
    fileBytes: UInt64 = 0
  ) {
    self.fileBytes = fileBytes
    sinceCopy = min(pagesSinceCopy, activity.memory / UInt64(Page.size)) * UInt64(Page.size)
    self.activity = activity
    self.link = link
    self.pace = pace
  }

  /// What a move takes in one way.
  ///
  /// - Parameter elapsed: nanoseconds that it has taken already.
  package func figures(_ way: MoveWay, elapsed: Int64) -> MoveFigures {
    let before = elapsed + fileTime
    var figures = way.isPostCopy ? postCopy(way, before) : preCopy(way, before)
    figures.bytes += fileBytes
    return figures
  }

  /// Nanoseconds that the link needs for the files, which are not compressed.
  var fileTime: Int64 { Self.nanoseconds(Double(fileBytes) / rate) }

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

  /// How much more or less than was seen the guest may write. Where the rounds end hangs on that: the last one has any number of bytes
  /// between what is short enough and what is written meanwhile.
  private static let spread = [0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3]

  private func preCopy(_ way: MoveWay, _ elapsed: Int64) -> MoveFigures {
    let courses = Self.spread.map { preCopy(way, writing: $0) }
    func mean(_ value: (Course) -> Double) -> Double {
      courses.reduce(0) { $0 + value($1) } / Double(courses.count)
    }
    let frozen = max(0, Self.nanoseconds(mean { Double($0.left) } / rate) + link.stop(way))
    let rounds = Int64(mean { Double($0.time) })
    return MoveFigures(
      frozen: frozen, total: elapsed + rounds + frozen + link.ending(way),
      bytes: UInt64(mean { Double($0.bytes) } * share(way)))
  }

  /// What rounds come to.
  private struct Course {
    /// Nanoseconds of the rounds.
    var time: Int64
    /// Bytes of memory that are sent in all.
    var bytes: UInt64
    /// Bytes that the link has to carry when the guest stops.
    var left: UInt64
  }

  /// - Parameter factor: how much of what was seen the guest writes.
  private func preCopy(_ way: MoveWay, writing factor: Double) -> Course {
    var rounds = RoundPace(maxPause: pace.maxPause, throttles: pace.throttles)
    var now: Int64 = 0
    var sent: UInt64 = 0
    var next = way.usesCopy == true ? sinceCopy : activity.memory
    if activity.memory / UInt64(Page.size) > rounds.few {
      repeat {
        rounds.begin(at: now)
        let duration = time(next, way)
        now += duration
        sent += next
        rounds.note(pages: next / UInt64(Page.size), at: now)
        let written = Double(activity.bytes(writtenIn: duration)) * factor
        next = min(activity.memory, UInt64(written)) * UInt64(100 - rounds.throttle) / 100
      } while rounds.goesOn()
    }
    let left = Self.bytesLeft(
      sent: UInt64(Double(sent) * share(way)), SnapshotPump.window(at: rate, pace.maxPause),
      UInt64(Double(next) * share(way)))
    return Course(time: now, bytes: sent + next, left: left)
  }

  /// What the link has to carry while the guest stands: of what the rounds have sent, as much as may be under way, since a round
  /// begins when the one before has been handed over; and what was written since.
  static func bytesLeft(sent: UInt64, _ window: UInt64, _ written: UInt64) -> UInt64 {
    min(sent, window) + written
  }

  private func postCopy(_ way: MoveWay, _ elapsed: Int64) -> MoveFigures {
    let frozen = max(0, link.stop(way))
    return MoveFigures(
      frozen: frozen, total: elapsed + frozen + time(activity.memory, way) + link.ending(way),
      bytes: UInt64(Double(activity.memory) * share(way)))
  }
}
