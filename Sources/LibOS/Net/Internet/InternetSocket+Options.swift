import LinuxABI

// Options at the levels of IP, IPv6, TCP and UDP (ip(7), ipv6(7), tcp(7), udp(7)).
extension InternetSocket {
  /// Of the interfaces, whose numbers are in the network's order here, there is the first.
  private static let unicastInterface = NumberRule.among([0, 1 << 24], orElse: .EADDRNOTAVAIL)

  /// What no connection takes.
  private static let ofDatagrams: [OptionKey: Errno] = [
    OptionKey(.IP_MULTICAST_TTL): .EINVAL, OptionKey(.IP_MULTICAST_IF): .EINVAL,
    OptionKey(.IP_RECVFRAGSIZE): .EINVAL, OptionKey(.IP_ADD_MEMBERSHIP): .EPROTO,
    OptionKey(.IP_DROP_MEMBERSHIP): .EPROTO, OptionKey(.IPV6_MULTICAST_HOPS): .ENOPROTOOPT,
    OptionKey(.IPV6_MULTICAST_IF): .ENOPROTOOPT,
  ]

  private static let ip: [IPOption: NumberRule] = [
    .IP_TOS: .byte(0), .IP_TTL: .rangeOrDefault(1...255, 64),
    .IP_ROUTER_ALERT: .fixed(0, orElse: .EINVAL), .IP_HDRINCL: .fixed(0), .IP_RECVOPTS: .toggle(),
    .IP_RETOPTS: .toggle(),
    .IP_PKTINFO: .toggle(), .IP_MTU_DISCOVER: .range(0...5, 1), .IP_RECVERR: .toggle(),
    .IP_RECVTTL: .toggle(), .IP_RECVTOS: .toggle(), .IP_FREEBIND: .toggle(),
    .IP_TRANSPARENT: .toggle(), .IP_RECVORIGDSTADDR: .toggle(), .IP_MINTTL: .range(0...255, 0),
    .IP_NODEFRAG: .fixed(0), .IP_CHECKSUM: .toggle(), .IP_BIND_ADDRESS_NO_PORT: .toggle(),
    .IP_RECVFRAGSIZE: .toggle(), .IP_RECVERR_RFC4884: .range(0...1, 0),
    .IP_MULTICAST_TTL: .rangeOrDefault(0...255, 1), .IP_MULTICAST_LOOP: .toggle(1),
    .IP_MULTICAST_ALL: .range(0...1, 1), .IP_UNICAST_IF: unicastInterface,
  ]

  private static let ipv6: [IPv6Option: NumberRule] = [
    .IPV6_UNICAST_HOPS: .rangeOrDefault(0...255, 64),
    .IPV6_MULTICAST_HOPS: .rangeOrDefault(0...255, 1), .IPV6_MULTICAST_LOOP: .range(0...1, 1),
    .IPV6_MULTICAST_IF: .among([0, 1], orElse: .ENODEV), .IPV6_MULTICAST_ALL: .toggle(1),
    .IPV6_MTU_DISCOVER: .range(0...5, 1), .IPV6_RECVERR: .toggle(), .IPV6_V6ONLY: .toggle(),
    .IPV6_RECVERR_RFC4884: .range(0...1, 0), .IPV6_RECVPKTINFO: .toggle(),
    .IPV6_RECVHOPLIMIT: .toggle(),
    .IPV6_RECVHOPOPTS: .toggle(), .IPV6_RECVRTHDR: .toggle(), .IPV6_RECVDSTOPTS: .toggle(),
    .IPV6_RECVPATHMTU: .toggle(), .IPV6_DONTFRAG: .toggle(), .IPV6_RECVTCLASS: .toggle(),
    .IPV6_TCLASS: .rangeOrDefault(0...255, 0), .IPV6_AUTOFLOWLABEL: .toggle(1),
    .IPV6_ADDR_PREFERENCES: .range(0...0x77, 0), .IPV6_MINHOPCOUNT: .range(0...255, 0),
    .IPV6_TRANSPARENT: .toggle(), .IPV6_UNICAST_IF: unicastInterface,
    .IPV6_RECVFRAGSIZE: .toggle(), .IPV6_FREEBIND: .toggle(),
  ]

