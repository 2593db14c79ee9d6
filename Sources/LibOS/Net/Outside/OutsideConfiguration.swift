package import HostABI

/// What the guest has of the network outside; nothing unless said otherwise.
package struct OutsideConfiguration: Hashable, Sendable {
  /// It may connect and send to other machines.
  package var reachesOthers = false
  /// It may connect to programs of this machine, by the gateway's address.
  package var reachesLoopback = false
  /// Who answers the guest's questions for names.
  package var resolver: NetworkAddress?
  /// Ports of the guest that others may connect and send to.
  package var published: [PublishedPort] = []
  /// A snapshot is refused while there are connections to the outside, instead of breaking them.
  package var refusesToBreak = false

  package init() {}

  /// The guest has an interface beside the loopback one.
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

  /// By which the host opens it.
  package var uri: StreamURI { isDatagram ? StreamURI(udp: host) : StreamURI(tcp: host) }
}
