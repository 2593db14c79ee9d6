import HostABI

/// Shorthands for tests: arrays in and out of the calls that move bytes.
extension Host {
  func readBytes(
    _ handle: HostHandle, at offset: UInt64? = nil, count: Int = 4096
  ) throws(HostError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xee, count: count)
    var elements = bytes.mutableSpan
    // SAFETY: bytes have no padding, and any byte is a valid UInt8.
    var span = unsafe elements.mutableBytes
    let read = try read(handle, at: offset, into: &span)
    return Array(bytes[..<read])
  }

  func readText(
    _ handle: HostHandle, at offset: UInt64? = nil, count: Int = 4096
  ) throws(HostError) -> String {
    String(decoding: try readBytes(handle, at: offset, count: count), as: UTF8.self)
  }

  @discardableResult
  func writeBytes(
    _ handle: HostHandle, at offset: UInt64? = nil, _ bytes: [UInt8]
  ) throws(HostError) -> Int {
    // SAFETY: bytes have no padding.
    try write(handle, at: offset, from: unsafe bytes.span.bytes)
  }

  @discardableResult
  func writeText(
    _ handle: HostHandle, at offset: UInt64? = nil, _ text: String
  ) throws(HostError) -> Int {
    try writeBytes(handle, at: offset, Array(text.utf8))
  }

  func randomBytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var elements = bytes.mutableSpan
    // SAFETY: bytes have no padding, and any byte is a valid UInt8.
    var span = unsafe elements.mutableBytes
    entropy(into: &span)
    return bytes
  }
}

/// The bytes of a text.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
