package import Age
package import Snapshot

/// Checkpoints that a run takes by itself.
package struct CheckpointOptions: Sendable {
  package var period: Period
  /// A store of its own.
  package var directory: String
  /// How many of them stay.
  package var keep: Int
  package var compression: Compression
  /// Of the store, if it is sealed. Only the process that takes the checkpoints gets it.
  let secret: StoreSecret?

  package var areSealed: Bool { secret != nil }

  /// Makes the store if it is missing.
  ///
  /// - Parameter recipients: who can read the store if it is made, and must be made then; nil: whoever has it.
  /// - Parameter keys: open a sealed store that is there. A passphrase seals one that is made.
  /// - Parameter mustBeSealed: the user gave keys, which are for nothing else.
  package init(
    period: Period, directory: String, keep: Int, compression: Compression = .standard,
    sealedTo recipients: Recipients? = nil, _ keys: SealKeys, mustBeSealed: Bool = false
  ) throws(Failure) {
    let isThere = try StoreLayout.isThere(directory)
    var recipients = recipients
    if recipients == nil, !isThere, let passphrase = keys.passphrase {
      recipients = .passphrase(passphrase)
    }
    guard !mustBeSealed || isThere || recipients != nil else {
      throw Failure("\(directory): there is no store: --encrypt-to makes one that is sealed")
    }
    self.period = period
    self.directory = directory
    self.keep = keep
    self.compression = compression
    let (layout, secret) = try StoreLayout.create(directory, sealedTo: recipients)
    if let secret { self.secret = secret } else { self.secret = try layout.secret(keys) }
    guard !mustBeSealed || layout.isSealed else {
      throw Failure("\(directory): the store is not sealed")
    }
  }
}

/// A span of time as people write it: `500ms`, `30s`, `5m`, `1h`.
package struct Period: Sendable, Hashable, CustomStringConvertible {
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

  /// In the largest unit that it is a multiple of.
  package var description: String {
    let unit = Self.units.last { nanoseconds.isMultiple(of: $0.nanoseconds) } ?? Self.units[0]
    return "\(nanoseconds / unit.nanoseconds)\(unit.name)"
  }
}
