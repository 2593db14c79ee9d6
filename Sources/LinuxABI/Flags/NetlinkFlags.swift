/// Protocols of `netlink(7)` that mean something here.
package enum NetlinkProtocol: UInt32, Hashable, Sendable, CaseIterable {
  case NETLINK_ROUTE = 0
}

/// Types of netlink messages, of the protocol itself and of `rtnetlink(7)`.
package enum NetlinkMessageType: UInt16, Hashable, Sendable, CaseIterable {
  case NLMSG_NOOP = 1
  case NLMSG_ERROR = 2
  case NLMSG_DONE = 3
  case NLMSG_OVERRUN = 4
  case RTM_NEWLINK = 16
  case RTM_DELLINK = 17
  case RTM_GETLINK = 18
  case RTM_NEWADDR = 20
  case RTM_DELADDR = 21
  case RTM_GETADDR = 22
  case RTM_NEWROUTE = 24
  case RTM_DELROUTE = 25
  case RTM_GETROUTE = 26
  case RTM_GETNEIGH = 30
  case RTM_GETRULE = 34
}

/// Flags of netlink messages.
package struct NetlinkFlags: NamedFlags {
  package var rawValue: UInt16
  @inlinable package init(rawValue: UInt16) { self.rawValue = rawValue }

  package static let NLM_F_REQUEST = NetlinkFlags(rawValue: 0x1)
  package static let NLM_F_MULTI = NetlinkFlags(rawValue: 0x2)
  package static let NLM_F_ACK = NetlinkFlags(rawValue: 0x4)
  package static let NLM_F_ECHO = NetlinkFlags(rawValue: 0x8)
  package static let NLM_F_DUMP_INTR = NetlinkFlags(rawValue: 0x10)
  package static let NLM_F_ROOT = NetlinkFlags(rawValue: 0x100)
  package static let NLM_F_MATCH = NetlinkFlags(rawValue: 0x200)
  package static let NLM_F_ATOMIC = NetlinkFlags(rawValue: 0x400)

  package static let names: [(name: String, value: NetlinkFlags)] = [
    ("NLM_F_REQUEST", NLM_F_REQUEST),
    ("NLM_F_MULTI", NLM_F_MULTI),
    ("NLM_F_ACK", NLM_F_ACK),
    ("NLM_F_ECHO", NLM_F_ECHO),
    ("NLM_F_DUMP_INTR", NLM_F_DUMP_INTR),
    ("NLM_F_ROOT", NLM_F_ROOT),
    ("NLM_F_MATCH", NLM_F_MATCH),
    ("NLM_F_ATOMIC", NLM_F_ATOMIC),
  ]
}

/// Options at level `SOL_NETLINK` (`netlink(7)`).
package enum NetlinkOption: UInt32, Hashable, Sendable, CaseIterable {
  case NETLINK_ADD_MEMBERSHIP = 1
  case NETLINK_DROP_MEMBERSHIP = 2
  case NETLINK_PKTINFO = 3
  case NETLINK_BROADCAST_ERROR = 4
  case NETLINK_NO_ENOBUFS = 5
  case NETLINK_LISTEN_ALL_NSID = 8
  case NETLINK_LIST_MEMBERSHIPS = 9
  case NETLINK_CAP_ACK = 10
  case NETLINK_EXT_ACK = 11
  case NETLINK_GET_STRICT_CHK = 12
}

/// Attributes of a network interface in `rtnetlink(7)`.
package enum LinkAttribute: UInt16, Hashable, Sendable, CaseIterable {
  case IFLA_ADDRESS = 1
  case IFLA_BROADCAST = 2
  case IFLA_IFNAME = 3
  case IFLA_MTU = 4
  case IFLA_QDISC = 6
  case IFLA_STATS = 7
  case IFLA_TXQLEN = 13
  case IFLA_OPERSTATE = 16
  case IFLA_LINKMODE = 17
  case IFLA_STATS64 = 23
  case IFLA_GROUP = 27
  case IFLA_PROMISCUITY = 30
  case IFLA_NUM_TX_QUEUES = 31
  case IFLA_NUM_RX_QUEUES = 32
  case IFLA_CARRIER = 33
}

