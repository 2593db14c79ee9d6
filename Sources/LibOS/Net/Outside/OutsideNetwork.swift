import HostABI
import LinuxABI

/// The network outside as the guest sees it: one interface with an address in a private network, behind a
/// gateway with NAT. The addresses are the same on all hosts, so a guest that moves keeps its own.
final class OutsideNetwork {
  let host: any Host
  let configuration: OutsideConfiguration
  let displays: DisplayInput
  /// Sockets with a stream of the host, so that the run loop can wait for them.
  private var users: [ObjectIdentifier: Referenced<InternetSocket>] = [:]
  /// The host's streams for published ports.
  private var services: [PublishedPort: Referenced<OutsideStream>] = [:]
  /// Connections go on wherever the guest goes.
  var isRelayed = false
  /// Streams for connections of the guest that is being restored, by the numbers of their sockets.
  var relayed: [UInt64: HostHandle] = [:]

  init(_ host: any Host, _ configuration: OutsideConfiguration) {
    self.host = host
    self.configuration = configuration
    displays = DisplayInput(host)
  }

  // MARK: Addresses

  static let guest = IPAddress(v4: 0x0a00_020f)
  static let guest6 = network6(0x15)
  /// The host itself.
  static let gateway = IPAddress(v4: 0x0a00_0202)
  static let gateway6 = network6(2)
  /// The host's resolver of names.
  static let resolver = IPAddress(v4: 0x0a00_0203)
  static let resolver6 = network6(3)
  private static let prefix: UInt8 = 24
  private static let prefix6: UInt8 = 64
  private static let resolverPort: UInt16 = 53

  /// An address in `fd00:a:0:2::/64`. Programs that can reach a name by both families prefer IPv4: with an address that is
  /// unique only here they expect to reach nothing else (RFC 6724).
  private static func network6(_ host: UInt64) -> IPAddress {
    IPAddress(high: 0xfd00_000a_0000_0002, low: host)
  }

  var interface: Interface? {
    guard configuration.isThere else { return nil }
    return Interface(
      index: 2, name: "eth0",
      flags: [.IFF_UP, .IFF_BROADCAST, .IFF_RUNNING, .IFF_MULTICAST, .IFF_LOWER_UP],
      hardwareType: 1, hardwareAddress: [0x52, 0x55, 10, 0, 2, 15], mtu: 1500, queueLength: 1000,
      addresses: [
        InterfaceAddress(address: Self.guest, prefix: Self.prefix),
        InterfaceAddress(address: Self.guest6, prefix: Self.prefix6),
      ],
      gateways: [Self.gateway, Self.gateway6])
  }

  /// The guest's own address in the family of `address`.
  static func guest(like address: IPAddress) -> IPAddress { address.isV4 ? guest : guest6 }

  func isOwn(_ address: IPAddress) -> Bool {
    configuration.isThere && address == Self.guest(like: address)
  }

  /// The address on the host's network for packets to `endpoint`: ENETUNREACH, EHOSTUNREACH.
  func hostAddress(of endpoint: Endpoint) throws(Errno) -> NetworkAddress {
    let address = endpoint.address
    switch address {
    case Self.gateway, Self.gateway6:
      guard configuration.reachesLoopback else { throw .ENETUNREACH }
      return Self.loopback(endpoint)
    case Self.resolver, Self.resolver6:
      guard configuration.reachesOthers, endpoint.port == Self.resolverPort,
        let resolver = configuration.resolver
      else { throw .EHOSTUNREACH }
      return resolver
    default:
      guard configuration.reachesOthers, !address.isMulticast || address.isV4 else {
        throw .ENETUNREACH
      }
      // There is no other machine on the guest's own networks.
      let isNear =
        address.isV4
        ? address.v4 >> 8 == Self.guest.v4 >> 8
        : address.high == Self.guest6.high || address.isLinkLocal
      if isNear { throw .EHOSTUNREACH }
      return Self.direct(endpoint)
    }
  }

  /// The address for answers to `endpoint`, which has sent something before; the host decides whether they
  /// are allowed.
  func answerAddress(of endpoint: Endpoint) -> NetworkAddress {
    endpoint.address == Self.gateway || endpoint.address == Self.gateway6
      ? Self.loopback(endpoint) : Self.direct(endpoint)
  }

  private static func loopback(_ endpoint: Endpoint) -> NetworkAddress {
    direct(Endpoint(endpoint.address.loopback, endpoint.port))
  }

  private static func direct(_ endpoint: Endpoint) -> NetworkAddress {
    let bytes = endpoint.address.v6Bytes
    return NetworkAddress(
      endpoint.address.isV4 ? Array(bytes.suffix(4)) : bytes, port: endpoint.port)
  }

  /// Checks that there is a route to `address`: ENETUNREACH, EHOSTUNREACH.
  func requireRoute(to address: IPAddress) throws(Errno) {
    // The port does not matter here.
    _ = try hostAddress(of: Endpoint(address, Self.resolverPort))
  }

  /// The address under which `socket` sees `address` of the host's network. The resolver has two, whatever its own is.
  func endpoint(of address: NetworkAddress, for socket: InternetSocket) -> Endpoint {
    if address == configuration.resolver {
      let isSix = socket.remote.map { !$0.address.isV4 } ?? (socket.family == .AF_INET6)
      return Endpoint(isSix ? Self.resolver6 : Self.resolver, Self.resolverPort)
    }
    if address.isLoopback {
      return Endpoint(address.isIPv6 ? Self.gateway6 : Self.gateway, address.port)
    }
    let bytes = address.bytes
    return Endpoint(
      address.isIPv6
        ? IPAddress(v6: bytes) : IPAddress(v4: bytes.reduce(0) { $0 << 8 | UInt32($1) }),
      address.port)
  }

