import LinuxABI

/// A level of socket options, with the names of its options.
package enum SocketOptionLevel: UInt32, CaseIterable {
  case general = 1
  case ip = 0
  case ipv6 = 41
  case tcp = 6
  case udp = 17
  case netlink = 270

  init?(_ argument: UInt64) { self.init(rawValue: UInt32(truncatingIfNeeded: argument)) }

  package var name: String {
    switch self {
    case .general: "SOL_SOCKET"
    case .ip: "IPPROTO_IP"
    case .ipv6: "IPPROTO_IPV6"
    case .tcp: "IPPROTO_TCP"
    case .udp: "IPPROTO_UDP"
    case .netlink: "SOL_NETLINK"
    }
  }

  package func options() -> [FlagName] {
    switch self {
    case .general: Self.names(SocketOption.self)
    case .ip: Self.names(IPOption.self)
    case .ipv6: Self.names(IPv6Option.self)
    case .tcp: Self.names(TCPOption.self)
    case .udp: Self.names(UDPOption.self)
    case .netlink: Self.names(NetlinkOption.self)
    }
  }

  private static func names<O: CaseIterable & RawRepresentable<UInt32>>(_ type: O.Type)
    -> [FlagName]
  {
    type.allCases.map { FlagName(UInt64($0.rawValue), "\($0)") }
  }
}
