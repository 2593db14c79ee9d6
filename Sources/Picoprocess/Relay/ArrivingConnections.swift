import HostABI
import JSONText
import LibOS
import MigrationMessages
import PosixHost

/// The receiver's part in what becomes of a guest's connections.
struct ArrivingConnections {
  private let relay: RelayStarter
  /// How links to the sender's machine are made; nil: it makes them.
  private let shell: RemoteShell?

  /// Forks: see `DetachedChild`.
  ///
  /// - Parameter abandon: closes, in the relay, what it must not have of this process.
  init(from shell: RemoteShell?, _ abandon: () -> Void) throws(Failure) {
    relay = try RelayStarter(isNear: false, abandon)
    self.shell = shell
  }

  /// Has the far end be there for links, or make one.
  func prepare(_ offer: MigrationOffer, name: String) throws(Failure) {
    try relay.carryOut(
      .listen(
        migration: offer.migration, earlier: offer.earlier, guest: name,
        peer: shell.map { "\($0.remote)" } ?? "the sender"))
    if let shell { try relay.dial(shell, RelayName.near(offer.migration)) }
  }

  /// Has relays that the guest's connections go by, and that are here, give its connections back. It runs here now.
  func bringHome(_ offer: MigrationOffer) throws(Failure) {
    if !offer.earlier.isEmpty { try relay.carryOut(.bringHome(relays: offer.earlier)) }
  }

  /// Makes a connection between the guest and the relay for each that the guest has.
  func join(_ numbers: [UInt64], _ options: PicoprocessOptions, holder: ControlConnection)
    throws(Failure)
  {
    guard numbers.count <= RelayEnd.streamLimit, Set(numbers).count == numbers.count else {
      throw Failure("it sends impossible connections")
    }
    for number in numbers {
      let (guests, relays) = try withFailure("a connection to be relayed") { () throws(HostError) in
        try ByteStream.loopbackPair()
      }
      try holder.hand(.connection(number: number), guests)
      try relay.carryOut(.attach(number: number), handing: relays)
    }
    try relay.carryOut(.relay(ports: Self.ports(options)))
  }

  private static func ports(_ options: PicoprocessOptions) -> [RelayedPort] {
    options.publish.map(\.port).map {
      RelayedPort(port: $0.port, isDatagram: $0.isDatagram, address: "\($0.reachable)")
    }
  }

  /// Has the relay stand for the clients that have sent the guest datagrams.
  ///
  /// - Returns: them, with their addresses here.
  func introduce(_ clients: [RelayedCorrespondent], _ options: PicoprocessOptions) throws(Failure)
    -> [RelayedCorrespondent]
  {
    if clients.isEmpty { return [] }
    let order = RelayOrder.introduce(clients: clients, ports: Self.ports(options))
    guard case .introduced(let clients) = try relay.carryOut(order) else { return [] }
    return clients
  }

  /// Has the relay be attached to the guest, which does not run yet, as its clients were.
  func joinConsoles(_ connections: Godwit_Migration_Connections) throws(Failure) {
    guard connections.clients.count <= Attachments.followerLimit else {
      throw Failure("it sends impossible connections")
    }
    for client in connections.clients {
      try relay.carryOut(
        .console(
          client: RelayedClient(wantsOutput: client.output, givesInput: client.input)))
    }
    if connections.console { try relay.carryOut(.console(client: nil)) }
  }

  /// Receives what `join` sends, in the process that holds the guest.
  ///
  /// - Parameters:
  ///   - clients: what `introduce` has returned.
  ///   - published: the guest's ports.
  static func receive(
    _ count: Int, _ clients: [RelayedCorrespondent], _ published: [PublishOption],
    over connection: ControlConnection
  ) throws(Failure) -> RelayedSockets {
    var contents = RelayedSockets.Contents()
    for client in clients {
      guard let correspondent = client.correspondent,
        let port = published.map(\.port).first(where: { $0.isDatagram && $0.port == client.port })
      else { continue }
      contents.correspondents.append((port.service, correspondent))
    }
    for _ in 0..<count {
      let line = try withFailure("connections to be relayed") { () throws(HostError) in
        try connection.receive(timeout: 60_000_000_000)
      }
      guard let line, let what = JSON.decode(HandedSocket.self, from: line),
        let socket = connection.takeSocket()
      else { throw Failure("a connection to be relayed is missing") }
      switch what {
      case .connection(let number): contents.connections[number] = socket
      case .service(_, _, let clients):
        contents.ports.append(socket)
        guard let service = socket.service else { continue }
        contents.correspondents += clients.compactMap(\.correspondent).map { (service, $0) }
      case .lease: contents.leases.append(socket)
      case .client: break
      }
    }
    return RelayedSockets(contents)
  }
}

extension Godwit_Migration_Connections {
  /// How many clients of the guest's console follow it, with the command that it ran in.
  var followerCount: Int { clients.count + (console ? 1 : 0) }
}

extension ControlConnection {
  /// Hands a socket to the process that is to hold the guest.
  func hand(_ what: HandedSocket, _ socket: ByteStream) throws(Failure) {
    try withFailure("the process that is to hold the guest") { () throws(HostError) in
      try send(Array(JSON.line(what).utf8), handing: socket, timeout: 10_000_000_000)
    }
  }
}

extension PublishedPort {
  /// The address at which programs of this machine reach it.
  fileprivate var reachable: NetworkAddress {
    host.bytes.allSatisfy { $0 == 0 } ? .loopback(port: host.port) : host
  }
}
