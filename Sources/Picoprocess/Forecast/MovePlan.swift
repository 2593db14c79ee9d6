import HostABI
import PosixHost
import Snapshot
import SupervisorMessages

/// How one guest is going to move, and what that will take.
package struct MovePlan: Sendable {
  /// One of the ways that were weighed.
  package struct Choice: Sendable, Encodable {
    package var way: MoveWay
    package var figures: MoveFigures
    /// Those of `figures.bytes` that are files of its root and mounts; nil: none go along.
    package var fileBytes: UInt64?
  }

  private let guest: String
  private let host: RemoteHost
  private let forecast: Forecast
  /// What it took until the guest's memory could go, in nanoseconds.
  private let elapsed: Int64
  /// Nil: none go along, or they have gone.
  private let files: FilesToGo?
  /// How it goes.
  package let chosen: Choice
  /// All that were weighed.
  package let choices: [Choice]

  /// Weighs the ways in which `guest` can go to `host`. One that the user has named is taken; post-copy only then, since both
  /// machines must live until it is over.
  ///
  /// - Parameters:
  ///   - elapsed: nanoseconds since the command began; nil: it has not, and as long is taken as with earlier moves.
  ///   - pagesSinceCopy: pages that were written since the copy that `host` keeps; nil: it has none of use.
  ///   - files: those that are still to go; nil: none are.
  init(
    _ guest: String, to host: RemoteHost, _ activity: MemoryActivity, _ pace: MigrationPace,
    _ link: LinkFigures, elapsed: Int64?, pagesSinceCopy: UInt64? = nil, files: FilesToGo? = nil
  ) {
    self.files = files
    self.guest = guest
    self.host = host
    let forecast = Forecast(
      activity: activity, link: link, pace: pace, pagesSinceCopy: pagesSinceCopy ?? 0,
      fileBytes: files?.lacking ?? 0)
    self.forecast = forecast
    let elapsed = elapsed ?? link.opening(of: guest)
    self.elapsed = elapsed
    let compressions = pace.compression.map { [$0] } ?? [Compression.none, .standard]
    let ways =
      compressions.map { MoveWay($0, usesCopy: pagesSinceCopy != nil) }
      + [MoveWay(pace.compression ?? .standard, isPostCopy: true)]
    choices = ways.map {
      Choice(
        way: $0, figures: forecast.figures($0, elapsed: elapsed), fileBytes: files?.lacking)
    }
    chosen = Self.best(
      choices.filter { $0.way.isPostCopy == pace.postCopy }, maxPause: pace.maxPause)
  }

  /// The shortest move of those in which the guest stands no longer than it may; if there is none, the shortest stop. Compression
  /// takes processors, and must be clearly better.
  private static func best(_ choices: [Choice], maxPause: Int64) -> Choice {
    let allowed = choices.filter { $0.figures.frozen <= maxPause }
    func cost(_ choice: Choice, _ time: Int64) -> Double {
      Double(time) * (choice.way.compression == .none ? 1 : compressionWorth)
    }
    let shortest = allowed.min { cost($0, $0.figures.total) < cost($1, $1.figures.total) }
    return shortest
      ?? choices.min { cost($0, $0.figures.frozen) < cost($1, $1.figures.frozen) } ?? choices[0]
  }

  private static let compressionWorth = 1.05

  /// Writes down what it took in the end.
  ///
  /// - Returns: both, for supervisors.
  func note(_ outcome: MoveOutcome) -> MoveReport {
    let figures = MoveFigures(frozen: outcome.frozen, total: outcome.total, bytes: outcome.bytes)
    record(outcome, figures)
    return MoveReport(forecast: chosen.figures.message(), outcome: figures.message())
  }

  private func record(_ outcome: MoveOutcome, _ figures: MoveFigures) {
    guard var records = MoveRecords(host) else { return }
    records.add(
      MoveRecord(
        time: PosixHost().now(.realtime).seconds, guest: guest, way: chosen.way,
        forecast: chosen.figures,
        outcome: figures,
        rate: outcome.rate, memoryRate: outcome.rate.map { $0 / outcome.share },
        isLimited: forecast.pace.bandwidth != nil,
        bytesLeft: outcome.bytesLeft(forecast.pace.maxPause), ending: outcome.ending,
        opening: elapsed))
  }
}

extension MovePlan {
  /// In one line.
  package var summary: String {
    "\(guest) can move to \(host): \(chosen.way): \(chosen.figures.text)"
  }

  /// Why: what is known, and what each way would take.
  package var explanation: String {
    let activity = forecast.activity
    let memory = ProgressLine.size(activity.memory)
    let rates = [Int64(100_000_000), 1_000_000_000].map { time in
      "\(ProgressLine.size(activity.bytes(writtenIn: time))) in \(HumanTime.text(time))"
    }
    let kept = Int((activity.compressed * 100).rounded())
    let carried = ProgressLine.size(UInt64(forecast.rate))
    let source =
      switch forecast.link.moves {
      case 0: "assumed: no move to it is on record"
      case 1: "by the last move to it"
      case let count: "by the last \(count) moves to it"
      }
    var lines = [
      "memory: \(memory), written: \(rates.joined(separator: ", ")); compression leaves \(kept) %",
      "link: \(carried)/s, \(source)",
    ]
    if let files {
      let (lacking, all) = (ProgressLine.size(files.lacking), ProgressLine.size(files.all))
      lines.append(
        "files: \(lacking) of \(all) would go, in \(HumanTime.text(forecast.fileTime)); the rest is there"
      )
    }
    for choice in choices {
      let mark = choice.way == chosen.way ? "*" : " "
      lines.append(
        "\(mark) \(choice.way): \(choice.figures.text)"
          + (choice.way.isPostCopy ? ", needs both machines until then" : ""))
    }
    lines.append("* \(reason)")
    return lines.joined(separator: "\n")
  }

  private var reason: String {
    let pace = forecast.pace
    if pace.postCopy { return "as --post-copy says" }
    if pace.compression != nil { return "as --compress says" }
    return chosen.figures.frozen <= pace.maxPause
      ? "the shortest that stands no longer than \(HumanTime.text(pace.maxPause)) (--max-pause)"
      : "the shortest stop: none is within \(HumanTime.text(pace.maxPause)) (--max-pause)"
  }
}
