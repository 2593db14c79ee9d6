package import HostABI
import PosixHost

// Datagrams to a published port of the guest, and the answers. They are lost where a network would lose them: when
// there is no link, or no room.

/// Where a datagram came from outside, and the port of the guest that it is for.
package struct DatagramPlace: Hashable, Sendable {
  package let port: UInt16
  package let client: NetworkAddress

  package init(port: UInt16, client: NetworkAddress) {
    self.port = port
    self.client = client
  }

  // MARK: In frames

  /// The port, the client's IPv4 address, and its port.
  static let size = 8

  var wire: [UInt8] {
    LittleEndian.bytes(port) + client.bytes.prefix(4) + LittleEndian.bytes(client.port)
  }

  init?(_ wire: ArraySlice<UInt8>) {
    let bytes = Array(wire)
    guard bytes.count == Self.size else { return nil }
    port = LittleEndian.number(bytes[0..<2], as: UInt16.self)
    client = NetworkAddress(
      Array(bytes[2..<6]), port: LittleEndian.number(bytes[6..<8], as: UInt16.self))
  }
}

/// The datagrams of one client to one port, at the far end: the guest sees each client at a port of its own.
struct DatagramFlow {
  let socket: ByteStream
  /// Where they come from.
  var circuit: RelayCircuit
  /// The guest knows the client by this address, since before it came here; nil: by the socket's.
  var known: NetworkAddress?
  /// On the host's monotonic clock, in nanoseconds.
  var lastUse: Int64
}

extension RelayEnd {
  /// Clients that an end remembers; and nanoseconds after which it forgets them at the far end.
  static let correspondentLimit = 1024
  private static let silence: Int64 = 180_000_000_000
  /// Datagrams that are taken at once.
  private static let burst = 64

  // MARK: The near end

  /// Sends on what has come to a published port.
  func forwardDatagrams(to service: RelayedService) {
    for _ in 0..<Self.burst {
      guard let (bytes, client) = try? service.socket.receiveDatagram() else { return }
      // Frames have room for addresses of IPv4.
      guard !client.isIPv6 else { continue }
      let place = DatagramPlace(port: service.port, client: client)
      if heard.count >= Self.correspondentLimit { heard = [] }
      heard.insert(place)
      circuits.last?.sendIfThereIsRoom(.datagram(place, bytes))
    }
  }

  /// Sends what the guest has answered, to those who have sent it something before.
  private func answer(_ place: DatagramPlace, _ bytes: [UInt8]) {
    guard heard.contains(place),
      let service = services.first(where: { $0.isDatagram && $0.port == place.port })
    else { return }
    try? service.socket.sendDatagram(bytes, to: place.client)
  }

  // MARK: The far end

  func take(_ place: DatagramPlace, _ bytes: [UInt8], over circuit: RelayCircuit) {
    if isNear { return answer(place, bytes) }
    let now = HostProcess.monotonicTime
    if flows[place] == nil {
      guard let address = datagramPorts[place.port],
        let socket = try? ByteStream.connectDatagrams(to: address)
      else { return }
      if flows.count >= Self.correspondentLimit { flows = [:] }
      flows[place] = DatagramFlow(socket: socket, circuit: circuit, lastUse: now)
    }
    flows[place]?.lastUse = now
    flows[place]?.circuit = circuit
    // A port where nobody listens loses it.
    try? flows[place]?.socket.sendDatagram(bytes, to: nil)
  }

  /// Has the datagrams of a client that the guest knows as `known` go by a shortcut, where it is `place`.
  func redirect(_ place: DatagramPlace, _ known: NetworkAddress, to circuit: RelayCircuit) {
    let detour = flows.first { $0.key.port == place.port && $0.value.known == known }?.key
    guard let detour, var flow = flows.removeValue(forKey: detour) else { return }
    flow.circuit = circuit
    flows[place] = flow
  }

  /// Sends on what the guest has answered.
  func forwardAnswers(to place: DatagramPlace) {
    flows[place]?.lastUse = HostProcess.monotonicTime
    for _ in 0..<Self.burst {
      guard let flow = flows[place], let (bytes, _) = try? flow.socket.receiveDatagram() else {
        return
      }
      flow.circuit.sendIfThereIsRoom(.datagram(place, bytes))
    }
  }

  /// Has sockets for clients that have sent something to the guest before it came here.
  ///
  /// - Parameter ports: where ports of the guest will be published.
  /// - Returns: those, with the addresses of their sockets here.
  func introduce(_ clients: [RelayedCorrespondent], _ ports: [RelayedPort])
    -> [RelayedCorrespondent]
  {
    clients.prefix(Self.correspondentLimit).compactMap { client in
      guard let place = client.place, let known = client.correspondent?.known,
        let port = ports.first(where: { $0.port == client.port && $0.isDatagram }),
        let address = NetworkAddress(port.address),
        let socket = try? ByteStream.connectDatagrams(to: address), let own = socket.localAddress
      else { return nil }
      flows[place] = DatagramFlow(
        socket: socket, circuit: circuits[0], known: known, lastUse: HostProcess.monotonicTime)
      return RelayedCorrespondent(client.port, Correspondent(address: own, known: known))
    }
  }

  /// Forgets clients that have been silent, unless the guest may go on to speak to them.
  func expireFlows() {
    let now = HostProcess.monotonicTime
    flows = flows.filter { $0.value.known != nil || now - $0.value.lastUse < Self.silence }
  }
}
