import HostABI
import LinuxABI
import Machine

// Datagrams to and from the outside, by sockets of the host's.
extension UDPSocket {
  /// The longest datagram that can be received.
  private static let longest = 65536

  /// The host's stream is a published port.
  var isPublished: Bool { outside?.isPublished ?? false }

  /// Called after a change of the peer: the host's stream has the old one.
  func forgetRouteOutside() {
    if !isPublished { leaveOutside() }
  }

  /// Sends to `destination`, which is not an address of the guest.
  func sendOutside(_ bytes: [UInt8], to destination: Endpoint) throws(Errno) -> SendOutcome {
    let address =
      isPublished
      ? network.outside.answerAddress(of: destination)
      : try network.outside.hostAddress(of: destination)
    // A connected socket is connected outside too, so that it gets errors such as ECONNREFUSED.
    let isForPeer = !isPublished && remote == destination
    if outside == nil {
      use(
        isForPeer
          ? try network.outside.open(StreamURI(udp: address), [.read, .write])
          : try openForSending(to: address))
    }
    guard let outside else { throw .ENETUNREACH }
    do throws(Errno) {
      try outside.call(.writable) { () throws(HostError) in
        try bytes.withRawSpan { (span) throws(HostError) in
          try outside.host.send(outside.handle, span, to: isForPeer ? nil : address)
        }
      }
    } catch {
      if error == .EAGAIN { return .wait(on: waitQueue) }
      throw error
    }
    return .sent(bytes.count)
  }

  /// A stream of the host that sends to all addresses that the socket can have: to both families if it is of IPv6.
  private func openForSending(to address: NetworkAddress) throws(Errno) -> OutsideStream {
    if family == .AF_INET6, !isV6Only {
      let both = NetworkAddress([UInt8](repeating: 0, count: 16), port: 0)
      do throws(Errno) { return try network.outside.open(StreamURI(udp: both), .listen) } catch {
        // The host may know no IPv6.
        guard !address.isIPv6 else { throw error }
      }
    }
    return try network.outside.open(StreamURI(udp: .any(like: address)), .listen)
  }

  /// Receives the next datagram from outside, if there is one.
  func fetchOutside() throws(Errno) {
    guard let outside, !isReadShut else { return }
    var buffer = [UInt8](repeating: 0, count: Self.longest)
    while datagrams.isEmpty {
      let received: (count: Int, source: NetworkAddress)
      do throws(Errno) {
        received = try outside.call(.readable) { () throws(HostError) in
          try buffer.withMutableRawSpan { (span) throws(HostError) in
            try outside.host.receive(outside.handle, into: &span)
          }
        }
      } catch .EAGAIN { return }
      let source = network.outside.endpoint(of: received.source, for: self)
      // Nobody can be shown to a socket that could not send to it.
      guard accepts(source.address) else { continue }
      // As inside, a connected socket receives only from its peer.
      if let remote, remote != source { continue }
      var datagram = SocketMessage()
      datagram.bytes = Array(buffer[..<received.count])
      datagram.source = .endpoint(source)
      datagram.packet = PacketInfo(
        destination: OutsideNetwork.guest(like: source.address), hopLimit: 64, trafficClass: 0)
      datagram.time = network.now
      queue(datagram)
    }
  }

  func eventsOutside(_ outside: OutsideStream) -> PollEvents {
    let ready = outside.readiness([.readable])
    var events: PollEvents = []
    if ready.contains(.readable) { events.formUnion(.readable) }
    if ready.contains(.error) { events.insert(.POLLERR) }
    return events
  }
}
