// The sockets' structures, in the manner of StructTests.swift.

import LinuxABI

extension StructTests {
  static let socketLayouts: [Layout] = [
    .init(
      SockaddrIn.self, "struct sockaddr_in",
      [
        ("sin_family", 0, 2, { UInt64(truncatingIfNeeded: $0.sin_family) }),
        ("sin_port", 2, 2, { UInt64(truncatingIfNeeded: $0.sin_port) }),
        ("sin_addr", 4, 4, { UInt64(truncatingIfNeeded: $0.sin_addr) }),
      ]),
    .init(
      SockaddrIn6.self, "struct sockaddr_in6",
      [
        ("sin6_family", 0, 2, { UInt64(truncatingIfNeeded: $0.sin6_family) }),
        ("sin6_port", 2, 2, { UInt64(truncatingIfNeeded: $0.sin6_port) }),
        ("sin6_flowinfo", 4, 4, { UInt64(truncatingIfNeeded: $0.sin6_flowinfo) }),
        ("sin6_addr", 8, 16, nil),
        ("sin6_scope_id", 24, 4, { UInt64(truncatingIfNeeded: $0.sin6_scope_id) }),
      ]),
    .init(
      SockaddrNl.self, "struct sockaddr_nl",
      [
        ("nl_family", 0, 2, { UInt64(truncatingIfNeeded: $0.nl_family) }),
        ("nl_pid", 4, 4, { UInt64(truncatingIfNeeded: $0.nl_pid) }),
        ("nl_groups", 8, 4, { UInt64(truncatingIfNeeded: $0.nl_groups) }),
      ]),
    .init(
      InPktinfo.self, "struct in_pktinfo",
      [
        ("ipi_ifindex", 0, 4, { UInt64(truncatingIfNeeded: $0.ipi_ifindex) }),
        ("ipi_spec_dst", 4, 4, { UInt64(truncatingIfNeeded: $0.ipi_spec_dst) }),
        ("ipi_addr", 8, 4, { UInt64(truncatingIfNeeded: $0.ipi_addr) }),
      ]),
    .init(
      In6Pktinfo.self, "struct in6_pktinfo",
      [
        ("ipi6_addr", 0, 16, nil),
        ("ipi6_ifindex", 16, 4, { UInt64(truncatingIfNeeded: $0.ipi6_ifindex) }),
      ]),
    .init(
      IPMreqn.self, "struct ip_mreqn",
      [
        ("imr_multiaddr", 0, 4, { UInt64(truncatingIfNeeded: $0.imr_multiaddr) }),
        ("imr_address", 4, 4, { UInt64(truncatingIfNeeded: $0.imr_address) }),
        ("imr_ifindex", 8, 4, { UInt64(truncatingIfNeeded: $0.imr_ifindex) }),
      ]),
    .init(
      IPv6Mreq.self, "struct ipv6_mreq",
      [
        ("ipv6mr_multiaddr", 0, 16, nil),
        ("ipv6mr_interface", 16, 4, { UInt64(truncatingIfNeeded: $0.ipv6mr_interface) }),
      ]),
    .init(
      Msghdr.self, "struct msghdr",
      [
        ("msg_name", 0, 8, { UInt64(truncatingIfNeeded: $0.msg_name) }),
        ("msg_namelen", 8, 4, { UInt64(truncatingIfNeeded: $0.msg_namelen) }),
        ("msg_iov", 16, 8, { UInt64(truncatingIfNeeded: $0.msg_iov) }),
        ("msg_iovlen", 24, 8, { UInt64(truncatingIfNeeded: $0.msg_iovlen) }),
        ("msg_control", 32, 8, { UInt64(truncatingIfNeeded: $0.msg_control) }),
        ("msg_controllen", 40, 8, { UInt64(truncatingIfNeeded: $0.msg_controllen) }),
        ("msg_flags", 48, 4, { UInt64(truncatingIfNeeded: $0.msg_flags) }),
      ]),
    .init(
      Cmsghdr.self, "struct cmsghdr",
      [
        ("cmsg_len", 0, 8, { UInt64(truncatingIfNeeded: $0.cmsg_len) }),
        ("cmsg_level", 8, 4, { UInt64(truncatingIfNeeded: $0.cmsg_level) }),
        ("cmsg_type", 12, 4, { UInt64(truncatingIfNeeded: $0.cmsg_type) }),
      ]),
    .init(
      Ucred.self, "struct ucred",
      [
        ("pid", 0, 4, { UInt64(truncatingIfNeeded: $0.pid) }),
        ("uid", 4, 4, { UInt64(truncatingIfNeeded: $0.uid) }),
        ("gid", 8, 4, { UInt64(truncatingIfNeeded: $0.gid) }),
      ]),
    .init(
      Linger.self, "struct linger",
      [
        ("l_onoff", 0, 4, { UInt64(truncatingIfNeeded: $0.l_onoff) }),
        ("l_linger", 4, 4, { UInt64(truncatingIfNeeded: $0.l_linger) }),
      ]),
    .init(
      Nlmsghdr.self, "struct nlmsghdr",
      [
        ("nlmsg_len", 0, 4, { UInt64(truncatingIfNeeded: $0.nlmsg_len) }),
        ("nlmsg_type", 4, 2, { UInt64(truncatingIfNeeded: $0.nlmsg_type) }),
        ("nlmsg_flags", 6, 2, { UInt64(truncatingIfNeeded: $0.nlmsg_flags) }),
        ("nlmsg_seq", 8, 4, { UInt64(truncatingIfNeeded: $0.nlmsg_seq) }),
        ("nlmsg_pid", 12, 4, { UInt64(truncatingIfNeeded: $0.nlmsg_pid) }),
      ]),
    .init(
      Ifinfomsg.self, "struct ifinfomsg",
      [
        ("ifi_family", 0, 1, { UInt64(truncatingIfNeeded: $0.ifi_family) }),
        ("ifi_type", 2, 2, { UInt64(truncatingIfNeeded: $0.ifi_type) }),
        ("ifi_index", 4, 4, { UInt64(truncatingIfNeeded: $0.ifi_index) }),
        ("ifi_flags", 8, 4, { UInt64(truncatingIfNeeded: $0.ifi_flags) }),
        ("ifi_change", 12, 4, { UInt64(truncatingIfNeeded: $0.ifi_change) }),
      ]),
    .init(
      Ifaddrmsg.self, "struct ifaddrmsg",
      [
        ("ifa_family", 0, 1, { UInt64(truncatingIfNeeded: $0.ifa_family) }),
        ("ifa_prefixlen", 1, 1, { UInt64(truncatingIfNeeded: $0.ifa_prefixlen) }),
        ("ifa_flags", 2, 1, { UInt64(truncatingIfNeeded: $0.ifa_flags) }),
        ("ifa_scope", 3, 1, { UInt64(truncatingIfNeeded: $0.ifa_scope) }),
        ("ifa_index", 4, 4, { UInt64(truncatingIfNeeded: $0.ifa_index) }),
      ]),
    .init(
      Rtmsg.self, "struct rtmsg",
      [
        ("rtm_family", 0, 1, { UInt64(truncatingIfNeeded: $0.rtm_family) }),
        ("rtm_dst_len", 1, 1, { UInt64(truncatingIfNeeded: $0.rtm_dst_len) }),
        ("rtm_src_len", 2, 1, { UInt64(truncatingIfNeeded: $0.rtm_src_len) }),
        ("rtm_tos", 3, 1, { UInt64(truncatingIfNeeded: $0.rtm_tos) }),
        ("rtm_table", 4, 1, { UInt64(truncatingIfNeeded: $0.rtm_table) }),
        ("rtm_protocol", 5, 1, { UInt64(truncatingIfNeeded: $0.rtm_protocol) }),
        ("rtm_scope", 6, 1, { UInt64(truncatingIfNeeded: $0.rtm_scope) }),
        ("rtm_type", 7, 1, { UInt64(truncatingIfNeeded: $0.rtm_type) }),
        ("rtm_flags", 8, 4, { UInt64(truncatingIfNeeded: $0.rtm_flags) }),
      ]),
  ]
}
