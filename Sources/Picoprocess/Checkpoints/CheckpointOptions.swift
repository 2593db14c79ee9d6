package import Snapshot

/// Checkpoints that a run takes by itself.
package struct CheckpointOptions: Sendable, Hashable {
  package var period: Period
  /// A store of its own.
  package var directory: String
  /// How many of them stay.
  package var keep: Int
  package var compression: Compression

  package init(
    period: Period, directory: String, keep: Int, compression: Compression = .standard
  ) {
    self.period = period
    self.directory = directory
    self.keep = keep
    self.compression = compression
  }
}

/// A span of time as people write it: `500ms`, `30s`, `5m`, `1h`.
package struct Period: Sendable, Hashable {
  package let nanoseconds: Int64

  private static let units: [(name: String, nanoseconds: Int64)] = [
    ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
  ]

  /// - Returns: nil unless `text` is a number from 1 on and one of the units.
  package init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let unit = Self.units.first(where: { $0.name == text[digits.endIndex...] }),
      let count = Int64(digits), count > 0
    else { return nil }
    let (nanoseconds, overflow) = count.multipliedReportingOverflow(by: unit.nanoseconds)
    guard !overflow else { return nil }
    self.nanoseconds = nanoseconds
  }
}
