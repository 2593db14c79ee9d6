import LinuxABI

/// A network interface that the guest sees.
struct Interface {
  var index: Int32
  var name: String
  var flags: InterfaceFlags
  /// `ARPHRD_…` (`linux/if_arp.h`).
  var hardwareType: UInt16
  var hardwareAddress = [UInt8](repeating: 0, count: 6)
  var mtu: Int32
  var queueLength: Int32
  var addresses: [InterfaceAddress]
  /// The gateways to other networks, at most one of each family.
  var gateways: [IPAddress] = []

  static let loopback = Interface(
    index: 1, name: "lo", flags: [.IFF_UP, .IFF_LOOPBACK, .IFF_RUNNING, .IFF_LOWER_UP],
    hardwareType: 772, mtu: 65536, queueLength: 1000,
    addresses: [
      InterfaceAddress(address: .loopback4, prefix: 8),
      InterfaceAddress(address: .loopback6, prefix: 128),
    ])

  var isLoopback: Bool { flags.contains(.IFF_LOOPBACK) }
  var address4: InterfaceAddress? { addresses.first { $0.address.isV4 } }

  /// The gateway to other networks in the family of `address`, if there is one.
  func gateway(like address: IPAddress) -> IPAddress? {
    gateways.first { $0.isV4 == address.isV4 }
  }
}

struct InterfaceAddress {
  var address: IPAddress
  /// The length of the network prefix, in bits.
  var prefix: UInt8

  /// The address of the network; for IPv6, of one with a prefix of 64 bits.
  var network: IPAddress {
    address.isV4 ? IPAddress(v4: address.v4 & mask) : IPAddress(high: address.high, low: 0)
  }

  /// The broadcast address, for IPv4.
  var broadcast: IPAddress { IPAddress(v4: address.v4 | ~mask) }

  /// The netmask, for IPv4.
  var mask: UInt32 { prefix == 0 ? 0 : .max << UInt32(32 - prefix) }
}

extension Network {
  /// All interfaces, by number.
  var interfaces: [Interface] { [.loopback] + (outside.interface.map { [$0] } ?? []) }
}