  private static let tcp: [TCPOption: NumberRule] = [
    .TCP_NODELAY: .toggle(), .TCP_MAXSEG: .rangeOrDefault(88...32767, 536, unset: 0),
    .TCP_CORK: .toggle(),
    .TCP_KEEPIDLE: .range(1...32767, 7200), .TCP_KEEPINTVL: .range(1...32767, 75),
    .TCP_KEEPCNT: .range(1...127, 9), .TCP_SYNCNT: .range(1...127, 6),
    .TCP_LINGER2: .clamped(-1...120, 60), .TCP_DEFER_ACCEPT: .range(0...Int32.max, 0),
    .TCP_WINDOW_CLAMP: .clamped(1152...Int32.max, 0), .TCP_QUICKACK: .toggle(1),
    .TCP_THIN_LINEAR_TIMEOUTS: .range(0...1, 0), .TCP_THIN_DUPACK: .ignored(0...1),
    .TCP_USER_TIMEOUT: .range(0...Int32.max, 0), .TCP_FASTOPEN: .range(0...Int32.max, 0),
    .TCP_TIMESTAMP: .fixed(0, orElse: .EPERM), .TCP_SAVE_SYN: .range(0...2, 0),
    .TCP_NOTSENT_LOWAT: .range(Int32.min...Int32.max, 0),
    .TCP_FASTOPEN_CONNECT: .range(0...1, 0), .TCP_FASTOPEN_NO_COOKIE: .range(0...1, 0),
    .TCP_INQ: .range(0...1, 0), .TCP_TX_DELAY: .range(0...Int32.max, 0),
  ]

  private static let udp: [UDPOption: NumberRule] = [
    .UDP_CORK: .toggle(), .UDP_NO_CHECK6_TX: .toggle(), .UDP_NO_CHECK6_RX: .toggle(),
    .UDP_ENCAP: .range(0...0, 0), .UDP_SEGMENT: .range(0...65535, 0), .UDP_GRO: .toggle(),
  ]

  /// How much of a datagram UDP-Lite's checksum covers (`UDPLITE_SEND_CSCOV`, `UDPLITE_RECV_CSCOV`).
  private static let udpLiteCoverage: ClosedRange<UInt32> = 10...11

  private static let congestionControl = OptionKey(.TCP_CONGESTION)
  private static let congestionNames = ["cubic", "reno"]

  /// The behaviour of the numeric option `name` of a level; nil if the option is not numeric. EOPNOTSUPP and
  /// ENOPROTOOPT for unknown levels and names.
  private func rule(_ level: UInt32, _ name: UInt32) throws(Errno) -> NumberRule? {
    switch InternetProtocol(rawValue: level) {
    case .IPPROTO_IP:
      guard let option = IPOption(rawValue: name) else { throw .ENOPROTOOPT }
      return Self.ip[option]
    case .IPPROTO_IPV6 where family == .AF_INET6:
      guard let option = IPv6Option(rawValue: name) else { throw .ENOPROTOOPT }
      return Self.ipv6[option]
    case .IPPROTO_TCP where self is TCPSocket:
      guard let option = TCPOption(rawValue: name) else { throw .ENOPROTOOPT }
      return Self.tcp[option]
    case .IPPROTO_UDP where protocolNumber == level:
      guard let option = UDPOption(rawValue: name), let rule = Self.udp[option] else {
        throw .ENOPROTOOPT
      }
      return rule
    case .IPPROTO_UDPLITE where protocolNumber == level:
      if Self.udpLiteCoverage.contains(name) { return .range(0...Int32.max, 0) }
      return Self.udp[.UDP_CORK]
    default: throw .EOPNOTSUPP
    }
  }

  /// Whether the values of a snapshot are valid results of setsockopt(2).
  var acceptsSettings: Bool {
    settings.numbers.allSatisfy { key, value in
      if key == Self.congestionControl { return Self.congestionNames.indices.contains(Int(value)) }
      guard let rule = try? rule(key.level, key.name) else { return true }
      return (try? rule.accept(value)) == value
    }
  }

  // MARK: Getting

  func internetOption(_ level: UInt32, _ name: UInt32, length: Int) throws(Errno) -> [UInt8] {
    if let rule = try rule(level, name) {
      let key = OptionKey(level, name)
      // Sockets of IPv6 do not have this set for IPv4.
      let initial = family == .AF_INET6 && key == OptionKey(.IP_MULTICAST_ALL) ? 0 : rule.initial
      let value = settings.numbers[key] ?? initial
      // Old programs read these as one byte.
      if level == InternetProtocol.IPPROTO_IP.rawValue, length > 0, length < 4,
        (0...255).contains(value)
      {
        return [UInt8(value)]
      }
      return Self.bytes(value)
    }
    switch InternetProtocol(rawValue: level) {
    case .IPPROTO_IP: return try ipOption(IPOption(rawValue: name)!)
    case .IPPROTO_IPV6: return try ipv6Option(IPv6Option(rawValue: name)!)
    default: return try tcpOption(TCPOption(rawValue: name)!)
    }
  }

