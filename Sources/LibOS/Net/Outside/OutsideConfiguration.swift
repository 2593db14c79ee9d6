package import HostABI

/// The guest's access to the network outside; none by default.
package struct OutsideConfiguration: Hashable, Sendable {
  /// It may connect to other machines and send to them.
  package var reachesOthers = false
  /// It may connect to programs of this machine, at the gateway's address.
  package var reachesLoopback = false
  /// The guest's name server.
  package var resolver: NetworkAddress?
  /// The published ports of the guest.
  package var published: [PublishedPort] = []
  /// Snapshots are refused while there are connections to the outside, instead of breaking these.
  package var refusesToBreak = false

  package init() {}

  /// Whether the guest has an interface besides the loopback interface.
  package var isThere: Bool { reachesOthers || reachesLoopback || !published.isEmpty }
}

/// A port of the guest, and the address on the host that leads to it.
package struct PublishedPort: Hashable, Sendable {
  package var isDatagram: Bool
  package var host: NetworkAddress
  package var port: UInt16

  package init(isDatagram: Bool, host: NetworkAddress, port: UInt16) {
    self.isDatagram = isDatagram
    self.host = host
    self.port = port
  }

  /// The URI by which the host opens it.
  package var uri: StreamURI { isDatagram ? StreamURI(udp: host) : StreamURI(tcp: host) }
}
