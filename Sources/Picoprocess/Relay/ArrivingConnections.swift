import HostABI
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
        name: RelayName.far(offer.migration), guest: name,
        peer: shell.map { "\($0.remote)" } ?? "the sender"))
    if let shell { try relay.dial(shell, RelayName.near(offer.migration)) }
  }

  /// Has relays that the guest's connections go by, and that are here, give up the guest's ports: it opens them itself.
  func reclaimPorts(_ offer: MigrationOffer) {
    for relay in offer.earlier {
      guard let home = try? ControlDirectory.standard().connect(to: RelayName.near(relay)) else {
        continue
      }
      try? home.send(ReturnRequest.stopForwarding)
      _ = try? home.receive(timeout: 5_000_000_000)
    }
  }

  /// Has them give its connections back. It runs here now.
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
      let line = Array(JSON.line(HandedSocket.connection(number: number)).utf8)
      try withFailure("the process that is to hold the guest") { () throws(HostError) in
        try holder.send(line, handing: guests, timeout: 10_000_000_000)
      }
      try relay.carryOut(.attach(number: number), handing: relays)
    }
    let ports = options.publish.map(\.port).map {
      RelayedPort(port: $0.port, isDatagram: $0.isDatagram, address: "\($0.reachable)")
    }
    try relay.carryOut(.relay(ports: ports))
  }

  /// Has the relay be attached to the guest, which does not run yet.
  func joinConsole() throws(Failure) { try relay.carryOut(.console) }

  /// Receives what `join` sends, in the process that holds the guest.
  static func receive(_ count: Int, over connection: ControlConnection) throws(Failure)
    -> RelayedSockets
  {
    var sockets: [UInt64: ByteStream] = [:]
    for _ in 0..<count {
      let line = try withFailure("connections to be relayed") { () throws(HostError) in
        try connection.receive(timeout: 60_000_000_000)
      }
      guard let line, case .connection(let number) = JSON.decode(HandedSocket.self, from: line),
        let socket = connection.takeSocket()
      else { throw Failure("a connection to be relayed is missing") }
      sockets[number] = socket
    }
    return RelayedSockets(sockets)
  }
}

extension PublishedPort {
  /// The address at which programs of this machine reach it.
  fileprivate var reachable: NetworkAddress {
    host.bytes.allSatisfy { $0 == 0 } ? .loopback(port: host.port) : host
  }
}
