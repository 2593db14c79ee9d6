import HostABI
import JSONText
import LibOS
import PosixHost

/// The published ports of a guest that comes home, which relays of this machine have: they lend it their sockets, so
/// that whoever connects meanwhile waits, and is not refused.
final class ReturningPorts {
  /// What is wanted of each relay, by its name.
  private let offers: [(relay: String, ports: [RelayedPort])]
  private var sockets: [(what: HandedSocket, socket: ByteStream)] = []

  private static let patience: Int64 = 5_000_000_000

  /// Asks the relays.
  ///
  /// - Parameter migrations: those after which they stayed behind.
  /// - Parameter published: the ports that the guest will have here.
  init(_ migrations: [String], _ published: [PublishOption]) {
    var offers: [(String, [RelayedPort])] = []
    for name in migrations.map(RelayName.near) {
      guard let home = try? ControlDirectory.standard().connect(to: name),
        case .ports(let ports) = Self.ask(home, .listPorts)
      else { continue }
      let wanted = ports.filter { port in published.contains { port.leads(to: $0.port) } }
      if !wanted.isEmpty { offers.append((name, wanted)) }
    }
    self.offers = offers
  }

  /// Whether a relay has `port`.
  func include(_ port: PublishedPort) -> Bool {
    offers.contains { $0.ports.contains { $0.leads(to: port) } }
  }

  /// Borrows the sockets: the guest stands, and the relays accept no more connections.
  ///
  /// - Returns: how many `hand(to:)` will hand over.
  func borrow() -> Int {
    for offer in offers {
      // A port of one that has ended is free.
      guard let home = try? ControlDirectory.standard().connect(to: offer.relay),
        case .lending(let count) = Self.ask(home, .lendPorts(ports: offer.ports)),
        count <= offer.ports.count
      else { continue }
      for _ in 0..<count {
        guard let line = try? home.receive(timeout: Self.patience),
          let what = JSON.decode(HandedSocket.self, from: line), let socket = home.takeSocket()
        else { break }
        sockets.append((what, socket))
      }
      sockets.append((.lease, home.becomeStream().stream))
    }
    return sockets.count
  }

  /// Hands them to the process that is to hold the guest.
  func hand(to holder: ControlConnection) throws(Failure) {
    for (what, socket) in sockets { try holder.hand(what, socket) }
    sockets = []
  }

  private static func ask(_ home: ControlConnection, _ request: ReturnRequest) -> ReturnAnswer? {
    do throws(HostError) {
      try home.send(request)
      return try home.receive(timeout: patience)
        .flatMap { JSON.decode(ReturnAnswer.self, from: $0) }
    } catch { return nil }
  }
}

extension RelayedPort {
  /// Whether it has the address of `port`.
  fileprivate func leads(to port: PublishedPort) -> Bool {
    (isDatagram, address) == (port.isDatagram, "\(port.host)")
  }
}
