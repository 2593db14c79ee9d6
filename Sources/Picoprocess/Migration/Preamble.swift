/// What each end of a protocol of Godwit's says first: which protocol it is, and the versions of it that it speaks.
struct Preamble {
  /// 8 bytes.
  let magic: [UInt8]
  let versions: ClosedRange<UInt32>

  static let size = 16

  /// What another end says first.
  enum Greeting {
    /// More must come.
    case incomplete
    /// It is another protocol, or none.
    case other
    /// Its lowest and its highest version; `shared`: the highest that both speak, nil if there is none.
    case versions(first: UInt32, last: UInt32, shared: UInt32?)
  }

  var bytes: [UInt8] {
    magic + LittleEndian.bytes(versions.lowerBound) + LittleEndian.bytes(versions.upperBound)
  }

  /// - Parameter bytes: from the first one on that came.
  func read(_ bytes: [UInt8]) -> Greeting {
    guard bytes.starts(with: magic.prefix(bytes.count)) else { return .other }
    guard bytes.count >= Self.size else { return .incomplete }
    let first = LittleEndian.number(bytes[8..<12], as: UInt32.self)
    let last = LittleEndian.number(bytes[12..<16], as: UInt32.self)
    let areShared =
      first <= versions.upperBound && last >= versions.lowerBound && first <= last
    return .versions(
      first: first, last: last, shared: areShared ? min(last, versions.upperBound) : nil)
  }

  /// The first line of what came in place of one, for people.
  static func line(of bytes: [UInt8]) -> String {
    String(decoding: bytes.prefix(120).prefix { $0 != 10 && $0 != 13 }, as: UTF8.self)
  }
}

/// Integers as the protocols have them.
enum LittleEndian {
  static func bytes(_ number: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
    (0..<(number.bitWidth / 8)).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
  }

  static func number<N: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>, as type: N.Type) -> N {
    bytes.reversed().reduce(0) { $0 << 8 | N(truncatingIfNeeded: $1) }
  }
}
