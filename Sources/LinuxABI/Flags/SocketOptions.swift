/// Protocols over IP (`ip(7)`), which are also the levels of their options.
package enum InternetProtocol: UInt32, Hashable, Sendable, CaseIterable {
  case IPPROTO_IP = 0
  case IPPROTO_ICMP = 1
  case IPPROTO_TCP = 6
  case IPPROTO_UDP = 17
  case IPPROTO_IPV6 = 41
  case IPPROTO_ICMPV6 = 58
  case IPPROTO_UDPLITE = 136
  case IPPROTO_RAW = 255
}

/// Levels of socket options and control messages beside the protocols.
package enum SocketLevel: UInt32, Hashable, Sendable, CaseIterable {
  case SOL_SOCKET = 1
  case SOL_NETLINK = 270
}

/// Options at level `SOL_SOCKET` (`socket(7)`, `asm-generic/socket.h`).
package enum SocketOption: UInt32, Hashable, Sendable, CaseIterable {
  case SO_DEBUG = 1
  case SO_REUSEADDR = 2
  case SO_TYPE = 3
  case SO_ERROR = 4
  case SO_DONTROUTE = 5
  case SO_BROADCAST = 6
  case SO_SNDBUF = 7
  case SO_RCVBUF = 8
  case SO_KEEPALIVE = 9
  case SO_OOBINLINE = 10
  case SO_NO_CHECK = 11
  case SO_PRIORITY = 12
  case SO_LINGER = 13
  case SO_BSDCOMPAT = 14
  case SO_REUSEPORT = 15
  case SO_PASSCRED = 16
  case SO_PEERCRED = 17
  case SO_RCVLOWAT = 18
  case SO_SNDLOWAT = 19
  case SO_RCVTIMEO = 20
  case SO_SNDTIMEO = 21
  case SO_BINDTODEVICE = 25
  case SO_ATTACH_FILTER = 26
  case SO_DETACH_FILTER = 27
  case SO_PEERNAME = 28
  case SO_TIMESTAMP = 29
  case SO_ACCEPTCONN = 30
  case SO_PEERSEC = 31
  case SO_SNDBUFFORCE = 32
  case SO_RCVBUFFORCE = 33
  case SO_PASSSEC = 34
  case SO_TIMESTAMPNS = 35
  case SO_MARK = 36
  case SO_TIMESTAMPING = 37
  case SO_PROTOCOL = 38
  case SO_DOMAIN = 39
  case SO_RXQ_OVFL = 40
  case SO_WIFI_STATUS = 41
  case SO_PEEK_OFF = 42
  case SO_NOFCS = 43
  case SO_LOCK_FILTER = 44
  case SO_SELECT_ERR_QUEUE = 45
  case SO_BUSY_POLL = 46
  case SO_MAX_PACING_RATE = 47
  case SO_BPF_EXTENSIONS = 48
  case SO_INCOMING_CPU = 49
  case SO_ATTACH_BPF = 50
  case SO_CNX_ADVICE = 53
  case SO_MEMINFO = 55
  case SO_INCOMING_NAPI_ID = 56
  case SO_COOKIE = 57
  case SO_PEERGROUPS = 59
  case SO_ZEROCOPY = 60
  case SO_TXTIME = 61
  case SO_BINDTOIFINDEX = 62
  case SO_RCVTIMEO_NEW = 66
  case SO_SNDTIMEO_NEW = 67
  case SO_PREFER_BUSY_POLL = 69
  case SO_BUSY_POLL_BUDGET = 70
  case SO_NETNS_COOKIE = 71
  case SO_BUF_LOCK = 72
  case SO_RESERVE_MEM = 73
}

/// Options at level `IPPROTO_IP` (`ip(7)`).
package enum IPOption: UInt32, Hashable, Sendable, CaseIterable {
  case IP_TOS = 1
  case IP_TTL = 2
  case IP_HDRINCL = 3
  case IP_OPTIONS = 4
  case IP_ROUTER_ALERT = 5
  case IP_RECVOPTS = 6
  case IP_RETOPTS = 7
  case IP_PKTINFO = 8
  case IP_MTU_DISCOVER = 10
  case IP_RECVERR = 11
  case IP_RECVTTL = 12
  case IP_RECVTOS = 13
  case IP_MTU = 14
  case IP_FREEBIND = 15
  case IP_TRANSPARENT = 19
  case IP_RECVORIGDSTADDR = 20
  case IP_MINTTL = 21
  case IP_NODEFRAG = 22
  case IP_CHECKSUM = 23
  case IP_BIND_ADDRESS_NO_PORT = 24
  case IP_RECVFRAGSIZE = 25
  case IP_RECVERR_RFC4884 = 26
  case IP_MULTICAST_IF = 32
  case IP_MULTICAST_TTL = 33
  case IP_MULTICAST_LOOP = 34
  case IP_ADD_MEMBERSHIP = 35
  case IP_DROP_MEMBERSHIP = 36
  case MCAST_JOIN_GROUP = 42
  case MCAST_LEAVE_GROUP = 45
  case IP_MULTICAST_ALL = 49
  case IP_UNICAST_IF = 50
}

