// Fixed-width little-endian values and variable-length numbers, written to and read from bytes.

extension [UInt8] {
  mutating func append<T: FixedWidthInteger>(littleEndian value: T) {
    for shift in stride(from: 0, to: T.bitWidth, by: 8) {
      append(UInt8(truncatingIfNeeded: value >> T(shift)))
    }
  }

  /// A length in 16 bits, then the bytes.
  mutating func append(counted text: String) {
    append(littleEndian: UInt16(text.utf8.count))
    append(contentsOf: text.utf8)
  }

  /// Seven bits a byte, the lowest first; the top bit says that more follow (LEB128).
  mutating func append(varint value: UInt64) {
    var rest = value
    while rest > 0x7f {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }
}

/// Reads values off the front of some bytes; what is not there is `malformed`, never a trap.
struct ByteCursor {
  private let bytes: ArraySlice<UInt8>
  private var position: Int
  private let what: String

  /// - Parameter what: what the bytes are, for the error.
  init(_ bytes: ArraySlice<UInt8>, of what: String) {
    self.bytes = bytes
    self.position = bytes.startIndex
    self.what = what
  }

  var remaining: Int { bytes.endIndex - position }

  mutating func take(_ count: Int) throws(SnapshotError) -> ArraySlice<UInt8> {
    guard count <= remaining else { throw .malformed("its \(what) ends early") }
    position += count
    return bytes[(position - count)..<position]
  }

  mutating func integer<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(SnapshotError) -> T {
    let bytes = try take(T.bitWidth / 8)
    var value: T = 0
    for index in bytes.indices.reversed() {
      value = value << 8 | T(truncatingIfNeeded: bytes[index])
    }
    return value
  }

  mutating func digest() throws(SnapshotError) -> Digest {
    Digest(bytes: try take(Digest.size))
  }

  mutating func text() throws(SnapshotError) -> String {
    let length = Int(try integer(UInt16.self))
    guard let text = String(validating: try take(length), as: UTF8.self) else {
      throw .malformed("its \(what) has a text that is not UTF-8")
    }
    return text
  }

  mutating func varint() throws(SnapshotError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      let byte = try integer(UInt8.self)
      let bits = UInt64(byte & 0x7f)
      // Only the shortest form is legal, so that one map has one encoding.
      guard shift == 0 || byte != 0, shift < 63 || bits <= 1 else { break }
      value |= bits << UInt64(shift)
      if byte & 0x80 == 0 { return value }
    }
    throw .malformed("its \(what) has an impossible number")
  }
}