  // MARK: Streams

  func open(_ uri: StreamURI, _ options: OpenOptions, isPublished: Bool = false)
    throws(Errno) -> OutsideStream
  {
    let handle = try hosted { () throws(HostError) in
      try host.open(uri, options)
    }
    return OutsideStream(host, handle, isPublished: isPublished)
  }

  /// Starts a TCP connection to `destination`.
  func connect(to destination: Endpoint) throws(Errno) -> OutsideStream {
    try open(StreamURI(tcp: try hostAddress(of: destination)), [.read, .write])
  }

  /// Opens the host's stream for the published port that `socket` is bound to; nil if the port is not
  /// published. Sockets that share a port share the stream.
  func publish(_ socket: InternetSocket) throws(Errno) -> OutsideStream? {
    let address = socket.local.address
    guard address.isAny || isOwn(address) else { return nil }
    let published = configuration.published.first {
      $0.port == socket.local.port && $0.isDatagram == (socket is UDPSocket)
    }
    guard let published else { return nil }
    if let shared = services[published]?.object { return shared }
    let stream = try open(published.uri, .listen, isPublished: true)
    services[published] = Referenced(stream)
    return stream
  }

  func add(_ socket: InternetSocket) { users[ObjectIdentifier(socket)] = Referenced(socket) }
  func remove(_ socket: InternetSocket) { users[ObjectIdentifier(socket)] = nil }

  /// The sockets that use the host's network.
  var sockets: [InternetSocket] { users.values.compactMap(\.object) }

  /// The host's streams for published ports, by port.
  var listeners: [(port: PublishedPort, handle: HostHandle)] {
    services.compactMap { port, service in
      service.object.map { (port, $0.handle) }
    }.sorted { $0.port.port < $1.port.port }
  }

  /// The streams that the run loop must ask the host about, because a task waits for them.
  var waits: [HostWait] {
    users.values.compactMap { entry in
      guard let socket = entry.object, !socket.waitQueue.isEmpty, let stream = socket.outside,
        !stream.interest.isEmpty
      else { return nil }
      return HostWait(
        item: WaitItem(handle: stream.handle, interest: stream.interest), queue: socket.waitQueue,
        stream: stream)
    }
  }
}

/// A stream on the host's network; it closes with the last socket that has it.
final class OutsideStream {
  let host: any Host
  let handle: HostHandle
  /// It is a published port.
  let isPublished: Bool
  /// Who looks at a display of the guest's over it; nil: nobody, as far as can be told.
  private(set) var viewer: Viewer?
  /// The events for which it was last found not ready and has not been reported since; initially all, since
  /// nobody has checked.
  private(set) var interest: Readiness = .readable

  init(
    _ host: any Host, _ handle: HostHandle, isPublished: Bool = false, viewer: Viewer? = nil
  ) {
    self.host = host
    self.handle = handle
    self.isPublished = isPublished
    self.viewer = viewer
  }

  deinit { host.close(handle) }

  func read(into buffer: inout MutableRawSpan) throws(Errno) -> Int {
    interest.remove(.readable)
    do throws(HostError) {
      let count = try host.read(handle, at: nil, into: &buffer)
      // No bytes were left, so the next one is an event.
      if count < buffer.byteCount { interest.insert(.readable) }
      if let viewer, !viewer.hearViewer(buffer.bytes.extracting(0..<count)) { self.viewer = nil }
      return count
    } catch {
      if error == .wouldBlock { interest.insert(.readable) }
      throw Errno(error)
    }
  }

  func write(from bytes: RawSpan) throws(Errno) -> Int {
    interest.remove(.writable)
    do throws(HostError) {
      let count = try host.write(handle, at: nil, from: bytes)
      if count < bytes.byteCount { interest.insert(.writable) }
      if let viewer, !viewer.hearGuest(bytes.extracting(0..<count)) { self.viewer = nil }
      return count
    } catch {
      if error == .wouldBlock { interest.insert(.writable) }
      throw Errno(error)
    }
  }

  /// The number of bytes that a writable connection accepts at least.
  static let writableCount = 2048

  /// Wakes those who wait for the stream. A task that finds it not ready after all notes that.
  func noteReady(_ readiness: Readiness) { interest.subtract(readiness) }

  /// Makes a host call; if it would block, notes the event to wait for.
  func call<R>(_ readiness: Readiness, _ body: () throws(HostError) -> R) throws(Errno) -> R {
    interest.remove(readiness)
    do throws(HostError) { return try body() } catch {
      if error == .wouldBlock { interest.formUnion(readiness) }
      throw Errno(error)
    }
  }

  /// Returns if it is connected; EAGAIN while connecting, or the error of a failed or broken connection,
  /// which the host reports only once.
  func finishConnecting(_ readiness: Readiness) throws(Errno) {
    try call(readiness) { () throws(HostError) in try host.finishConnecting(handle) }
  }

  /// The events of `wanted` that are ready, and whether it has ended.
  func readiness(_ wanted: Readiness) -> Readiness {
    let ready = host.wait([WaitItem(handle: handle, interest: wanted)], until: 0).first ?? []
    interest = wanted.subtracting(ready)
    return ready
  }
}