/// Attributes of an address of an interface.
package enum AddressAttribute: UInt16, Hashable, Sendable, CaseIterable {
  case IFA_ADDRESS = 1
  case IFA_LOCAL = 2
  case IFA_LABEL = 3
  case IFA_BROADCAST = 4
  case IFA_CACHEINFO = 6
  case IFA_FLAGS = 8
}

/// Attributes of a route.
package enum RouteAttribute: UInt16, Hashable, Sendable, CaseIterable {
  case RTA_DST = 1
  case RTA_OIF = 4
  case RTA_GATEWAY = 5
  case RTA_PRIORITY = 6
  case RTA_PREFSRC = 7
  case RTA_TABLE = 15
}

/// Flags of a network interface (`netdevice(7)`).
package struct InterfaceFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let IFF_UP = InterfaceFlags(rawValue: 0x1)
  package static let IFF_BROADCAST = InterfaceFlags(rawValue: 0x2)
  package static let IFF_LOOPBACK = InterfaceFlags(rawValue: 0x8)
  package static let IFF_POINTOPOINT = InterfaceFlags(rawValue: 0x10)
  package static let IFF_RUNNING = InterfaceFlags(rawValue: 0x40)
  package static let IFF_NOARP = InterfaceFlags(rawValue: 0x80)
  package static let IFF_PROMISC = InterfaceFlags(rawValue: 0x100)
  package static let IFF_ALLMULTI = InterfaceFlags(rawValue: 0x200)
  package static let IFF_MULTICAST = InterfaceFlags(rawValue: 0x1000)
  package static let IFF_LOWER_UP = InterfaceFlags(rawValue: 0x1_0000)

  package static let names: [(name: String, value: InterfaceFlags)] = [
    ("IFF_UP", IFF_UP),
    ("IFF_BROADCAST", IFF_BROADCAST),
    ("IFF_LOOPBACK", IFF_LOOPBACK),
    ("IFF_POINTOPOINT", IFF_POINTOPOINT),
    ("IFF_RUNNING", IFF_RUNNING),
    ("IFF_NOARP", IFF_NOARP),
    ("IFF_PROMISC", IFF_PROMISC),
    ("IFF_ALLMULTI", IFF_ALLMULTI),
    ("IFF_MULTICAST", IFF_MULTICAST),
    ("IFF_LOWER_UP", IFF_LOWER_UP),
  ]
}

/// Requests of `ioctl(2)` on sockets (`netdevice(7)`, `socket(7)`).
package enum SocketRequest: UInt32, Hashable, Sendable, CaseIterable {
  case SIOCATMARK = 0x8905
  case FIOSETOWN = 0x8901
  case FIOGETOWN = 0x8903
  case SIOCSPGRP = 0x8902
  case SIOCGPGRP = 0x8904
  case SIOCGIFNAME = 0x8910
  case SIOCGIFCONF = 0x8912
  case SIOCGIFFLAGS = 0x8913
  case SIOCSIFFLAGS = 0x8914
  case SIOCGIFADDR = 0x8915
  case SIOCSIFADDR = 0x8916
  case SIOCGIFDSTADDR = 0x8917
  case SIOCGIFBRDADDR = 0x8919
  case SIOCGIFNETMASK = 0x891b
  case SIOCSIFNETMASK = 0x891c
  case SIOCGIFMETRIC = 0x891d
  case SIOCGIFMTU = 0x8921
  case SIOCSIFMTU = 0x8922
  case SIOCGIFHWADDR = 0x8927
  case SIOCGIFINDEX = 0x8933
  case SIOCGIFTXQLEN = 0x8942
  case SIOCGIFMAP = 0x8970
  case SIOCETHTOOL = 0x8946
}
