import HostABI
package import LinuxABI

/// An IPv4 or IPv6 address. An IPv4 address is stored as its IPv4-mapped IPv6 address (`::ffff:a.b.c.d`), so
/// that no conversion is needed between sockets of the two families.
package struct IPAddress: Hashable, Sendable {
  /// The first and the last eight bytes, most significant first.
  package var high: UInt64
  package var low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// An IPv4 address, its first byte the most significant.
  package init(v4: UInt32) { self.init(high: 0, low: 0xffff_0000_0000 | UInt64(v4)) }

  /// The sixteen bytes of a `struct in6_addr`.
  package init(v6 bytes: [UInt8]) {
    func half(_ start: Int) -> UInt64 {
      bytes[start..<(start + 8)].reduce(0) { $0 << 8 | UInt64($1) }
    }
    self.init(high: half(0), low: half(8))
  }

  package static let any4 = IPAddress(v4: 0)
  package static let any6 = IPAddress(high: 0, low: 0)
  package static let loopback4 = IPAddress(v4: 0x7f00_0001)
  package static let loopback6 = IPAddress(high: 0, low: 1)

  /// Whether it is an IPv4 address.
  package var isV4: Bool { high == 0 && low >> 32 == 0xffff }
  package var v4: UInt32 { UInt32(truncatingIfNeeded: low) }

  /// The sixteen bytes of a `struct in6_addr`.
  package var v6Bytes: [UInt8] {
    (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> UInt64(56 - 8 * ($0 % 8))) }
  }

  package var isAny: Bool { self == .any4 || self == .any6 }
  package var isLoopback: Bool { isV4 ? v4 >> 24 == 127 : self == .loopback6 }
  package var isMulticast: Bool { isV4 ? v4 >> 28 == 0xe : high >> 56 == 0xff }
  /// The broadcast address of all networks.
  package var isBroadcast: Bool { isV4 && v4 == .max }
  /// `fe80::/10`: meaningless without an interface.
  package var isLinkLocal: Bool { !isV4 && high >> 54 == 0x3fa }

  /// Whether a socket that is bound to it has an interface: a link-local address, and a group on an interface or a
  /// link (`__ipv6_addr_needs_scope_id`).
  package var needsScope: Bool { isLinkLocal || [0xff01, 0xff02].contains(high >> 48 & 0xff0f) }

  /// The loopback address of the same family.
  package var loopback: IPAddress { isV4 ? .loopback4 : .loopback6 }
  /// The wildcard of the same family.
  package var any: IPAddress { isV4 ? .any4 : .any6 }
}

/// An address with a port.
package struct Endpoint: Hashable, Sendable {
  package var address: IPAddress
  package var port: UInt16
  /// The interface that a link-local address belongs to.
  package var scope: UInt32 = 0

  package init(_ address: IPAddress, _ port: UInt16, scope: UInt32 = 0) {
    self.address = address
    self.port = port
    self.scope = scope
  }

  /// The image of a `struct sockaddr_in`.
  private var bytes4: [UInt8] {
    SockaddrIn(
      sin_family: AddressFamily.AF_INET.rawValue, sin_port: port.bigEndian,
      sin_addr: address.v4.bigEndian
    ).bytes
  }

  /// The image of a `struct sockaddr_in6`.
  private var bytes6: [UInt8] {
    SockaddrIn6(
      sin6_family: AddressFamily.AF_INET6.rawValue, sin6_port: port.bigEndian,
      sin6_addr: address.v6Bytes, sin6_scope_id: scope
    ).bytes
  }

  /// The socket address, as shown by a socket of `family`.
  package func socketAddress(_ family: AddressFamily) -> [UInt8] {
    family == .AF_INET ? bytes4 : bytes6
  }

  /// Decodes a `struct sockaddr_in`; there must be enough bytes.
  package init(in4 bytes: [UInt8]) {
    let image = SockaddrIn(bytes: bytes)
    self.init(IPAddress(v4: UInt32(bigEndian: image.sin_addr)), UInt16(bigEndian: image.sin_port))
  }

  /// Decodes a `struct sockaddr_in6`, whose last member may be missing (RFC 2133).
  package init(in6 bytes: [UInt8]) {
    let image = SockaddrIn6(bytes: bytes)
    self.init(
      IPAddress(v6: image.sin6_addr), UInt16(bigEndian: image.sin6_port),
      scope: image.sin6_scope_id)
  }
}

extension IPAddress: CustomStringConvertible {
  /// The usual text: `127.0.0.1`, `::1`, `::ffff:10.0.0.1`.
  package var description: String { isV4 ? dotted : NetworkAddress.text(ofIPv6: v6Bytes) }

  private var dotted: String {
    [24, 16, 8, 0].map { String(v4 >> UInt32($0) & 0xff) }.joined(separator: ".")
  }
}

extension Endpoint: CustomStringConvertible {
  package var description: String { address.isV4 ? "\(address):\(port)" : "[\(address)]:\(port)" }
}
