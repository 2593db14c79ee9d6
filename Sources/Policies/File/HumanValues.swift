/// A length of time, from 0 to ten years.
package struct Span: Hashable, Comparable, Sendable {
  package let nanoseconds: Int64

  private static let longest: Int64 = 10 * 365 * 86_400
  private static let units: [(letter: Character, seconds: Int64)] = [
    ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400),
  ]

  package static func seconds(_ count: Int64) -> Span { Span(within: count) }
  package static func minutes(_ count: Int64) -> Span { Span(within: count * 60) }
  package static func hours(_ count: Int64) -> Span { Span(within: count * 3600) }

  private init(within seconds: Int64) {
    nanoseconds = max(0, min(seconds, Self.longest)) * 1_000_000_000
  }

  /// - Parameter text: a number and a unit, as in `15m`: s, m, h or d.
  package init?(_ text: String) {
    guard let unit = Self.units.first(where: { $0.letter == text.last }),
      let count = plainNumber(text.dropLast()), count <= Self.longest / unit.seconds
    else { return nil }
    self.init(within: count * unit.seconds)
  }

  package static func < (a: Span, b: Span) -> Bool { a.nanoseconds < b.nanoseconds }
}

extension Span: CustomStringConvertible {
  /// In the largest unit that leaves no rest, as in `15 min`.
  package var description: String {
    let seconds = nanoseconds / 1_000_000_000
    let names: [(Int64, String)] = [(86_400, "d"), (3600, "h"), (60, "min")]
    let unit = names.first { seconds >= $0.0 && seconds % $0.0 == 0 } ?? (1, "s")
    return "\(seconds / unit.0) \(unit.1)"
  }
}

extension Span: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let seconds = try container.decode(Int64.self)
    guard (0...Self.longest).contains(seconds) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no length of time")
    }
    self.init(within: seconds)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(nanoseconds / 1_000_000_000)
  }
}

/// A share of a whole, from 0 to 100 %.
package struct Percent: Hashable, Comparable, Sendable {
  package let value: Int

  package init(clamping value: Int) { self.value = max(0, min(value, 100)) }

  /// - Parameter text: as in `20%`, also with a space before the sign.
  package init?(_ text: String) {
    guard text.last == "%" else { return nil }
    var digits = text.dropLast()
    if digits.last == " " { digits.removeLast() }
    guard let number = plainNumber(digits), number <= 100 else { return nil }
    value = Int(number)
  }

  /// From 0 to 1.
  package var share: Double { Double(value) / 100 }

  package static func < (a: Percent, b: Percent) -> Bool { a.value < b.value }
}

extension Percent: CustomStringConvertible {
  package var description: String { "\(value) %" }
}

extension Percent: Codable {
  package init(from decoder: any Decoder) throws {
    self.init(clamping: try decoder.singleValueContainer().decode(Int.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }
}

/// A time of the day, to the minute.
package struct TimeOfDay: Hashable, Sendable {
  /// Since midnight, by the clock on the wall.
  package let minutes: Int

  /// - Parameter text: as in `22:00` or `7:30`.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1].utf8.count == 2, (1...2).contains(parts[0].utf8.count),
      let hours = plainNumber(parts[0]), let minutes = plainNumber(parts[1]), hours < 24,
      minutes < 60
    else { return nil }
    self.minutes = Int(hours) * 60 + Int(minutes)
  }

  package var secondOfDay: Int { minutes * 60 }
}

extension TimeOfDay: CustomStringConvertible {
  package var description: String {
    let (hours, rest) = (minutes / 60, minutes % 60)
    return "\(hours < 10 ? "0" : "")\(hours):\(rest < 10 ? "0" : "")\(rest)"
  }
}

extension TimeOfDay: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let time = TimeOfDay(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no time of day")
    }
    self = time
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

package enum Weekday: Int, Hashable, Sendable, Codable, CaseIterable {
  case mon, tue, wed, thu, fri, sat, sun

  package init?(_ text: String) {
    guard let day = Self.allCases.first(where: { "\($0)" == text }) else { return nil }
    self = day
  }

  var before: Weekday { Weekday(rawValue: (rawValue + 6) % 7)! }
}

/// So many moves in a length of time.
package struct MoveLimit: Hashable, Sendable {
  package let count: Int
  package let per: Span

  private static let units: [(word: Substring, span: Span)] = [
    ("hour", .hours(1)), ("day", .hours(24)),
  ]

  private init(count: Int, per span: Span) {
    self.count = count
    per = span
  }

  package static func perHour(_ count: Int) -> MoveLimit {
    MoveLimit(count: max(1, min(count, 1000)), per: .hours(1))
  }

  /// - Parameter text: as in `4 per hour` or `20 per day`.
  package init?(_ text: String) {
    let words = text.split(separator: " ")
    guard words.count == 3, words[1] == "per", let count = plainNumber(words[0]),
      (1...1000).contains(count), let unit = Self.units.first(where: { $0.word == words[2] })
    else { return nil }
    self.init(count: Int(count), per: unit.span)
  }
}

extension MoveLimit: CustomStringConvertible {
  package var description: String {
    let unit = Self.units.first { $0.span == per }?.word ?? ""
    return "\(count) per \(unit)"
  }

  /// As in `6 times in an hour`.
  var words: String {
    "\(count) time\(count == 1 ? "" : "s") in \(per == .hours(1) ? "an hour" : "a day")"
  }
}

extension MoveLimit: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let limit = MoveLimit(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no limit of moves")
    }
    self = limit
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// A number of at most nine digits and nothing else.
func plainNumber(_ text: some StringProtocol) -> Int64? {
  guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) })
  else { return nil }
  return Int64(text)
}
