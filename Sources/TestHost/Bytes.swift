// Copies between raw spans and arrays, which have no checked accessors of their own.

extension RawSpan {
  /// A copy of the bytes.
  var array: [UInt8] {
    // SAFETY: any byte is a valid UInt8.
    unsafe withUnsafeBytes { unsafe [UInt8]($0) }
  }
}

extension MutableRawSpan {
  /// Copies `source[range]` to the beginning.
  @_lifetime(self: copy self)
  mutating func copy(_ source: [UInt8], _ range: Range<Int>) {
    precondition(range.count <= byteCount)
    for (offset, index) in range.enumerated() {
      storeBytes(of: source[index], toByteOffset: offset, as: UInt8.self)
    }
  }
}
