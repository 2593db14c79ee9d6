/// An address and port on the host's network. Its text is the path of `tcp:` and `udp:` URIs: `192.0.2.1:80`,
/// `[2001:db8::1]:80`. A stream that listens at `[::]` is reached over IPv4, too; addresses of IPv4 have four bytes there
/// as elsewhere.
package struct NetworkAddress: Hashable, Sendable {
  /// Four bytes of IPv4 or sixteen of IPv6, most significant first.
  package var bytes: [UInt8]
  package var port: UInt16

  package init(_ bytes: [UInt8], port: UInt16) {
    precondition(bytes.count == 4 || bytes.count == 16)
    self.bytes = bytes
    self.port = port
  }

  /// A loopback address.
  package static func loopback(port: UInt16) -> NetworkAddress {
    NetworkAddress([127, 0, 0, 1], port: port)
  }

  /// All addresses of this machine in the family of `other`, and any free port.
  package static func any(like other: NetworkAddress) -> NetworkAddress {
    NetworkAddress([UInt8](repeating: 0, count: other.bytes.count), port: 0)
  }

  package var isIPv6: Bool { bytes.count == 16 }
}

extension NetworkAddress: CustomStringConvertible {
  package var description: String {
    guard isIPv6 else { return bytes.map { "\($0)" }.joined(separator: ".") + ":\(port)" }
    return "[\(Self.text(ofIPv6: bytes))]:\(port)"
  }

  /// An address of IPv6 as people write it (RFC 5952): the longest run of zeroes is left out.
  ///
  /// - Parameter bytes: sixteen.
  package static func text(ofIPv6 bytes: [UInt8]) -> String {
    let groups = (0..<8).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
    var best = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, groups[end] == 0 { end += 1 }
      if end - start > max(1, best.count) { best = start..<end }
      start = end + 1
    }
    func text(_ range: Range<Int>) -> String {
      groups[range].map { String($0, radix: 16) }.joined(separator: ":")
    }
    if best.isEmpty { return text(0..<8) }
    return text(0..<best.lowerBound) + "::" + text(best.upperBound..<8)
  }

  /// Parses an address with a port: dotted IPv4, or IPv6 in brackets, with or without `::`. `nil` for
  /// anything else.
  package init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"),
      let port = Self.port(text[text.index(after: colon)...])
    else { return nil }
    let host = text[..<colon]
    if host.first == "[", host.last == "]" {
      guard let bytes = Self.ipv6(host.dropFirst().dropLast()) else { return nil }
      self.init(bytes, port: port)
    } else {
      guard let bytes = Self.ipv4(host) else { return nil }
      self.init(bytes, port: port)
    }
  }

  /// Parses a port number: decimal digits only.
  package static func port(_ text: Substring) -> UInt16? {
    decimal(text, limit: 65535).map { UInt16($0) }
  }

  private static func decimal(_ text: Substring, limit: Int) -> Int? {
    guard !text.isEmpty, text.utf8.count <= 5, text.utf8.allSatisfy({ (48...57).contains($0) }),
      let value = Int(text), value <= limit
    else { return nil }
    return value
  }

  /// The bytes of a dotted IPv4 address.
  package static func ipv4(_ text: some StringProtocol) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      guard let value = decimal(Substring(part), limit: 255) else { return nil }
      bytes.append(UInt8(value))
    }
    return bytes
  }

  /// The bytes of an IPv6 address.
  package static func ipv6(_ text: some StringProtocol) -> [UInt8]? {
    func groups(_ part: Substring) -> [UInt8]? {
      if part.isEmpty { return [] }
      var bytes: [UInt8] = []
      for group in part.split(separator: ":", omittingEmptySubsequences: false) {
        guard (1...4).contains(group.utf8.count), let value = UInt16(group, radix: 16),
          group.first != "+", group.first != "-"
        else { return nil }
        bytes += [UInt8(value >> 8), UInt8(value & 0xff)]
      }
      return bytes
    }
    let text = Substring(text)
    guard let gap = text.firstRange(of: "::") else {
      guard let bytes = groups(text), bytes.count == 16 else { return nil }
      return bytes
    }
    guard let head = groups(text[..<gap.lowerBound]), let tail = groups(text[gap.upperBound...]),
      head.count + tail.count <= 14
    else { return nil }
    return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
  }
}

extension StreamURI {
  package init(tcp address: NetworkAddress) { self.init(.tcp, address.description) }
  package init(udp address: NetworkAddress) { self.init(.udp, address.description) }

  /// The address in a `tcp:` or `udp:` URI; `nil` if its path is not an address.
  package var networkAddress: NetworkAddress? {
    NetworkAddress(String(decoding: path, as: UTF8.self))
  }
}