  private func ipOption(_ option: IPOption) throws(Errno) -> [UInt8] {
    switch option {
    case .IP_OPTIONS: return []
    case .IP_MTU:
      guard remote != nil else { throw .ENOTCONN }
      return Self.bytes(Interface.loopback.mtu)
    case .IP_MULTICAST_IF:
      let address = settings.numbers[OptionKey(option)] ?? 0
      return Self.bytes(UInt32(bitPattern: address).bigEndian)
    default: throw .ENOPROTOOPT
    }
  }

  private func ipv6Option(_ option: IPv6Option) throws(Errno) -> [UInt8] {
    switch option {
    case .IPV6_ADDRFORM:
      guard remote != nil else { throw .ENOTCONN }
      return Self.bytes(Int32(family.rawValue))
    case .IPV6_MTU:
      guard remote != nil else { throw .ENOTCONN }
      return Self.bytes(Interface.loopback.mtu)
    default: throw .ENOPROTOOPT
    }
  }

  private func tcpOption(_ option: TCPOption) throws(Errno) -> [UInt8] {
    switch option {
    case .TCP_CONGESTION:
      let name = Self.congestionNames[Int(settings.numbers[Self.congestionControl] ?? 0)]
      return Array(name.utf8) + [UInt8](repeating: 0, count: 16 - name.utf8.count)
    case .TCP_INFO: return (self as! TCPSocket).information
    case .TCP_ULP: return []
    default: throw .ENOPROTOOPT
    }
  }

  // MARK: Setting

  func setInternetOption(_ level: UInt32, _ name: UInt32, _ value: [UInt8]) throws(Errno) {
    if self is TCPSocket, level == InternetProtocol.IPPROTO_TCP.rawValue, value.count < 4 {
      let option = TCPOption(rawValue: name)
      guard option == .TCP_CONGESTION || option == .TCP_ULP else { throw .EINVAL }
    }
    let rule: NumberRule?
    do throws(Errno) { rule = try self.rule(level, name) } catch {
      throw error == .EOPNOTSUPP ? .ENOPROTOOPT : error
    }
    let isIP = level == InternetProtocol.IPPROTO_IP.rawValue
    let key = OptionKey(level, name)
    if self is TCPSocket, let error = Self.ofDatagrams[key] { throw error }
    guard let rule else { return try setSpecial(level, name, value) }
    // What is too short is a byte or 0, or 0 in any case.
    let isShort = value.count < 4
    guard !isShort || isIP || Self.acceptingShort.contains(key) else { throw .EINVAL }
    var reader = ByteReader(value)
    let number: Int32 = isShort ? (isIP ? Int32(value.first ?? 0) : 0) : reader.read()
    // This can no longer be changed once the socket is bound.
    if key == OptionKey(.IPV6_V6ONLY), isEntered { throw .EINVAL }
    let accepted = try rule.accept(number)
    // The lowest bits are a connection's own, for news of congestion.
    let isClass = key == OptionKey(.IP_TOS) || key == OptionKey(.IPV6_TCLASS)
    settings.numbers[key] = isClass && self is TCPSocket ? accepted & ~3 : accepted
  }

  private static let acceptingShort: Set<OptionKey> = [
    OptionKey(.IPV6_DONTFRAG), OptionKey(.IPV6_AUTOFLOWLABEL),
  ]

  private func setSpecial(_ level: UInt32, _ name: UInt32, _ value: [UInt8]) throws(Errno) {
    switch InternetProtocol(rawValue: level) {
    case .IPPROTO_IP: try setIPOption(IPOption(rawValue: name)!, value)
    case .IPPROTO_IPV6: try setIPv6Option(IPv6Option(rawValue: name)!, value)
    default:
      // No other protocol lies above.
      if TCPOption(rawValue: name) == .TCP_ULP { throw .ENOENT }
      guard TCPOption(rawValue: name) == .TCP_CONGESTION else { throw .ENOPROTOOPT }
      let wanted = String(decoding: value.prefix(15).prefix { $0 != 0 }, as: UTF8.self)
      guard let index = Self.congestionNames.firstIndex(of: wanted) else { throw .ENOENT }
      settings.numbers[Self.congestionControl] = Int32(index)
    }
  }

