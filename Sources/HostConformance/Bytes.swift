package import HostABI

/// Shorthands: arrays in and out of the calls that move bytes.
extension Host {
  package func readBytes(
    _ handle: HostHandle, at offset: UInt64? = nil, count: Int = 4096
  ) throws(HostError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xee, count: count)
    let count = try bytes.lendMutable { (span) throws(HostError) in
      try read(handle, at: offset, into: &span)
    }
    return Array(bytes.prefix(max(0, count)))
  }

  package func readText(
    _ handle: HostHandle, at offset: UInt64? = nil, count: Int = 4096
  ) throws(HostError) -> String {
    String(decoding: try readBytes(handle, at: offset, count: count), as: UTF8.self)
  }

  @discardableResult
  package func writeBytes(
    _ handle: HostHandle, at offset: UInt64? = nil, _ bytes: [UInt8]
  ) throws(HostError) -> Int {
    try bytes.lend { (span) throws(HostError) in try write(handle, at: offset, from: span) }
  }

  @discardableResult
  package func writeText(
    _ handle: HostHandle, at offset: UInt64? = nil, _ text: String
  ) throws(HostError) -> Int {
    try writeBytes(handle, at: offset, Array(text.utf8))
  }

  package func randomBytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    try? bytes.lendMutable { (span) throws(HostError) in entropy(into: &span) }
    return bytes
  }
}

extension [UInt8] {
  package func lend<R>(_ body: (RawSpan) throws(HostError) -> R) throws(HostError) -> R {
    // SAFETY: bytes have no padding.
    try unsafe span.withUnsafeBytes { (bytes) throws(HostError) in try body(unsafe bytes.bytes) }
  }

  package mutating func lendMutable<R>(
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

extension RawSpan {
  /// A copy of the bytes.
  var array: [UInt8] {
    // SAFETY: they are copied.
    unsafe withUnsafeBytes { unsafe Array($0) }
  }
}

extension MutableRawSpan {
  /// Writes as many of `bytes` as it has room for.
  @_lifetime(self: copy self)
  mutating func fill(from bytes: [UInt8]) {
    for (index, byte) in bytes.prefix(byteCount).enumerated() {
      storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
    }
  }
}

/// The bytes of a text.
package func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
