package import LinuxABI

/// A UDP or UDP-Lite socket; the latter differs only in its protocol number and its ports.
package final class UDPSocket: InternetSocket {
  package private(set) lazy var datagrams = SocketMessageQueue(memory: network.charge())
  /// The multicast groups that it has joined.
  package internal(set) var groups: Set<IPAddress> = []

  init(
    _ network: Network, _ family: AddressFamily, _ inetProtocol: InternetProtocol,
    inode: SocketInode
  ) {
    super.init(
      network, family, .SOCK_DGRAM, protocolNumber: inetProtocol.rawValue, inode: inode)
  }

  override var ports: PortTable {
    protocolNumber == InternetProtocol.IPPROTO_UDP.rawValue ? network.udp : network.udpLite
  }

  override var mayBindToGroups: Bool { true }

  override func wasBound() {
    ports.startReceiving(self)
    publishOrLog()
  }

  override func shutDownForGood() {
    leaveOutside()
    ports.leave(self)
    datagrams.removeAll()
  }

  func restore(_ saved: [SocketMessage]) { for datagram in saved { datagrams.append(datagram) } }

  // MARK: Peers

  package override func connect(_ name: [UInt8], _ call: SyscallContext)
    throws(Errno) -> ConnectOutcome
  {
    guard name.count >= 2 else { throw .EINVAL }
    if Self.isUnspecified(name) {
      remote = nil
      forgetRouteOutside()
      unbindUnlessChosen()
      return .connected
    }
    let destination = resolved(try endpoint(name))
    if network.isBroadcast(destination.address), !settings.isOn(.SO_BROADCAST) { throw .EACCES }
    let source = try route(to: destination)
    try bindAutomatically()
    if !isAddressBound { local.address = source }
    if remote != destination { forgetRouteOutside() }
    remote = destination
    return .connected
  }

  package override func peerName() throws(Errno) -> [UInt8] {
    guard let remote else { throw .ENOTCONN }
    return remote.socketAddress(family)
  }

  // MARK: Sending

  /// The destination of a message; EDESTADDRREQ without any address.
  private func destination(of message: OutgoingMessage) throws(Errno) -> Endpoint {
    var told = message.destination
    // IPv6 takes an address without a family for none.
    if family == .AF_INET6, let name = told, name.count >= 2, Self.isUnspecified(name) {
      told = nil
    }
    guard let name = told else {
      guard let remote else { throw .EDESTADDRREQ }
      return remote
    }
    let given: Endpoint
    // An IPv6 socket accepts IPv4 addresses as they are.
    if family == .AF_INET6, name.count >= 2,
      name[0] == UInt8(AddressFamily.AF_INET.rawValue), name[1] == 0
    {
      if isV6Only { throw .ENETUNREACH }
      guard name.count >= SockaddrIn.byteCount else { throw .EINVAL }
      given = Endpoint(in4: name)
    } else if family == .AF_INET, name.count >= SockaddrIn.byteCount, Self.isUnspecified(name) {
      given = Endpoint(in4: name)
    } else {
      do throws(Errno) { given = try endpoint(name) } catch {
        throw family == .AF_INET6 ? .EINVAL : error
      }
    }
    guard given.port != 0 else { throw .EINVAL }
    return resolved(given)
  }

  package override func send(_ bytes: [UInt8], _ message: OutgoingMessage, _ call: SyscallContext?)
    throws(Errno) -> SendOutcome
  {
    let destination = try destination(of: message)
    if message.flags.contains(.MSG_OOB) { throw .EOPNOTSUPP }
    if isWriteShut { throw .EPIPE }
    let isToAll = network.isBroadcast(destination.address)
    if isToAll, !settings.isOn(.SO_BROADCAST) { throw .EACCES }
    let route = try route(to: destination)
    let source = message.localAddress ?? route
    try bindAutomatically()
    guard bytes.count <= (destination.address.isV4 ? 65507 : 65527) else { throw .EMSGSIZE }
    if let error = takeError() { throw error }
    guard isToAll || destination.address.isMulticast || network.isLocal(destination.address) else {
      return try sendOutside(bytes, to: destination)
    }
    let from = Endpoint(source, local.port)
    var datagram = SocketMessage()
    datagram.bytes = bytes
    datagram.source = .endpoint(from)
    datagram.packet = packetInfo(destination.address, message)
    datagram.time = network.now
    if destination.address.isMulticast || isToAll {
      for receiver in ports.receivers(ofAll: destination, from: from) {
        guard let receiver = receiver as? UDPSocket else { continue }
        if isToAll || receiver.groups.contains(destination.address) { receiver.queue(datagram) }
      }
    } else if let receiver = ports.receiver(of: destination, from: from) as? UDPSocket {
      receiver.queue(datagram)
    } else if remote != nil {
      // "Port unreachable" is reported at once, and only to connected sockets.
      pendingError = .ECONNREFUSED
      waitQueue.wake(.POLLERR)
    }
    return .sent(bytes.count)
  }

  /// The source address for `destination`. Multicast groups are only reachable if the interface was chosen,
  /// by address or by number.
  private func route(to destination: Endpoint) throws(Errno) -> IPAddress {
    let address = destination.address
    if isPublished, !network.isLocal(address), !address.isMulticast {
      return OutsideNetwork.guest(like: address)
    }
    guard address.isMulticast else { return try sourceAddress(to: destination) }
    let chosen = OptionKey(.IP_MULTICAST_IF)
    let chosen6 = OptionKey(.IPV6_MULTICAST_IF)
    let isChosen =
      local.address.isLoopback || destination.scope != 0
      || settings.isOn(address.isV4 ? chosen : chosen6)
    guard isChosen else { throw .ENETUNREACH }
    return local.address.isAny || local.address.isMulticast ? address.loopback : local.address
  }

  private func packetInfo(_ destination: IPAddress, _ message: OutgoingMessage) -> PacketInfo {
    let options: (hops: OptionKey, traffic: OptionKey) =
      destination.isV4
      ? (OptionKey(.IP_TTL), OptionKey(.IP_TOS))
      : (OptionKey(.IPV6_UNICAST_HOPS), OptionKey(.IPV6_TCLASS))
    let hops = message.hopLimit ?? UInt8(truncatingIfNeeded: settings.numbers[options.hops] ?? 64)
    let traffic =
      message.trafficClass ?? UInt8(truncatingIfNeeded: settings.numbers[options.traffic] ?? 0)
    return PacketInfo(destination: destination, hopLimit: hops, trafficClass: traffic)
  }

  /// Queues a received datagram, or drops it if there is no room.
  func queue(_ datagram: SocketMessage) {
    guard datagrams.charge < receiveBuffer, network.hasRoom(for: datagram.charge) else { return }
    guard settings.filter == nil else { return queueFiltered(datagram) }
    datagrams.append(datagram)
    waitQueue.wake(.readable)
  }

  /// A filter sees the UDP header, too.
  private func queueFiltered(_ datagram: SocketMessage) {
    var header: [UInt8] = []
    var sender: UInt16 = 0
    if case .endpoint(let source) = datagram.source { sender = source.port }
    let ports = [sender, local.port]
    for number in ports + [UInt16(truncatingIfNeeded: datagram.bytes.count + 8), 0] {
      header += [UInt8(number >> 8), UInt8(number & 255)]
    }
    let ethernet: UInt32 = family == .AF_INET6 ? 0x86dd : 0x800
    guard let kept = filtered(datagram.bytes, header: header, ethernet: ethernet) else { return }
    var datagram = datagram
    datagram.bytes = kept
    datagrams.append(datagram)
    waitQueue.wake(.readable)
  }

  // MARK: Receiving

  package override func receive(_ flags: MessageFlags) throws(Errno) -> SocketMessage? {
    if let error = takeError() { throw error }
    if datagrams.isEmpty { try fetchOutside() }
    guard let first = datagrams.first else { throw .EAGAIN }
    return flags.contains(.MSG_PEEK) ? first : datagrams.removeFirst()
  }

  package override func bytesToReceive() throws(Errno) -> Int {
    if datagrams.isEmpty {
      do throws(Errno) { try fetchOutside() } catch { pendingError = error }
    }
    return datagrams.first?.bytes.count ?? 0
  }
  package override func bytesInFlight() throws(Errno) -> Int { 0 }

  package override func shutdown(_ how: ShutdownHow) throws(Errno) {
    if how != .SHUT_WR { isReadShut = true }
    if how != .SHUT_RD { isWriteShut = true }
    waitQueue.wake()
    if remote == nil { throw .ENOTCONN }
  }

  package override func pollEvents() -> PollEvents {
    var events: PollEvents = [.writable, .POLLWRBAND]
    if pendingError != nil { events.insert(.POLLERR) }
    if isReadShut { events.formUnion([.POLLRDHUP, .readable]) }
    if isReadShut, isWriteShut { events.insert(.POLLHUP) }
    if !datagrams.isEmpty { events.formUnion(.readable) }
    if let outside { events.formUnion(eventsOutside(outside)) }
    return events
  }
}
