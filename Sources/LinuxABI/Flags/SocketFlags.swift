/// Address families of `socket(2)` that mean something here.
package enum AddressFamily: UInt16, Hashable, Sendable, CaseIterable {
  case AF_UNSPEC = 0
  case AF_UNIX = 1
  case AF_INET = 2
  case AF_INET6 = 10
  case AF_NETLINK = 16
  case AF_PACKET = 17
}

/// What a socket carries: the low bits of the `type` of `socket(2)`.
package enum SocketType: UInt32, Hashable, Sendable, CaseIterable {
  case SOCK_STREAM = 1
  case SOCK_DGRAM = 2
  case SOCK_RAW = 3
  case SOCK_RDM = 4
  case SOCK_SEQPACKET = 5
}

/// The bits that may be or-ed to a type in `socket(2)`, and the flags of `accept4(2)`.
package struct SocketFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let SOCK_NONBLOCK = SocketFlags(rawValue: 0x800)
  package static let SOCK_CLOEXEC = SocketFlags(rawValue: 0x8_0000)

  package static let names: [(name: String, value: SocketFlags)] = [
    ("SOCK_NONBLOCK", SOCK_NONBLOCK),
    ("SOCK_CLOEXEC", SOCK_CLOEXEC),
  ]
}

/// The `how` of `shutdown(2)`.
package enum ShutdownHow: UInt32, Hashable, Sendable, CaseIterable {
  case SHUT_RD = 0
  case SHUT_WR = 1
  case SHUT_RDWR = 2
}

/// Flags of `send(2)` and `recv(2)`, and of `struct msghdr`.
package struct MessageFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let MSG_OOB = MessageFlags(rawValue: 0x1)
  package static let MSG_PEEK = MessageFlags(rawValue: 0x2)
  package static let MSG_DONTROUTE = MessageFlags(rawValue: 0x4)
  package static let MSG_CTRUNC = MessageFlags(rawValue: 0x8)
  package static let MSG_PROXY = MessageFlags(rawValue: 0x10)
  package static let MSG_TRUNC = MessageFlags(rawValue: 0x20)
  package static let MSG_DONTWAIT = MessageFlags(rawValue: 0x40)
  package static let MSG_EOR = MessageFlags(rawValue: 0x80)
  package static let MSG_WAITALL = MessageFlags(rawValue: 0x100)
  package static let MSG_FIN = MessageFlags(rawValue: 0x200)
  package static let MSG_SYN = MessageFlags(rawValue: 0x400)
  package static let MSG_CONFIRM = MessageFlags(rawValue: 0x800)
  package static let MSG_RST = MessageFlags(rawValue: 0x1000)
  package static let MSG_ERRQUEUE = MessageFlags(rawValue: 0x2000)
  package static let MSG_NOSIGNAL = MessageFlags(rawValue: 0x4000)
  package static let MSG_MORE = MessageFlags(rawValue: 0x8000)
  package static let MSG_WAITFORONE = MessageFlags(rawValue: 0x1_0000)
  package static let MSG_BATCH = MessageFlags(rawValue: 0x4_0000)
  package static let MSG_ZEROCOPY = MessageFlags(rawValue: 0x400_0000)
  package static let MSG_FASTOPEN = MessageFlags(rawValue: 0x2000_0000)
  package static let MSG_CMSG_CLOEXEC = MessageFlags(rawValue: 0x4000_0000)

  package static let names: [(name: String, value: MessageFlags)] = [
    ("MSG_OOB", MSG_OOB),
    ("MSG_PEEK", MSG_PEEK),
    ("MSG_DONTROUTE", MSG_DONTROUTE),
    ("MSG_CTRUNC", MSG_CTRUNC),
    ("MSG_PROXY", MSG_PROXY),
    ("MSG_TRUNC", MSG_TRUNC),
    ("MSG_DONTWAIT", MSG_DONTWAIT),
    ("MSG_EOR", MSG_EOR),
    ("MSG_WAITALL", MSG_WAITALL),
    ("MSG_FIN", MSG_FIN),
    ("MSG_SYN", MSG_SYN),
    ("MSG_CONFIRM", MSG_CONFIRM),
    ("MSG_RST", MSG_RST),
    ("MSG_ERRQUEUE", MSG_ERRQUEUE),
    ("MSG_NOSIGNAL", MSG_NOSIGNAL),
    ("MSG_MORE", MSG_MORE),
    ("MSG_WAITFORONE", MSG_WAITFORONE),
    ("MSG_BATCH", MSG_BATCH),
    ("MSG_ZEROCOPY", MSG_ZEROCOPY),
    ("MSG_FASTOPEN", MSG_FASTOPEN),
    ("MSG_CMSG_CLOEXEC", MSG_CMSG_CLOEXEC),
  ]
}
