/// Reads little-endian integers one after the other from bytes that a guest wrote.
///
/// Beyond the end everything reads as zero, as with the kernel's `copy_struct_from_user`:
/// a structure of an older, shorter version is filled up. So no input can trap.
package struct ByteReader {
  package let bytes: [UInt8]
  package private(set) var offset: Int

  package init(_ bytes: [UInt8], at offset: Int = 0) {
    self.bytes = bytes
    self.offset = offset
  }

  /// The bytes that are left.
  package var remaining: Int { max(0, bytes.count - offset) }

  package mutating func read<T: FixedWidthInteger>(_ type: T.Type = T.self) -> T {
    var value: T.Magnitude = 0
    let size = T.bitWidth / 8
    for index in 0..<min(size, remaining) {
      value |= T.Magnitude(truncatingIfNeeded: bytes[offset + index]) << T.Magnitude(index * 8)
    }
    offset += size
    return T(truncatingIfNeeded: value)
  }

  /// The next `count` bytes, zeroes beyond the end.
  package mutating func read(count: Int) -> [UInt8] {
    let present = min(count, remaining)
    let part = Array(bytes[min(offset, bytes.count)..<(min(offset, bytes.count) + present)])
    offset += count
    return part + [UInt8](repeating: 0, count: count - present)
  }

  package mutating func skip(_ count: Int) { offset += count }
}
