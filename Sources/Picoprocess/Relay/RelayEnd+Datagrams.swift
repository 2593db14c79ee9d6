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

  /// How a place is written.
  enum Form {
    /// The port, the client's IPv4 address, and its port.
    case narrow
    /// The port, 4 or 6, the client's address in 16 bytes, those of IPv4 first and then zeroes, and its port.
    case wide

    var size: Int { self == .narrow ? 8 : 21 }
  }

  func wire(_ form: Form) -> [UInt8] {
    var wire = LittleEndian.bytes(port)
    if form == .wide { wire.append(client.isIPv6 ? 6 : 4) }
    wire += client.bytes
    let end = form.size - 2
    wire += [UInt8](repeating: 0, count: end - wire.count)
    return wire + LittleEndian.bytes(client.port)
  }

  /// - Returns: nil if `wire` is no place.
  init?(_ wire: ArraySlice<UInt8>, _ form: Form) {
    var bytes = Array(wire)
    guard bytes.count == form.size else { return nil }
    port = LittleEndian.number(bytes[0..<2], as: UInt16.self)
    if form == .wide {
      let family = bytes.remove(at: 2)
      guard family == 6 || family == 4 && bytes[6..<18].allSatisfy({ $0 == 0 }) else { return nil }
      if family == 4 { bytes.removeSubrange(6..<18) }
    }
    let end = bytes.count - 2
    client = NetworkAddress(
      Array(bytes[2..<end]), port: LittleEndian.number(bytes[end...], as: UInt16.self))
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
