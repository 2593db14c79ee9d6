package import LinuxABI

/// A socket over IPv4 or IPv6: addresses, ports, and the options that TCP and UDP share.
package class InternetSocket: Socket {
  /// Its own address; the wildcard and port 0 at first.
  package internal(set) var local: Endpoint
  /// Its peer's.
  package internal(set) var remote: Endpoint?
  /// The address, and also the port, was set by `bind`, so it survives a disconnect.
  var isAddressBound = false
  var isPortBound = false
  /// Whether it is in the table of its protocol.
  var isEntered = false
  /// Its position among the receivers at its port; 0 if it does not receive.
  var receivingOrder: UInt64 = 0

  init(
    _ network: Network, _ family: AddressFamily, _ type: SocketType, protocolNumber: UInt32,
    inode: SocketInode
  ) {
    local = Endpoint(family == .AF_INET ? .any4 : .any6, 0)
    super.init(network, family, type, protocolNumber: protocolNumber, inode: inode)
  }

  /// The host's side of a connection to the outside, or of a published port.
  var outside: OutsideStream?

  /// The ports of its protocol.
  var ports: PortTable { network.tcp }

  var isV6Only: Bool { settings.isOn(OptionKey(.IPV6_V6ONLY)) }

  /// Whether a socket bound to the wildcard receives what is sent to `address`.
  func accepts(_ address: IPAddress) -> Bool {
    if family == .AF_INET { return address.isV4 }
    if local.address == .any4 { return address.isV4 }
    return !address.isV4 || !isV6Only
  }

  // MARK: Names

  package override var name: [UInt8] { local.socketAddress(family) }

  /// The endpoint in a socket address: EINVAL, EAFNOSUPPORT.
  func endpoint(_ name: [UInt8]) throws(Errno) -> Endpoint {
    let shortest = family == .AF_INET ? SockaddrIn.byteCount : SockaddrIn6.byteCount - 4
    guard name.count >= shortest else { throw .EINVAL }
    let given = AddressFamily(rawValue: UInt16(name[0]) | UInt16(name[1]) << 8)
    guard given == family else { throw .EAFNOSUPPORT }
    return family == .AF_INET ? Endpoint(in4: name) : Endpoint(in6: name)
  }

  /// Whether a socket address is AF_UNSPEC.
  static func isUnspecified(_ name: [UInt8]) -> Bool { name[0] == 0 && name[1] == 0 }

  /// Where `bind` accepts broadcast and group addresses.
  var mayBindToGroups: Bool { false }

  package override func bind(_ name: [UInt8], _ call: SyscallContext) throws(Errno) {
    var name = name
    // IPv4 accepts the wildcard without a family, which old programs use.
    if family == .AF_INET, name.count >= SockaddrIn.byteCount, Self.isUnspecified(name),
      name[4..<8].allSatisfy({ $0 == 0 })
    {
      name[0] = UInt8(AddressFamily.AF_INET.rawValue)
    }
    let wanted = try endpoint(name)
    let address = wanted.address
    if family == .AF_INET6, address.isV4, isV6Only { throw .EINVAL }
    if address.needsScope, wanted.scope == 0 { throw .EINVAL }
    let isFree =
      settings.isOn(OptionKey(.IP_FREEBIND)) || settings.isOn(OptionKey(.IP_TRANSPARENT))
      || settings.isOn(OptionKey(.IPV6_FREEBIND))
    guard
      isFree || network.isLocal(address)
        || mayBindToGroups && (address.isMulticast || network.isBroadcast(address))
    else { throw .EADDRNOTAVAIL }
    if wanted.port != 0, wanted.port < 1024, !call.credentials.has(.CAP_NET_BIND_SERVICE) {
      throw .EACCES
    }
    guard !isEntered, !isPortBound, remote == nil else { throw .EINVAL }
    local.scope = address.needsScope ? wanted.scope : 0
    try ports.bind(self, to: address, port: wanted.port)
    isAddressBound = !address.isAny
    isPortBound = wanted.port != 0
    wasBound()
  }

  /// Called after it was given a port.
  func wasBound() {}

  /// Gives it a free port if it has none. EAGAIN, as in Linux, if there is no free port.
  func bindAutomatically() throws(Errno) {
    guard !isEntered else { return }
    do throws(Errno) { try ports.bind(self, to: local.address, port: 0) } catch { throw .EAGAIN }
    wasBound()
  }

  /// Resets what was not set by `bind`.
  func unbindUnlessChosen() {
    if !isAddressBound { local.address = family == .AF_INET ? .any4 : .any6 }
    guard !isPortBound, isEntered else { return }
    ports.leave(self)
    local.port = 0
  }

  // MARK: Options

  package override func option(
    _ level: UInt32, _ name: UInt32, length: Int, _ call: SyscallContext
  ) throws(Errno) -> [UInt8] {
    try internetOption(level, name, length: length)
  }

  package override func setOption(
    _ level: UInt32, _ name: UInt32, _ value: [UInt8], _ call: SyscallContext
  ) throws(Errno) {
    try setInternetOption(level, name, value)
  }

  // MARK: Routes

  /// Replaces a wildcard destination by this host.
  func resolved(_ endpoint: Endpoint) -> Endpoint {
    var endpoint = endpoint
    if endpoint.address.isAny {
      // An IPv6 socket that was bound to an IPv4 address can only reach IPv4.
      let base = local.address.isV4 && family == .AF_INET6 ? IPAddress.any4 : endpoint.address
      endpoint.address = base.loopback
    }
    return endpoint
  }

  /// The source address for packets to `destination`: ENETUNREACH, EADDRNOTAVAIL, EINVAL.
  func sourceAddress(to destination: Endpoint) throws(Errno) -> IPAddress {
    let address = destination.address
    if address.isLinkLocal, destination.scope == 0 { throw .EINVAL }
    if family == .AF_INET6, address.isV4 {
      if isV6Only { throw .ENETUNREACH }
      if !local.address.isAny, !local.address.isV4 { throw .ENETUNREACH }
    }
    if !address.isV4, local.address.isV4, family == .AF_INET6 { throw .EAFNOSUPPORT }
    let source = try network.source(to: address)
    // Packets from the loopback address do not leave the host.
    if local.address.isLoopback, !network.isLocal(address) { throw .ENETUNREACH }
    return local.address.isAny || local.address.isMulticast ? source : local.address
  }
}
