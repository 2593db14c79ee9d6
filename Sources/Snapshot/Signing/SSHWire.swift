// The data types of SSH's protocols (RFC 4251, section 5): big-endian numbers, and strings behind their
// length.

extension [UInt8] {
  mutating func append(ssh number: UInt32) {
    for shift: UInt32 in [24, 16, 8, 0] { append(UInt8(truncatingIfNeeded: number >> shift)) }
  }

  /// A string; it is shorter than 4 GiB.
  mutating func append(ssh string: some Collection<UInt8>) {
    append(ssh: UInt32(string.count))
    append(contentsOf: string)
  }
}

/// Reads values off the front of some bytes; nil is returned for what is not there.
struct SSHCursor {
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: some Sequence<UInt8>) { rest = Array(bytes)[...] }

  mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  /// Takes `bytes` off; false if something else is there.
  mutating func take(_ bytes: some Collection<UInt8>) -> Bool {
    take(bytes.count)?.elementsEqual(bytes) ?? false
  }

  mutating func number() -> UInt32? { take(4)?.reduce(0) { $0 << 8 | UInt32($1) } }

  mutating func string() -> ArraySlice<UInt8>? {
    guard let count = number() else { return nil }
    return take(Int(count))
  }

  /// A string that is text; nil if it is not UTF-8.
  mutating func text() -> String? {
    guard let string = string() else { return nil }
    return String(validating: string, as: UTF8.self)
  }
}
