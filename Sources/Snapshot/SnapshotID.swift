/// The 16 bytes that name a snapshot, given by whoever writes it.
package struct SnapshotID: Hashable, Sendable {
  package let high: UInt64
  package let low: UInt64
  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The name of what has this digest: its first half.
  package init(of digest: Digest) {
    func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
    self.init(high: word(digest.bytes[..<8]), low: word(digest.bytes[8..<16]))
  }

  /// The id of a snapshot without a name, which cannot be a parent.
  package static var none: SnapshotID { SnapshotID(high: 0, low: 0) }

  /// Bytes of an id.
  static var size: Int { 16 }

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: high.byteSwapped)
    bytes.append(littleEndian: low.byteSwapped)
    return bytes
  }

  init(from cursor: inout ByteCursor) throws(SnapshotError) {
    high = try cursor.integer(UInt64.self).byteSwapped
    low = try cursor.integer(UInt64.self).byteSwapped
  }
}

extension SnapshotID: CustomStringConvertible {
  /// 32 hexadecimal digits.
  package var description: String {
    [high, low].map {
      let digits = String($0, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
