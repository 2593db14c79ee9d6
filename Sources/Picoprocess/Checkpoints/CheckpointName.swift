/// The name of a periodic checkpoint in its store: the time at which it was requested, such as
/// `20261128T171500.123Z`. The order of the names is that of time.
struct CheckpointName: Hashable, Comparable, CustomStringConvertible {
  /// Since 1970, in UTC.
  let milliseconds: Int64

  private static let day: Int64 = 86_400_000
  private static let length = 20
  /// The end of the year 9999.
  private static let limit: Int64 = 253_402_300_799_999

  /// - Parameter milliseconds: less than none, or more than there is room for, is taken for the nearest that fits.
  init(milliseconds: Int64) { self.milliseconds = min(max(milliseconds, 0), Self.limit) }

  /// - Returns: nil for a name that the user gave.
  init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == Self.length, bytes[8] == UInt8(ascii: "T") else { return nil }
    func number(_ range: Range<Int>) -> Int64? {
      let digits = bytes[range]
      guard digits.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else {
        return nil
      }
      return digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }
    guard let year = number(0..<4), let month = number(4..<6), let day = number(6..<8),
      let hour = number(9..<11), let minute = number(11..<13), let second = number(13..<15),
      let fraction = number(16..<19)
    else { return nil }
    let days = Self.days(year, month, day)
    self.init(
      milliseconds: days * Self.day + ((hour * 60 + minute) * 60 + second) * 1000 + fraction)
    // Other separators, and dates that do not exist.
    guard description == text else { return nil }
  }

  static func < (a: CheckpointName, b: CheckpointName) -> Bool { a.milliseconds < b.milliseconds }

  var description: String {
    let (year, month, day) = Self.date(milliseconds / Self.day)
    let time = milliseconds % Self.day
    func padded(_ number: Int64, _ count: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
    return padded(year, 4) + padded(month, 2) + padded(day, 2) + "T"
      + padded(time / 3_600_000, 2) + padded(time / 60_000 % 60, 2) + padded(time / 1000 % 60, 2)
      + "." + padded(time % 1000, 3) + "Z"
  }

  /// Days since 1970 of a date in the Gregorian calendar. Years are taken to begin in March, so that a leap day is
  /// the last of its year.
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let years = month > 2 ? year : year - 1
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return years * 365 + years / 4 - years / 100 + years / 400 + dayOfYear - 719_468
  }

  static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let count = days + 719_468
    let era = count / 146_097
    let dayOfEra = count % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let year = era * 400 + yearOfEra
    return (
      month < 10 ? year : year + 1, month < 10 ? month + 3 : month - 9,
      dayOfYear - (153 * month + 2) / 5 + 1
    )
  }
}
