package import HostABI

// Connections to the outside that live on when the guest moves: the host's streams are handed over, and the guest is
// given others in their place.

/// A TCP connection of the guest's to the outside.
package struct OutsideConnection {
  /// The number of the socket's inode, which it keeps.
  package let number: UInt64
  package let handle: HostHandle
}

extension Kernel {
  /// The snapshot that is to be taken is of a guest whose connections, and standard streams, will be relayed.
  package func expectRelay(_ isExpected: Bool) {
    network.outside.isRelayed = isExpected
    vfs.streams.areRelayed = isExpected
  }

  /// The TCP connections to the outside that are made, and that neither side has ended; by number.
  package var outsideConnections: [OutsideConnection] { network.outside.connections }

  /// The host's streams for published ports that the guest uses; by port.
  package var outsideServices: [(port: PublishedPort, handle: HostHandle)] {
    network.outside.listeners
  }

  /// Gives the guest that is about to be restored these streams in place of those that it had, by number.
  package func relayOutside(_ streams: [UInt64: HostHandle]) {
    network.outside.relayed = streams
  }
}

extension OutsideNetwork {
  fileprivate var connections: [OutsideConnection] {
    sockets.compactMap { socket in
      guard let tcp = socket as? TCPSocket, tcp.state == .connected, tcp.protocolState != .close,
        let stream = tcp.outside
      else { return nil }
      return OutsideConnection(number: tcp.socketInode.number, handle: stream.handle)
    }.sorted { $0.number < $1.number }
  }

  /// The stream in place of the one that socket `number` had; nil if there is none.
  ///
  /// - Parameter watch: how far the viewer was followed to whom it leads; nil: it leads to none.
  func takeRelayed(_ number: UInt64, _ watch: ViewerWatch?) -> OutsideStream? {
    relayed.removeValue(forKey: number).map { handle in
      OutsideStream(
        host, handle, viewer: watch.map { Viewer($0, isRelayed: true, displays) })
    }
  }

  /// Closes those that no socket has taken.
  func closeRelayed() {
    for handle in relayed.values { host.close(handle) }
    relayed = [:]
  }
}

extension TCPSocket {
  /// The guest was restored elsewhere: the connection goes on over a stream that was given for it, or is lost.
  ///
  /// - Parameter watch: as it was saved.
  func resumeOutside(_ watch: ViewerWatch?) {
    guard state == .connected, protocolState != .close,
      let stream = network.outside.takeRelayed(socketInode.number, watch)
    else { return losePeer() }
    use(stream)
    // The end that the guest has told the old stream may not have come through before the connection leaves that one.
    if isWriteShut { endWritingOutside(stream) }
  }
}
