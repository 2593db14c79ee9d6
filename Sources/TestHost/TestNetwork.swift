package import HostABI

/// The network of a `TestHost`: in memory, without delay or loss. The picoprocess is on it, and the test
/// plays everybody else.
package final class TestNetwork {
  /// What the picoprocess may do here.
  package var permission = NetworkPermission(reachesOthers: true, reachesLoopback: true)

  private var listeners: [NetworkAddress: TestListener] = [:]
  private var datagramSockets: [NetworkAddress: TestDatagramSocket] = [:]
  private var nextPort: UInt16 = 50000

  /// Where a connection that the other side begins seems to come from.
  package var clientAddress = NetworkAddress([192, 0, 2, 9], port: 0)

  /// Listens for connections: `addressInUse`.
  package func listen(_ address: NetworkAddress) throws(HostError) -> TestListener {
    let address = withPort(address)
    guard listeners[address] == nil else { throw .addressInUse }
    let listener = TestListener(address)
    listeners[address] = listener
    return listener
  }

  package func stopListening(_ listener: TestListener) {
    listeners[listener.address] = nil
    for connection in listener.waiting { connection.reset() }
  }

  /// Connects to whoever listens at `address`: `connectionRefused`.
  package func connect(to address: NetworkAddress) throws(HostError) -> TestConnection {
    let any = NetworkAddress([UInt8](repeating: 0, count: address.bytes.count), port: address.port)
    guard let listener = listeners[address] ?? listeners[any] else { throw .connectionRefused }
    let here = withPort(address.isLoopback ? .loopback(port: 0) : clientAddress)
    let near = TestConnection(local: here, peer: address)
    let far = TestConnection(local: address, peer: here)
    near.other = far
    far.other = near
    listener.waiting.append(far)
    return near
  }

  /// A socket for datagrams: `addressInUse`.
  package func datagramSocket(_ address: NetworkAddress) throws(HostError) -> TestDatagramSocket {
    let address = withPort(address)
    guard datagramSockets[address] == nil else { throw .addressInUse }
    let socket = TestDatagramSocket(address, self)
    datagramSockets[address] = socket
    return socket
  }

  package func close(_ socket: TestDatagramSocket) { datagramSockets[socket.address] = nil }

  func deliver(_ datagram: TestDatagramSocket.Datagram, to address: NetworkAddress) {
    let any = NetworkAddress([UInt8](repeating: 0, count: address.bytes.count), port: address.port)
    (datagramSockets[address] ?? datagramSockets[any])?.received.append(datagram)
  }

  private func withPort(_ address: NetworkAddress) -> NetworkAddress {
    guard address.port == 0 else { return address }
    nextPort += 1
    return NetworkAddress(address.bytes, port: nextPort)
  }
}

/// Somebody who waits for connections.
package final class TestListener {
  package let address: NetworkAddress
  /// Nobody has accepted these yet.
  package fileprivate(set) var waiting: [TestConnection] = []

  init(_ address: NetworkAddress) { self.address = address }

  /// The next connection, if there is one.
  package func accept() -> TestConnection? { waiting.isEmpty ? nil : waiting.removeFirst() }
}

/// One end of a connection.
package final class TestConnection {
  package let local: NetworkAddress
  package let peer: NetworkAddress
  fileprivate(set) var other: TestConnection?
  private var received: [UInt8] = []
  private var isFinished = false
  private var hasFinished = false
  private var isReset = false

  /// Bytes that wait to be read before the writer has to.
  package static let room = 65536

  init(local: NetworkAddress, peer: NetworkAddress) {
    self.local = local
    self.peer = peer
  }

  var readiness: Readiness {
    var readiness: Readiness = []
    if !received.isEmpty || isFinished || isReset { readiness.insert(.readable) }
    if isReset || other == nil || other!.received.count <= Self.room - 2048 {
      readiness.insert(.writable)
    }
    if isFinished, hasFinished { readiness.insert(.hangup) }
    if isReset { readiness.formUnion([.hangup, .error]) }
    return readiness
  }

  var count: Int { received.count }

  /// Takes up to `limit` bytes; empty at the end: `wouldBlock`, `connectionReset`.
  package func read(_ limit: Int = .max) throws(HostError) -> [UInt8] {
    if received.isEmpty {
      if isReset { throw .connectionReset }
      if isFinished { return [] }
      throw .wouldBlock
    }
    let part = Array(received.prefix(limit))
    received.removeFirst(part.count)
    return part
  }

  /// Sends as much as there is room for: `wouldBlock`, `brokenPipe`, `connectionReset`.
  package func write(_ bytes: [UInt8]) throws(HostError) -> Int {
    if isReset { throw .connectionReset }
    guard !hasFinished, let other else { throw .brokenPipe }
    let count = min(bytes.count, Self.room - other.received.count)
    if count == 0, !bytes.isEmpty { throw .wouldBlock }
    other.received += bytes.prefix(count)
    return count
  }

  /// Nothing more will be written.
  package func finish() {
    hasFinished = true
    other?.isFinished = true
  }

  /// Ends both ways; what was not read is a reset to the other end.
  package func close() {
    if received.isEmpty { finish() } else { other?.reset() }
    other?.other = nil
    other = nil
  }

  func reset() {
    isReset = true
    other = nil
  }
}

/// A socket for datagrams.
package final class TestDatagramSocket {
  package struct Datagram {
    package var bytes: [UInt8]
    package var source: NetworkAddress
  }

  package let address: NetworkAddress
  package internal(set) var received: [Datagram] = []
  private unowned let network: TestNetwork
  /// Who has sent to it, and so may be answered.
  var correspondents: Set<NetworkAddress> = []
  /// Whom it hears and sends to alone.
  var peer: NetworkAddress?

  init(_ address: NetworkAddress, _ network: TestNetwork) {
    self.address = address
    self.network = network
  }

  package func send(_ bytes: [UInt8], to address: NetworkAddress) {
    network.deliver(Datagram(bytes: bytes, source: self.address), to: address)
  }

  /// The next datagram, if there is one.
  package func receive() -> Datagram? {
    if let peer { received.removeAll { $0.source != peer } }
    return received.isEmpty ? nil : received.removeFirst()
  }

  var isReadable: Bool { peer == nil ? !received.isEmpty : received.contains { $0.source == peer } }
}
