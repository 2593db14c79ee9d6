/// What the command that moves a guest tells its end of the relay. Each is answered by a `RelayReport`.
enum RelayOrder: Codable {
  /// Be found under this name.
  ///
  /// - `guest`, `peer`: the guest and the other machine, for people.
  case listen(name: String, guest: String, peer: String)
  /// Make links with this command, and say whether the first one could be made.
  ///
  /// - `carries`: bring godwit there if it is not: the program `carried`, or this one's own.
  case dial(words: [String], carries: Bool, carried: String?)
  /// Take the guest's connections from the process that has it, which stands for the sake of this migration; relay
  /// them when it has given the guest away, and for so many nanoseconds more those that come to its published ports.
  case collect(guest: String, migration: String, forwarding: Int64)
  /// The socket that comes along is the guest's connection `number`.
  case attach(number: UInt64)
  /// Those were all. Connections to the ports of the guest are made to these addresses.
  case relay(ports: [RelayedPort])
  /// Relay the guest's console, too: the last stream that is there from the beginning.
  case console
  /// The guest runs here. Take back those of its connections that these relays have.
  case bringHome(relays: [String])
}

enum RelayReport: Codable {
  case done
  case failed(reason: String)
  /// The numbers of the guest's connections, in the order of their streams; and whether one more is its console.
  case collected(numbers: [UInt64], hasConsole: Bool)
}

/// Where a port of the guest is published.
struct RelayedPort: Codable {
  var port: UInt16
  var isDatagram: Bool
  /// As in `127.0.0.1:80`.
  var address: String
}

/// What the process of a guest hands to a relay, each with its socket.
enum HandedSocket: Codable, Sendable {
  case connection(number: UInt64)
  /// The socket listens for connections to the guest's port, or takes datagrams.
  case service(port: UInt16, isDatagram: Bool)
}

/// The two ends of a link that somebody has made to a relay which waits for it.
enum RelayJoin: Codable {
  case input, output
}

/// What a relay at the machine where a guest has come home is asked.
enum ReturnRequest: Codable {
  /// Relay no more new connections: the guest opens its ports itself.
  case stopForwarding
  /// Give the guest's connection `number` back. There is an answer to that, and another one when what is under way has
  /// come.
  case giveBack(number: UInt64)
}

enum ReturnAnswer: Codable {
  case stopped
  case unknown(number: UInt64)
  case accepted(number: UInt64)
  /// With the socket.
  case returned(number: UInt64)
}

/// The name under which an end of a relay is found. Who knows it can take its connections.
enum RelayName {
  private static let digits = 16

  /// Of the end that has the connections.
  static func near(_ migration: String) -> String { "relay-\(migration.prefix(digits)).near" }

  /// Of the end where the guest is.
  static func far(_ migration: String) -> String { "relay-\(migration.prefix(digits)).far" }
}

/// A relay, as `godwit ps` shows it.
package struct RelayInfo: Sendable, Hashable, Codable {
  package var guest: String
  /// The other machine.
  package var peer: String
  package var connections: Int
  /// Ports of the guest whose connections are relayed.
  package var forwarded: [UInt16]
  /// Whether there is a link now.
  package var isLinked: Bool
}
