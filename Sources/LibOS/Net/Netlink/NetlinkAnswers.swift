import LinuxABI

/// The kernel's answers to `rtnetlink(7)` requests: the links, addresses and routes of the guest's network,
/// which cannot be changed.
struct NetlinkAnswers {
  private let network: Network
  /// The port ID of the requesting socket.
  private let port: UInt32

  init(_ network: Network, port: UInt32) {
    self.network = network
    self.port = port
  }

  private typealias Kind = NetlinkMessageType

  /// The datagrams that answer the requests in `bytes`.
  func answers(to bytes: [UInt8]) -> [[UInt8]] {
    var answers: [[UInt8]] = []
    var offset = 0
    while bytes.count - offset >= Nlmsghdr.byteCount {
      let request = Nlmsghdr(bytes: Array(bytes[offset..<(offset + Nlmsghdr.byteCount)]))
      let length = Int(request.nlmsg_len)
      guard length >= Nlmsghdr.byteCount, length <= bytes.count - offset else { break }
      let whole = Array(bytes[offset..<(offset + length)])
      answers += answer(request, whole)
      offset += (length + 3) & ~3
    }
    return answers
  }

  /// `RTM_MAX`.
  private static let lastType: UInt16 = 123

  private func answer(_ request: Nlmsghdr, _ whole: [UInt8]) -> [[UInt8]] {
    let flags = NetlinkFlags(rawValue: request.nlmsg_flags)
    guard flags.contains(.NLM_F_REQUEST) else { return [] }
    // Types below the first one of rtnetlink belong to the netlink protocol itself.
    guard request.nlmsg_type >= Kind.RTM_NEWLINK.rawValue else {
      return flags.contains(.NLM_F_ACK) ? [result(nil, request, whole)] : []
    }
    // What asks for nothing is acknowledged (`rtnetlink_rcv_msg`).
    let isEmpty = whole.count == Nlmsghdr.byteCount
    if isEmpty, request.nlmsg_type <= Self.lastType {
      return flags.contains(.NLM_F_ACK) ? [result(nil, request, whole)] : []
    }
    // Types come in fours: new, delete, get, set.
    let isGet = request.nlmsg_type & 3 == 2
    guard request.nlmsg_type <= Self.lastType else { return [result(.EOPNOTSUPP, request, whole)] }
    guard isGet else { return [result(.EPERM, request, whole)] }
    let payload = Array(whole.dropFirst(Nlmsghdr.byteCount))
    if !flags.isDisjoint(with: [.NLM_F_ROOT, .NLM_F_MATCH]) {
      return dump(request, family: payload.first ?? 0)
    }
    guard let single = single(request, payload) else {
      return [
        result(
          Kind(rawValue: request.nlmsg_type) == .RTM_GETLINK ? .ENODEV : .EOPNOTSUPP, request, whole
        )
      ]
    }
    return [single] + (flags.contains(.NLM_F_ACK) ? [result(nil, request, whole)] : [])
  }

  // MARK: Messages

  private func message(_ type: Kind, _ flags: NetlinkFlags, _ request: Nlmsghdr, _ payload: [UInt8])
    -> [UInt8]
  {
    var writer = ByteWriter(capacity: Nlmsghdr.byteCount + payload.count)
    let header = Nlmsghdr(
      nlmsg_len: UInt32(Nlmsghdr.byteCount + payload.count), nlmsg_type: type.rawValue,
      nlmsg_flags: flags.rawValue, nlmsg_seq: request.nlmsg_seq, nlmsg_pid: port)
    header.encode(to: &writer)
    writer.write(payload)
    writer.pad(to: (writer.bytes.count + 3) & ~3)
    return writer.bytes
  }

  /// `NLMSG_ERROR`, which with the error 0 is an acknowledgement.
  private func result(_ error: Errno?, _ request: Nlmsghdr, _ whole: [UInt8]) -> [UInt8] {
    var writer = ByteWriter(capacity: 4 + whole.count)
    writer.write(-(error?.rawValue ?? 0))
    writer.write(error == nil ? request.bytes : whole)
    return message(.NLMSG_ERROR, [], request, writer.bytes)
  }

