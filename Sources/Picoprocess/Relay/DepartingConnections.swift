import HostABI
import MigrationMessages
import PosixHost

/// What becomes of a guest's connections to the outside when it moves: `--connections`.
package enum MovedConnections: String, Sendable, Hashable, CaseIterable {
  /// They go on, by way of the machine that the guest leaves.
  case relay
  case reset
  /// A guest that has any does not move.
  case refuse
}

/// How long new connections to the ports of a guest that has moved are relayed.
package struct ForwardingTime: Sendable, Hashable, CustomStringConvertible {
  package let nanoseconds: Int64

  package static let standard = ForwardingTime(nanoseconds: 600_000_000_000)

  init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// - Parameter text: a period, or 0.
  package init?(_ text: String) {
    guard text != "0" else {
      self.init(nanoseconds: 0)
      return
    }
    guard let period = Period(text) else { return nil }
    self.init(nanoseconds: period.nanoseconds)
  }

  package var description: String {
    nanoseconds == 0 ? "0" : "\(max(1, nanoseconds / 1_000_000))ms"
  }
}

/// The sender's part in what becomes of the connections.
struct DepartingConnections {
  /// What the user wants.
  let policy: MovedConnections
  let forwarding: ForwardingTime
  /// Machines where the relay may find the guest when it moves on: those that this machine's own user has named.
  let follow: [RemoteHost]
  /// The near end of the relay; nil: there is none.
  private(set) var relay: RelayStarter?

  /// Forks, if connections may have to be relayed: the first thing to do, see `DetachedChild`.
  init(_ policy: MovedConnections, _ forwarding: ForwardingTime, follow: [RemoteHost])
    throws(Failure)
  {
    self.policy = policy
    self.forwarding = forwarding
    self.follow = policy == .relay ? try follow + FollowedMachines.configured() : []
    relay = policy == .relay ? try RelayStarter(isNear: true, follows: !self.follow.isEmpty) : nil
  }

  var areRelayed: Bool { relay != nil }

  /// Ends the relay if there is nothing that `guest` could need it for.
  mutating func settle(for guest: GuestDescription) {
    if !guest.needsRelay { relay = nil }
  }

  /// Names the connections that may not break.
  func check(_ guest: GuestDescription) throws(Failure) {
    if policy == .refuse { try refuse(guest.connections ?? 0) }
  }

  private func refuse(_ count: Int) throws(Failure) {
    guard count > 0 else { return }
    throw Failure(
      "it has \(count == 1 ? "an open connection" : "\(count) open connections") to the outside: say --connections relay, or reset"
    )
  }

  /// Has the near end be there for links.
  func listen(_ guest: GuestDescription, _ migration: String, _ peer: String) throws(Failure) {
    try relay?.carryOut(
      .listen(
        migration: migration, earlier: guest.relays ?? [], guest: guest.name, peer: peer))
  }

  /// Has the near end make links, and waits for the first one.
  ///
  /// - Parameter shell: reaches the far end; nil: only that can make links between them.
  func dial(_ shell: RemoteShell?, _ migration: String) throws(Failure) {
    if let shell {
      try relay?.dial(shell, RelayName.far(migration), follow: follow)
    } else if !follow.isEmpty {
      let machines = try follow.map { (machine) throws(Failure) in try RemoteShell(remote: machine)
      }
      try relay?.carryOut(.dial(machines: machines, name: nil))
    }
  }

  /// Takes the connections of a guest that stands.
  ///
  /// - Returns: what the receiver is told of them.
  func collect(_ guest: GuestDescription, _ migration: String) throws(Failure)
    -> Godwit_Migration_Connections
  {
    let report = try relay?.carryOut(
      .collect(
        guest: guest.name, migration: migration, forwarding: forwarding.nanoseconds))
    var message = Godwit_Migration_Connections()
    if case .collected(let numbers, let clients, let hasConsole, let correspondents) = report {
      message.correspondents = messageData(RelayedCorrespondent.wire(correspondents, .narrow))
      message.wideCorrespondents = messageData(RelayedCorrespondent.wire(correspondents, .wide))
      message.numbers = numbers
      message.clients = clients.map { client in
        var message = Godwit_Migration_Client()
        message.output = client.wantsOutput
        message.input = client.givesInput
        return message
      }
      message.console = hasConsole
    }
    return message
  }

  /// The same as `check`, for connections that were made while the guest was on its way.
  func checkAgain(_ guest: GuestDescription, _ migration: String) throws(Failure) {
    guard policy == .refuse else { return }
    try refuse(
      try HandedSockets(of: guest.name, migration, limit: RelayEnd.streamLimit).connectionCount)
  }
}
