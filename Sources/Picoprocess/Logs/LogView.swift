import HostABI
import PosixHost

/// The lines of a log that a user wants to see.
package struct LogChoices: Sendable {
  /// The last so many lines; nil: all.
  package var tail: Int?
  package var since: LogStart?
  package var showsTimes = false
  /// Goes on until the application ends.
  package var follows = false

  package init() {}
}

/// The time from which on lines are wanted.
package enum LogStart: Sendable, Hashable {
  case ago(Period)
  /// The beginning of a time in UTC: at least a date.
  case time(String)

  /// Parses `10m`, or `2026-11-28`, `2026-11-28T20:39:45Z` and the like.
  package init?(_ text: String) {
    if let period = Period(text) {
      self = .ago(period)
    } else {
      let time = text.hasSuffix("Z") ? String(text.dropLast()) : text
      guard LogTime.isPrefix(time) else { return nil }
      self = .time(time)
    }
  }

  fileprivate var text: String {
    switch self {
    case .ago(let period): LogTime.text(HostProcess.realTime - period.nanoseconds)
    case .time(let text): text
    }
  }
}

/// Shows logs.
package enum LogView {
  /// How long nothing may come before the next look at the log, in nanoseconds.
  private static let pause: Int64 = 100_000_000

  /// Shows the log of the application `name` on standard output and standard error.
  package static func show(_ name: String, _ choices: LogChoices) throws(Failure) {
    var reader = try LogReader(name)
    let start = choices.since?.text
    var records = try reader.next().filter { record in start.map { record.time >= $0 } ?? true }
    var ending = LogEnding(records.last)
    records.removeAll { $0.stream == .godwit }
    if let tail = choices.tail { records = last(tail, of: records) }
    var printer = Printer(showsTimes: choices.showsTimes)
    try printer.show(records)
    guard choices.follows else { return }
    let client = try ControlClient()
    while ending == .none {
      // Whoever has ended writes nothing any more, so that the last look sees all.
      let isRunning = client.isRunning(name)
      records = try reader.next()
      if reader.hasGap { Console.complain("some lines were overwritten before they could be read") }
      ending = LogEnding(records.last)
      try printer.show(records.filter { $0.stream != .godwit })
      if !isRunning { return }
      if records.isEmpty { HostProcess.sleep(nanoseconds: pause) }
    }
  }

  /// The records of the last `count` lines.
  private static func last(_ count: Int, of records: [LogRecord]) -> [LogRecord] {
    var lines = 0
    var start = records.endIndex
    while start > records.startIndex {
      if records[start - 1].isWhole || start == records.endIndex { lines += 1 }
      if lines > count { break }
      start -= 1
    }
    return Array(records[start...])
  }

  private struct Printer {
    let showsTimes: Bool
    private var isAtLineStart = true

    init(showsTimes: Bool) { self.showsTimes = showsTimes }

    mutating func show(_ records: [LogRecord]) throws(Failure) {
      var bytes: [UInt8] = []
      var stream = LogRecord.Stream.output
      for record in records {
        if record.stream != stream {
          try write(bytes, stream)
          (bytes, stream) = ([], record.stream)
        }
        if isAtLineStart, showsTimes { bytes += Array(record.time.utf8) + [UInt8(ascii: " ")] }
        bytes += record.text
        if record.isWhole { bytes.append(UInt8(ascii: "\n")) }
        isAtLineStart = record.isWhole
      }
      try write(bytes, stream)
    }

    private func write(_ bytes: [UInt8], _ stream: LogRecord.Stream) throws(Failure) {
      guard !bytes.isEmpty else { return }
      let file = stream == .error ? OutputFile.standardError : .standardOutput
      try withFailure("the log can't be shown") { () throws(HostError) in try file.write(bytes) }
    }
  }
}
