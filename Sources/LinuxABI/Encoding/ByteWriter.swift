/// Appends little-endian integers: the image of a structure in guest memory.
package struct ByteWriter {
  package private(set) var bytes: [UInt8] = []

  package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

  package mutating func write<T: FixedWidthInteger>(_ value: T) {
    var rest = T.Magnitude(truncatingIfNeeded: value)
    for _ in 0..<(T.bitWidth / 8) {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }

  package mutating func write(_ other: [UInt8]) { bytes.append(contentsOf: other) }

  /// Appends `count` zero bytes: padding, which must not leak anything to the guest.
  package mutating func zero(_ count: Int) {
    bytes.append(contentsOf: repeatElement(0, count: count))
  }

  /// Appends zeroes up to `size` bytes in all.
  package mutating func pad(to size: Int) { zero(max(0, size - bytes.count)) }
}
