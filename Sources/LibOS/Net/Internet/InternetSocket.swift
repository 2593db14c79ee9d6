package import LinuxABI

/// A socket over IPv4 or IPv6: addresses, ports, and what both protocols share of their options.
package class InternetSocket: Socket {
  /// Its own address; the wildcard and port 0 at first.
  package internal(set) var local: Endpoint
  /// Its peer's.
  package internal(set) var remote: Endpoint?
  /// The address was chosen by `bind`, the port too, and so they stay when it disconnects.
  var isAddressBound = false
  var isPortBound = false
  /// It stands in the protocol's table.
  var isEntered = false
  /// Its place among those that receive at its port; 0 while it does not.
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

  /// Whether bound to the wildcard it hears what is sent to `address`.
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

  /// Whether a socket address says "none".
  static func isUnspecified(_ name: [UInt8]) -> Bool { name[0] == 0 && name[1] == 0 }

  /// Where `bind` accepts broadcast and group addresses.
  var mayBindToGroups: Bool { false }

  package override func bind(_ name: [UInt8], _ call: SyscallContext) throws(Errno) {
    var name = name
    // IPv4 takes the wildcard without a family, as old programs give it.
    if family == .AF_INET, name.count >= SockaddrIn.byteCount, Self.isUnspecified(name),
      name[4..<8].allSatisfy({ $0 == 0 })
    {
      name[0] = UInt8(AddressFamily.AF_INET.rawValue)
    }
    let wanted = try endpoint(name)
    let address = wanted.address
    if family == .AF_INET6, address.isV4, isV6Only { throw .EINVAL }
    if address.isLinkLocal, wanted.scope == 0 { throw .EINVAL }
    let isFree =
      settings.isOn(OptionKey(.IP_FREEBIND)) || settings.isOn(OptionKey(.IP_TRANSPARENT))
      || settings.isOn(OptionKey(.IPV6_FREEBIND))
    guard
      isFree || network.isLocal(address)
        || mayBindToGroups && (address.isMulticast || network.isBroadcast(address))
    else { throw .EADDRNOTAVAIL }
    if wanted.port != 0, wanted.port < 1024, !call.process.credentials.isPrivileged {
      throw .EACCES
    }
    guard !isEntered, !isPortBound, remote == nil else { throw .EINVAL }
    local.scope = wanted.scope
    try ports.bind(self, to: address, port: wanted.port)
    isAddressBound = !address.isAny
    isPortBound = wanted.port != 0
    wasBound()
  }

  /// It has a port now.
  func wasBound() {}

  /// Gives it a port of its own, if it has none: EAGAIN, as for Linux, when there are none left.
  func bindAutomatically() throws(Errno) {
    guard !isEntered else { return }
    do throws(Errno) { try ports.bind(self, to: local.address, port: 0) } catch { throw .EAGAIN }
    wasBound()
  }

  /// Forgets what was not chosen by `bind`.
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

  /// The destination that a wildcard stands for: this host.
  func resolved(_ endpoint: Endpoint) -> Endpoint {
    var endpoint = endpoint
    if endpoint.address.isAny {
      // An IPv6 socket that was bound to IPv4 stays there.
      let base = local.address.isV4 && family == .AF_INET6 ? IPAddress.any4 : endpoint.address
      endpoint.address = base.loopback
    }
    return endpoint
  }

  /// The address that what goes to `destination` comes from: ENETUNREACH, EADDRNOTAVAIL, EINVAL.
  func sourceAddress(to destination: Endpoint) throws(Errno) -> IPAddress {
    let address = destination.address
    if address.isLinkLocal, destination.scope == 0 { throw .EINVAL }
    if family == .AF_INET6, address.isV4 {
      if isV6Only { throw .ENETUNREACH }
      if !local.address.isAny, !local.address.isV4 { throw .ENETUNREACH }
    }
    if !address.isV4, local.address.isV4, family == .AF_INET6 { throw .EAFNOSUPPORT }
    let source = try network.source(to: address)
    // From the loopback address no packet leaves.
    if local.address.isLoopback, !network.isLocal(address) { throw .ENETUNREACH }
    return local.address.isAny || local.address.isMulticast ? source : local.address
  }
}