  /// The whole dump in one datagram, and its end (`NLMSG_DONE`) in another.
  private func dump(_ request: Nlmsghdr, family: UInt8) -> [[UInt8]] {
    var all: [UInt8] = []
    func add(_ type: Kind, _ payload: [UInt8]) {
      all += message(type, .NLM_F_MULTI, request, payload)
    }
    switch Kind(rawValue: request.nlmsg_type) {
    case .RTM_GETLINK: for interface in network.interfaces { add(.RTM_NEWLINK, link(interface)) }
    case .RTM_GETADDR:
      for interface in network.interfaces {
        for address in interface.addresses where matches(address.address, family) {
          add(.RTM_NEWADDR, self.address(address, interface))
        }
      }
    case .RTM_GETROUTE: for route in routes(family) { add(.RTM_NEWROUTE, route) }
    // There are no neighbours, rules and the like.
    default: break
    }
    let done = message(.NLMSG_DONE, .NLM_F_MULTI, request, [0, 0, 0, 0])
    return all.isEmpty ? [done] : [all, done]
  }

  private func single(_ request: Nlmsghdr, _ payload: [UInt8]) -> [UInt8]? {
    guard Kind(rawValue: request.nlmsg_type) == .RTM_GETLINK,
      payload.count >= Ifinfomsg.byteCount
    else { return nil }
    let wanted = Ifinfomsg(bytes: payload)
    let name = attribute(.IFLA_IFNAME, in: Array(payload.dropFirst(Ifinfomsg.byteCount)))
    let found = network.interfaces.first {
      wanted.ifi_index > 0
        ? $0.index == wanted.ifi_index
        : name.map { Array($0.prefix { $0 != 0 }) } == Array($0.name.utf8)
    }
    return found.map { message(.RTM_NEWLINK, [], request, link($0)) }
  }

  private func matches(_ address: IPAddress, _ family: UInt8) -> Bool {
    switch AddressFamily(rawValue: UInt16(family)) {
    case .AF_INET: address.isV4
    case .AF_INET6: !address.isV4
    default: true
    }
  }

  // MARK: Payloads

  /// Attributes: a length, a type and a value, padded to four bytes.
  private struct Attributes {
    var writer = ByteWriter()
    mutating func add(_ type: UInt16, _ value: [UInt8]) {
      writer.write(UInt16(4 + value.count))
      writer.write(type)
      writer.write(value)
      writer.pad(to: (writer.bytes.count + 3) & ~3)
    }
    mutating func add(_ type: LinkAttribute, _ value: [UInt8]) { add(type.rawValue, value) }
    mutating func add(_ type: AddressAttribute, _ value: [UInt8]) { add(type.rawValue, value) }
    mutating func add(_ type: RouteAttribute, _ value: [UInt8]) { add(type.rawValue, value) }
  }

  private func attribute(_ type: LinkAttribute, in bytes: [UInt8]) -> [UInt8]? {
    var reader = ByteReader(bytes)
    while reader.remaining >= 4 {
      let length = Int(reader.read(UInt16.self))
      let found: UInt16 = reader.read()
      guard length >= 4, length - 4 <= reader.remaining else { return nil }
      let value = reader.read(count: length - 4)
      if found == type.rawValue { return value }
      reader.skip((4 - length % 4) % 4)
    }
    return nil
  }

  private func link(_ interface: Interface) -> [UInt8] {
    var attributes = Attributes()
    attributes.add(.IFLA_IFNAME, Array(interface.name.utf8) + [0])
    attributes.add(.IFLA_TXQLEN, Socket.bytes(interface.queueLength))
    // As in Linux, the state of the loopback interface is unknown; others are up.
    attributes.add(.IFLA_OPERSTATE, [interface.isLoopback ? 0 : 6])
    attributes.add(.IFLA_LINKMODE, [0])
    attributes.add(.IFLA_MTU, Socket.bytes(interface.mtu))
    attributes.add(.IFLA_GROUP, Socket.bytes(UInt32(0)))
    attributes.add(.IFLA_PROMISCUITY, Socket.bytes(UInt32(0)))
    attributes.add(.IFLA_NUM_TX_QUEUES, Socket.bytes(UInt32(1)))
    attributes.add(.IFLA_NUM_RX_QUEUES, Socket.bytes(UInt32(1)))
    attributes.add(.IFLA_CARRIER, [1])
    attributes.add(.IFLA_QDISC, Array("noqueue\0".utf8))
    attributes.add(.IFLA_ADDRESS, interface.hardwareAddress)
    attributes.add(
      .IFLA_BROADCAST, [UInt8](repeating: interface.isLoopback ? 0 : 0xff, count: 6))
    // No statistics are kept; the sizes are those of `struct rtnl_link_stats64` and `struct rtnl_link_stats`.
    attributes.add(.IFLA_STATS64, [UInt8](repeating: 0, count: 200))
    attributes.add(.IFLA_STATS, [UInt8](repeating: 0, count: 96))
    let head = Ifinfomsg(
      ifi_type: interface.hardwareType, ifi_index: interface.index,
      ifi_flags: interface.flags.rawValue)
    return head.bytes + attributes.writer.bytes
  }

