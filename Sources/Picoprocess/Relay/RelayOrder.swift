/// What the command that moves a guest tells its end of the relay. Each is answered by a `RelayReport`.
enum RelayOrder: Codable {
  /// Be the end of this migration's relay, and found under its name.
  ///
  /// - `earlier`: the migrations whose relays the guest's connections go by already, the last one last.
  /// - `guest`, `peer`: the guest and the other machine, for people.
  case listen(migration: String, earlier: [String], guest: String, peer: String)
  /// Make links to the end `name` at the first of these machines, and say whether the first one could be made. The others
  /// may be reached if the guest moves on.
  ///
  /// - `name`: nil: the other end makes the links, and all of the machines are for a guest that moves on.
  case dial(machines: [RemoteShell], name: String?)
  /// Take the guest's connections from the process that has it, which stands for the sake of this migration; relay
  /// them when it has given the guest away, and for so many nanoseconds more those that come to its published ports.
  case collect(guest: String, migration: String, forwarding: Int64)
  /// The socket that comes along is the guest's connection `number`.
  case attach(number: UInt64)
  /// The guest knows these clients of its ports, and speaks to them at addresses of the relay, which the report has.
  /// `ports` is where it will have its ports.
  case introduce(clients: [RelayedCorrespondent], ports: [RelayedPort])
  /// Those were all. Connections to the ports of the guest are made to these addresses.
  case relay(ports: [RelayedPort])
  /// Relay the guest's console, too: the next stream that is there from the beginning. The order is that of `collected`.
  ///
  /// - `client`: for a client that was attached before; nil: for the guest's former process.
  case console(client: RelayedClient?)
  /// The guest runs here. Take back those of its connections that these relays have.
  case bringHome(relays: [String])
}

enum RelayReport: Codable {
  case done
  case failed(reason: String)
  /// The numbers of the guest's connections and the clients of its console, in the order of their streams; whether the
  /// last stream is its console; and who has sent it datagrams.
  case collected(
    numbers: [UInt64], clients: [RelayedClient], hasConsole: Bool,
    correspondents: [RelayedCorrespondent])
  case introduced(clients: [RelayedCorrespondent])
}

/// Where a port of the guest is published.
struct RelayedPort: Codable, Hashable {
  var port: UInt16
  var isDatagram: Bool
  /// As in `127.0.0.1:80`.
  var address: String
}

/// What is handed over with a socket: by the process of a guest to a relay, or to the process that is to hold the guest.
enum HandedSocket: Codable, Sendable {
  case connection(number: UInt64)
  /// The socket listens for connections to the guest's port, or takes datagrams. These have sent some.
  case service(port: UInt16, isDatagram: Bool, correspondents: [RelayedCorrespondent])
  /// A connection to the relay that lends the services.
  case lease
  /// A client of the guest's console.
  case client(HandedClient)
}

/// What a client of a guest's console wants.
struct RelayedClient: Codable, Sendable {
  var wantsOutput: Bool
  var givesInput: Bool
}

/// A client that follows a guest, with what was under way.
struct HandedClient: Codable, Sendable {
  var client: RelayedClient
  /// What the relay that it comes by has called it; nil: it comes by none.
  var token: UInt64?
  /// Bytes that are to be sent to it first, and those of its that are to be taken first.
  var undelivered: [UInt8]
  var unheard: [UInt8]

  init(_ client: DepartingClient) {
    self.client = RelayedClient(wantsOutput: client.wantsOutput, givesInput: client.givesInput)
    token = client.token
    (undelivered, unheard) = (client.undelivered, client.unheard)
  }
}

/// The two ends of a link that somebody has made to a relay which waits for it: first the input, then the output.
enum RelayJoin: Codable {
  case input, output
  /// The output of a shortcut.
  case shortcut
}

/// What a relay at the machine where a guest has come home is asked.
enum ReturnRequest: Codable {
  /// Name the ports that are forwarded.
  case listPorts
  /// Share the sockets of these, and leave them alone until the connection over which this was asked ends.
  case lendPorts(ports: [RelayedPort])
  /// The guest runs: they are its own again.
  case keepPorts
  /// Give the guest's connection `number` back. There is an answer to that, and another one when what is under way has
  /// come.
  case giveBack(number: UInt64)
}

enum ReturnAnswer: Codable {
  case ports(ports: [RelayedPort])
  /// So many sockets follow, each with a `HandedSocket`.
  case lending(count: Int)
  case unknown(number: UInt64)
  case accepted(number: UInt64)
  /// With the socket.
  case returned(number: UInt64)
}

/// A relay, as `godwit ps` shows it.
package struct RelayInfo: Sendable, Hashable, Codable {
  package var guest: String
  /// The other machine.
  package var peer: String
  package var connections: Int
  /// Those of them that are on a link between machines; the others have come home, where only this process is between.
  package var linkedConnections: Int?
  /// Ports of the guest whose connections are relayed, and their addresses here.
  package var forwarded: [UInt16]
  package var addresses: [String]
  /// Whether there is a link now.
  package var isLinked: Bool
}
