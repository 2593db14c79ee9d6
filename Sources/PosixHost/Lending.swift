internal import HostABI

extension [UInt8] {
  /// Lends the bytes.
  func lend<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
    // SAFETY: bytes have no padding.
    try unsafe span.withUnsafeBytes { (bytes) throws(E) in try body(unsafe bytes.bytes) }
  }

  /// Lends the bytes for writing.
  mutating func lendMutable<R>(
    _ body: (inout MutableRawSpan) throws(HostError) -> R
  ) throws(HostError) -> R {
    var elements = mutableSpan
    // SAFETY: bytes have no padding, and any byte is a valid UInt8.
    return try unsafe elements.withUnsafeMutableBytes { (bytes) throws(HostError) in
      var span = unsafe bytes.mutableBytes
      return try body(&span)
    }
  }
}