/// Options at level `IPPROTO_IPV6` (`ipv6(7)`).
package enum IPv6Option: UInt32, Hashable, Sendable, CaseIterable {
  case IPV6_ADDRFORM = 1
  case IPV6_UNICAST_HOPS = 16
  case IPV6_MULTICAST_IF = 17
  case IPV6_MULTICAST_HOPS = 18
  case IPV6_MULTICAST_LOOP = 19
  case IPV6_ADD_MEMBERSHIP = 20
  case IPV6_DROP_MEMBERSHIP = 21
  case IPV6_MTU_DISCOVER = 23
  case IPV6_MTU = 24
  case IPV6_RECVERR = 25
  case IPV6_V6ONLY = 26
  case IPV6_MULTICAST_ALL = 29
  case IPV6_RECVERR_RFC4884 = 31
  case MCAST_JOIN_GROUP = 42
  case MCAST_LEAVE_GROUP = 45
  case IPV6_RECVPKTINFO = 49
  case IPV6_PKTINFO = 50
  case IPV6_RECVHOPLIMIT = 51
  case IPV6_HOPLIMIT = 52
  case IPV6_RECVHOPOPTS = 53
  case IPV6_RECVRTHDR = 56
  case IPV6_RECVDSTOPTS = 58
  case IPV6_RECVPATHMTU = 60
  case IPV6_DONTFRAG = 62
  case IPV6_RECVTCLASS = 66
  case IPV6_TCLASS = 67
  case IPV6_AUTOFLOWLABEL = 70
  case IPV6_ADDR_PREFERENCES = 72
  case IPV6_MINHOPCOUNT = 73
  case IPV6_TRANSPARENT = 75
  case IPV6_UNICAST_IF = 76
  case IPV6_RECVFRAGSIZE = 77
  case IPV6_FREEBIND = 78
}

/// Options at level `IPPROTO_TCP` (`tcp(7)`).
package enum TCPOption: UInt32, Hashable, Sendable, CaseIterable {
  case TCP_NODELAY = 1
  case TCP_MAXSEG = 2
  case TCP_CORK = 3
  case TCP_KEEPIDLE = 4
  case TCP_KEEPINTVL = 5
  case TCP_KEEPCNT = 6
  case TCP_SYNCNT = 7
  case TCP_LINGER2 = 8
  case TCP_DEFER_ACCEPT = 9
  case TCP_WINDOW_CLAMP = 10
  case TCP_INFO = 11
  case TCP_QUICKACK = 12
  case TCP_CONGESTION = 13
  case TCP_THIN_LINEAR_TIMEOUTS = 16
  case TCP_THIN_DUPACK = 17
  case TCP_USER_TIMEOUT = 18
  case TCP_FASTOPEN = 23
  case TCP_TIMESTAMP = 24
  case TCP_NOTSENT_LOWAT = 25
  case TCP_SAVE_SYN = 27
  case TCP_FASTOPEN_CONNECT = 30
  case TCP_ULP = 31
  case TCP_FASTOPEN_NO_COOKIE = 34
  case TCP_INQ = 36
  case TCP_TX_DELAY = 37
}

/// Options at level `IPPROTO_UDP` (`udp(7)`), and those of UDP-Lite.
package enum UDPOption: UInt32, Hashable, Sendable, CaseIterable {
  case UDP_CORK = 1
  case UDP_ENCAP = 100
  case UDP_NO_CHECK6_TX = 101
  case UDP_NO_CHECK6_RX = 102
  case UDP_SEGMENT = 103
  case UDP_GRO = 104
}

/// Types of control messages at level `SOL_SOCKET` (`unix(7)`).
package enum ControlMessageType: UInt32, Hashable, Sendable, CaseIterable {
  case SCM_RIGHTS = 1
  case SCM_CREDENTIALS = 2
}
