/// How the blocks of a snapshot are compressed.
package enum Compression: Hashable, Sendable {
  /// Not at all, so that pages can be mapped.
  case none
  /// With zstd at this level, except for blocks that would not become smaller.
  case zstd(level: Int32)

  /// The default: zstd at its fastest ordinary level.
  package static var standard: Compression { .zstd(level: 1) }

  /// The levels that users may choose. Higher ones need much more memory and gain nothing on blocks as small
  /// as page chunks.
  private static var levels: ClosedRange<Int32> { 1...19 }
}

extension Compression: LosslessStringConvertible {
  /// `none`, `zstd` or `zstd:LEVEL`, with a level from 1 to 19; nil for anything else.
  package init?(_ text: String) {
    switch text {
    case "none": self = .none
    case "zstd": self = .standard
    default:
      let digits = text.dropFirst(5)
      guard text.hasPrefix("zstd:"), digits.allSatisfy(\.isWholeNumber), let level = Int32(digits),
        Compression.levels.contains(level)
      else { return nil }
      self = .zstd(level: level)
    }
  }

  package var description: String {
    switch self {
    case .none: "none"
    case .zstd(let level): "zstd:\(level)"
    }
  }
}

extension Compression: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let value = Compression(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "not a way to compress")
    }
    self = value
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