  private static let scopeHost: UInt8 = 254
  private static let scopeLink: UInt8 = 253
  private static let scopeUniverse: UInt8 = 0

  private func bytes(_ address: IPAddress) -> [UInt8] {
    address.isV4 ? Socket.bytes(address.v4.bigEndian) : address.v6Bytes
  }

  private func family(_ address: IPAddress) -> UInt8 {
    UInt8((address.isV4 ? AddressFamily.AF_INET : .AF_INET6).rawValue)
  }

  private func address(_ address: InterfaceAddress, _ interface: Interface) -> [UInt8] {
    var attributes = Attributes()
    let value = bytes(address.address)
    attributes.add(.IFA_ADDRESS, value)
    if address.address.isV4 {
      attributes.add(.IFA_LOCAL, value)
      if !interface.isLoopback { attributes.add(.IFA_BROADCAST, bytes(address.broadcast)) }
      attributes.add(.IFA_LABEL, Array(interface.name.utf8) + [0])
    }
    // Preferred and valid for ever; created and updated at the start.
    let permanent: UInt8 = 0x80
    attributes.add(.IFA_FLAGS, Socket.bytes(UInt32(permanent)))
    attributes.add(
      .IFA_CACHEINFO, [UInt32.max, .max, 0, 0].flatMap { Socket.bytes($0) })
    let head = Ifaddrmsg(
      ifa_family: family(address.address), ifa_prefixlen: address.prefix, ifa_flags: permanent,
      ifa_scope: interface.isLoopback ? Self.scopeHost : Self.scopeUniverse,
      ifa_index: UInt32(interface.index))
    return head.bytes + attributes.writer.bytes
  }

  private static let localTable: UInt8 = 255
  private static let mainTable: UInt8 = 254

  private func routes(_ family: UInt8) -> [[UInt8]] {
    var routes: [[UInt8]] = []
    for interface in network.interfaces {
      for address in interface.addresses where matches(address.address, family) {
        let own = address.address
        if interface.isLoopback {
          let base = own.isV4 ? address.network : own
          routes.append(localRoute(to: base, address.prefix, from: own, interface))
          continue
        }
        routes.append(localRoute(to: own, own.isV4 ? 32 : 128, from: own, interface))
        routes.append(linkRoute(address, interface))
        if let gateway = interface.gateway(like: own) {
          routes.append(defaultRoute(gateway, interface))
        }
      }
    }
    return routes
  }

  private func route(
    _ family: UInt8, _ prefix: UInt8, _ table: UInt8, scope: UInt8, type: UInt8,
    _ interface: Interface, _ fill: (inout Attributes) -> Void
  ) -> [UInt8] {
    var attributes = Attributes()
    attributes.add(.RTA_TABLE, Socket.bytes(UInt32(table)))
    fill(&attributes)
    attributes.add(.RTA_OIF, Socket.bytes(interface.index))
    // Made by the kernel.
    let head = Rtmsg(
      rtm_family: family, rtm_dst_len: prefix, rtm_table: table, rtm_protocol: 2, rtm_scope: scope,
      rtm_type: type)
    return head.bytes + attributes.writer.bytes
  }

  /// Routes to this host itself (`RTN_LOCAL`).
  private func localRoute(
    to base: IPAddress, _ prefix: UInt8, from own: IPAddress, _ interface: Interface
  ) -> [UInt8] {
    // Only those of IPv4 have a scope, and say which source they prefer.
    route(
      family(own), prefix, Self.localTable, scope: own.isV4 ? Self.scopeHost : Self.scopeUniverse,
      type: 2, interface
    ) {
      $0.add(.RTA_DST, bytes(base))
      if own.isV4 { $0.add(.RTA_PREFSRC, bytes(own)) }
    }
  }

  /// Routes to the neighbours on a network.
  private func linkRoute(_ address: InterfaceAddress, _ interface: Interface) -> [UInt8] {
    route(
      family(address.address), address.prefix, Self.mainTable, scope: Self.scopeLink, type: 1,
      interface
    ) {
      $0.add(.RTA_DST, bytes(address.network))
      $0.add(.RTA_PREFSRC, bytes(address.address))
    }
  }

  /// Default routes.
  private func defaultRoute(_ gateway: IPAddress, _ interface: Interface) -> [UInt8] {
    route(family(gateway), 0, Self.mainTable, scope: Self.scopeUniverse, type: 1, interface) {
      $0.add(.RTA_GATEWAY, bytes(gateway))
    }
  }
}