  private func setIPOption(_ option: IPOption, _ value: [UInt8]) throws(Errno) {
    switch option {
    case .IP_OPTIONS where value.isEmpty: break
    case .IP_MULTICAST_IF:
      // Either an address, or a structure with the number of an interface.
      guard value.count >= 4 else { throw .EINVAL }
      var reader = ByteReader(value, at: value.count >= 8 ? 4 : 0)
      let address = IPAddress(v4: UInt32(bigEndian: reader.read()))
      guard network.isLocal(address) else { throw .EADDRNOTAVAIL }
      settings.numbers[OptionKey(option)] = Int32(bitPattern: address.v4)
    case .IP_ADD_MEMBERSHIP, .IP_DROP_MEMBERSHIP:
      guard value.count >= 8 else { throw .EINVAL }
      let request = IPMreqn(bytes: value)
      guard request.imr_ifindex <= 1,
        network.isLocal(IPAddress(v4: UInt32(bigEndian: request.imr_address)))
      else { throw .ENODEV }
      try change(
        IPAddress(v4: UInt32(bigEndian: request.imr_multiaddr)),
        isJoining: option == .IP_ADD_MEMBERSHIP)
    case .MCAST_JOIN_GROUP, .MCAST_LEAVE_GROUP:
      try changeGroup(value, isJoining: option == .MCAST_JOIN_GROUP)
    default: throw .ENOPROTOOPT
    }
  }

  /// What a `struct group_req` asks for: the number of an interface, and a socket address.
  private func changeGroup(_ value: [UInt8], isJoining: Bool) throws(Errno) {
    guard value.count >= 136 else { throw .EINVAL }
    var reader = ByteReader(value)
    let interface: UInt32 = reader.read()
    let group = try endpoint(Array(value[8...]))
    guard interface <= 1 else { throw .ENODEV }
    try change(group.address, isJoining: isJoining)
  }

  /// Makes an IPv6 socket that is connected to an IPv4 address one of IPv4 (`IPV6_ADDRFORM` in ipv6(7)).
  private func becomeIPv4(_ value: [UInt8]) throws(Errno) {
    guard value.count >= 4 else { throw .EINVAL }
    var reader = ByteReader(value)
    guard reader.read() == Int32(AddressFamily.AF_INET.rawValue) else { throw .EINVAL }
    guard let remote, (self as? TCPSocket)?.state ?? .connected == .connected else {
      throw .ENOTCONN
    }
    guard !isV6Only, remote.address.isV4 else { throw .EADDRNOTAVAIL }
    family = .AF_INET
  }

  private func setIPv6Option(_ option: IPv6Option, _ value: [UInt8]) throws(Errno) {
    switch option {
    case .IPV6_ADD_MEMBERSHIP, .IPV6_DROP_MEMBERSHIP:
      guard value.count >= IPv6Mreq.byteCount else { throw .EINVAL }
      let request = IPv6Mreq(bytes: value)
      guard (0...1).contains(request.ipv6mr_interface) else { throw .ENODEV }
      try change(
        IPAddress(v6: request.ipv6mr_multiaddr), isJoining: option == .IPV6_ADD_MEMBERSHIP)
    case .MCAST_JOIN_GROUP, .MCAST_LEAVE_GROUP:
      try changeGroup(value, isJoining: option == .MCAST_JOIN_GROUP)
    case .IPV6_ADDRFORM: try becomeIPv4(value)
    default: throw .ENOPROTOOPT
    }
  }

  /// Joins or leaves a group: EINVAL, EADDRINUSE, EADDRNOTAVAIL.
  private func change(_ group: IPAddress, isJoining: Bool) throws(Errno) {
    guard group.isMulticast, let socket = self as? UDPSocket else { throw .EINVAL }
    if isJoining {
      guard socket.groups.insert(group).inserted else { throw .EADDRINUSE }
    } else {
      guard socket.groups.remove(group) != nil else { throw .EADDRNOTAVAIL }
    }
  }
}

extension TCPSocket {
  /// The image of a `struct tcp_info` (`linux/tcp.h`), as far as a connection without packets can fill it in.
  var information: [UInt8] {
    var writer = ByteWriter(capacity: 104)
    writer.write(protocolState.rawValue)
    writer.zero(7)
    let segment: UInt32 = 32768
    // Retransmission timeout and delayed acknowledgements in microseconds, then segment sizes.
    for value: UInt32 in [200_000, 40_000, segment, segment] { writer.write(value) }
    writer.write(isListening ? UInt32(waiting.count) : 0)
    writer.write(isListening ? UInt32(backlog) : 0)
    writer.zero(104 - writer.bytes.count)
    return writer.bytes
  }
}
