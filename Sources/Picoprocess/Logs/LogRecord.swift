import HostABI

/// A line of a log, in the form that podman's driver `k8s-file` has: time, stream, `F` for a whole line or `P` for a part
/// of one that goes on, and the text.
package struct LogRecord: Hashable {
  package enum Stream: String {
    case output = "stdout"
    case error = "stderr"
    /// What became of the application.
    case godwit
  }

  /// In UTC, as in RFC 3339, with nanoseconds.
  package let time: String
  package let stream: Stream
  package let isWhole: Bool
  package let text: [UInt8]

  private static let space = UInt8(ascii: " ")

  /// - Returns: nil for a line that is none.
  package init?(_ line: ArraySlice<UInt8>) {
    let fields = line.split(
      separator: Self.space, maxSplits: 3, omittingEmptySubsequences: false)
    guard fields.count == 4, fields[0].count == LogTime.length,
      let stream = Stream(rawValue: String(decoding: fields[1], as: UTF8.self)),
      fields[2].count == 1, let flag = fields[2].first,
      flag == UInt8(ascii: "F") || flag == UInt8(ascii: "P")
    else { return nil }
    time = String(decoding: fields[0], as: UTF8.self)
    self.stream = stream
    isWhole = flag == UInt8(ascii: "F")
    text = Array(fields[3])
  }

  /// The lines for `bytes`, which came at `time`.
  package static func lines(_ bytes: [UInt8], _ stream: Stream, at time: String) -> [UInt8] {
    let head = Array("\(time) \(stream.rawValue) ".utf8)
    var lines: [UInt8] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let end = rest.firstIndex(of: UInt8(ascii: "\n"))
      lines += head + [UInt8(ascii: end == nil ? "P" : "F"), space]
      lines += rest[..<(end ?? rest.endIndex)] + [UInt8(ascii: "\n")]
      rest = rest[(end.map { $0 + 1 } ?? rest.endIndex)...]
    }
    return lines
  }
}

/// Times as logs have them: `2026-11-28T20:39:45.123456789Z`.
package enum LogTime {
  static let length = 30
  private static let day: Int64 = 86_400
  /// The last one, since 1970, that fits in as many nanoseconds.
  static let lastSecond = Int64.max / 1_000_000_000

  /// - Parameter nanoseconds: since 1970.
  package static func text(_ nanoseconds: Int64) -> String {
    let time = HostTime(nanoseconds: max(0, nanoseconds))
    let (year, month, day) = CheckpointName.date(time.seconds / Self.day)
    let second = time.seconds % Self.day
    func padded(_ number: Int64, _ count: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T"
      + "\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
      + ".\(padded(Int64(time.nanoseconds), 9))Z"
  }

  /// The beginning of a time that people write: at least a date.
  static func isPrefix(_ text: String) -> Bool {
    let pattern = Array("0000-00-00T00:00:00.000000000".utf8)
    let bytes = Array(text.utf8)
    guard (10...pattern.count).contains(bytes.count) else { return false }
    return zip(bytes, pattern).allSatisfy { byte, wanted in
      wanted == UInt8(ascii: "0")
        ? byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") : byte == wanted
    }
  }
}

/// The first line of each file of a log.
package struct LogHead: Hashable {
  /// The time at which the application started, in nanoseconds since 1970.
  package var run: UInt64
  /// Counts the files that the log had; the larger one is newer.
  package var number: UInt64

  private static let title = "godwit-log-1"

  package init(run: UInt64, number: UInt64) {
    self.run = run
    self.number = number
  }

  package var line: [UInt8] { Array("\(Self.title) \(run) \(number)\n".utf8) }

  /// - Returns: nil unless `bytes` begin with such a line.
  package init?(_ bytes: [UInt8]) {
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    let words = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ")
    guard words.count == 3, words[0] == Self.title, let run = UInt64(words[1]),
      let number = UInt64(words[2])
    else { return nil }
    self.init(run: run, number: number)
  }
}
