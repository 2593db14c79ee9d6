import HostABI
import PosixHost
import Synchronization

/// Sockets of others that an arriving guest is given, until it has them: for its connections, and for its ports.
package final class RelayedSockets: Sendable {
  struct Contents: Sendable {
    /// By the numbers of the guest's own sockets.
    var connections: [UInt64: ByteStream] = [:]
    var ports: [ByteStream] = []
    /// Who has sent datagrams to the guest's ports. What comes later takes precedence.
    var correspondents: [(service: NetworkPermission.Service, correspondent: Correspondent)] = []
    /// Connections to the relays that have lent the ports: they take them back when these end.
    var leases: [ByteStream] = []
  }

  private let contents: Mutex<Contents>

  init(_ contents: Contents) { self.contents = Mutex(contents) }

  func takeConnections() -> [UInt64: ByteStream] {
    contents.withLock { contents in
      defer { contents.connections = [:] }
      return contents.connections
    }
  }

  func takePorts() -> [ByteStream] {
    contents.withLock { contents in
      defer { contents.ports = [] }
      return contents.ports
    }
  }

  /// Has `host` know who has sent datagrams to ports that are opened from now on.
  func introduceCorrespondents(to host: PosixHost) {
    let correspondents = contents.withLock { contents in
      defer { contents.correspondents = [] }
      return contents.correspondents
    }
    for (service, correspondent) in correspondents { host.introduce([correspondent], to: service) }
  }

  /// The guest runs: its ports are no longer those of the relays that have lent them.
  func keepPorts() {
    let leases = contents.withLock { contents in
      defer { contents.leases = [] }
      return contents.leases
    }
    for lease in leases {
      try? ControlConnection(joining: lease).send(ReturnRequest.keepPorts)
    }
  }
}
