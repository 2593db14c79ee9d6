package import LinuxABI
package import Machine

// ioctl(2) on sockets: queue lengths, owners and network interfaces (netdevice(7)).
extension Socket {
  /// Bytes of a `struct ifreq`, and of the name at its front.
  private static let requestSize = 40
  private static let nameSize = 16

  /// `SIOCSIFPFLAGS` and `SIOCGIFPFLAGS`, which Linux knows and never does.
  private static let known: ClosedRange<UInt32> = 0x8934...0x8935

  package func socketControl(
    _ call: SyscallContext, _ request: UInt32, _ argument: GuestAddress
  ) throws(Errno) -> SyscallResult {
    if request == TerminalRequest.FIONREAD.rawValue {
      try call.store(Int32(clamping: try bytesToReceive()), to: argument)
      return .success
    }
    if request == TerminalRequest.TIOCOUTQ.rawValue {
      try call.store(Int32(clamping: try bytesInFlight()), to: argument)
      return .success
    }
    guard let known = SocketRequest(rawValue: request) else {
      throw self is InternetSocket && Self.known.contains(request) ? .EINVAL : .ENOTTY
    }
    switch known {
    case .SIOCATMARK: try call.store(Int32(try isAtMark ? 1 : 0), to: argument)
    case .FIOSETOWN, .SIOCSPGRP:
      try setOwner(number: try call.load(at: argument), call)
    case .FIOGETOWN, .SIOCGPGRP:
      try call.store(currentOwner(call.kernel).number, to: argument)
    case .SIOCGIFCONF: try listInterfaces(call, argument)
    case .SIOCGIFNAME: try nameInterface(call, argument)
    case .SIOCETHTOOL: throw .EOPNOTSUPP
    default: try describeInterface(call, known, argument)
    }
    return .success
  }

  /// Fills in a `struct ifconf`: a length, and where `struct ifreq`s go; the length alone when that is
  /// NULL.
  private func listInterfaces(_ call: SyscallContext, _ argument: GuestAddress) throws(Errno) {
    let room: Int32 = try call.load(at: argument)
    let buffer: UInt64 = try call.load(at: argument + 8)
    var image: [UInt8] = []
    for interface in network.interfaces {
      guard let address = interface.address4 else { continue }
      if buffer != 0, image.count + Self.requestSize > Int(room) { break }
      image += Self.request(interface, Endpoint(address.address, 0).socketAddress(.AF_INET))
    }
    if buffer != 0 { try call.store(image, to: GuestAddress(buffer)) }
    try call.store(Int32(image.count), to: argument)
  }

  private static func request(_ interface: Interface, _ value: [UInt8]) -> [UInt8] {
    var writer = ByteWriter(capacity: requestSize)
    writer.write(Array(interface.name.utf8))
    writer.pad(to: nameSize)
    writer.write(value)
    writer.pad(to: requestSize)
    return writer.bytes
  }

  private func nameInterface(_ call: SyscallContext, _ argument: GuestAddress) throws(Errno) {
    let index: Int32 = try call.load(at: argument + UInt64(Self.nameSize))
    guard let interface = network.interfaces.first(where: { $0.index == index }) else {
      throw .ENODEV
    }
    var name = Array(interface.name.utf8)
    name += [UInt8](repeating: 0, count: Self.nameSize - name.count)
    try call.store(name, to: argument)
  }

  private func describeInterface(
    _ call: SyscallContext, _ request: SocketRequest, _ argument: GuestAddress
  ) throws(Errno) {
    let name = try call.bytes(at: argument, count: Self.nameSize).prefix { $0 != 0 }
    let found = network.interfaces.first { Array($0.name.utf8) == Array(name) }
    guard let interface = found else { throw .ENODEV }
    let value: [UInt8]
    switch request {
    case .SIOCGIFFLAGS:
      value = Self.bytes(UInt16(truncatingIfNeeded: interface.flags.rawValue))
    case .SIOCGIFADDR, .SIOCGIFDSTADDR, .SIOCGIFBRDADDR, .SIOCGIFNETMASK:
      guard let address = interface.address4 else { throw .EADDRNOTAVAIL }
      let shown: IPAddress =
        switch request {
        case .SIOCGIFNETMASK: IPAddress(v4: address.mask)
        case .SIOCGIFBRDADDR: interface.isLoopback ? .any4 : address.broadcast
        default: address.address
        }
      value = Endpoint(shown, 0).socketAddress(.AF_INET)
    case .SIOCGIFMETRIC: value = Self.bytes(Int32(0))
    case .SIOCGIFMTU: value = Self.bytes(interface.mtu)
    case .SIOCGIFHWADDR:
      value =
        Self.bytes(interface.hardwareType) + interface.hardwareAddress
        + [UInt8](repeating: 0, count: 8)
    case .SIOCGIFINDEX: value = Self.bytes(interface.index)
    case .SIOCGIFTXQLEN: value = Self.bytes(interface.queueLength)
    case .SIOCGIFMAP: value = [UInt8](repeating: 0, count: 24)
    // The guest cannot configure its network.
    default: throw .EPERM
    }
    try call.store(value, to: argument + UInt64(Self.nameSize))
  }
}
