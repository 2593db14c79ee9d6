internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

// TCP sockets that are handed from one process to another, or relayed.
extension ByteStream {
  /// Two ends of a TCP connection within this machine. Unlike a pair of unix sockets it can be reset.
  package static func loopbackPair() throws(HostError) -> (ByteStream, ByteStream) {
    let any = NetworkAddress.loopback(port: 0)
    let listener = ByteStream(try system_socket(any, isDatagram: false))
    try system_bind(listener.descriptor, any, mayReuse: false)
    try system_listen(listener.descriptor, 8)
    let first = try connect(to: try system_local_address(listener.descriptor))
    let address = try system_local_address(first.descriptor)
    let deadline = HostProcess.monotonicTime + 5_000_000_000
    while true {
      do throws(HostError) {
        let (second, peer) = try listener.accept()
        // Any program of this machine may have connected, too.
        if peer == address { return (first, second) }
      } catch .wouldBlock {
        var items = [PollItem(.stream(listener))]
        let rest = deadline - HostProcess.monotonicTime
        guard rest > 0 else { throw .timedOut }
        PollItem.wait(&items, timeout: rest)
      }
    }
  }

  /// Begins to connect to `address`: a failure shows when it is written or read.
  package static func connect(to address: NetworkAddress) throws(HostError) -> ByteStream {
    let stream = ByteStream(try system_socket(address, isDatagram: false))
    try system_connect(stream.descriptor, address)
    return stream
  }

  /// The next connection to a socket that listens. Throws `wouldBlock` if there is none.
  package func accept() throws(HostError) -> (stream: ByteStream, peer: NetworkAddress) {
    let (accepted, peer) = try system_accept_internet(descriptor)
    return (ByteStream(accepted), peer)
  }

  /// Its address at this machine; nil if it is no socket of the internet.
  package var localAddress: NetworkAddress? {
    withExtendedLifetime(self) { try? system_local_address(descriptor) }
  }

  /// The address that it is connected to; nil if there is none.
  package var peerAddress: NetworkAddress? {
    withExtendedLifetime(self) { try? system_peer_address(descriptor) }
  }

  /// A socket for datagrams to `address` and from there.
  package static func connectDatagrams(to address: NetworkAddress) throws(HostError) -> ByteStream {
    let stream = ByteStream(try system_socket(address, isDatagram: true))
    try system_connect(stream.descriptor, address)
    return stream
  }

  /// The longest datagram (UDP over IPv4).
  package static let datagramLimit = 65_507

  /// The next datagram, and its sender. Throws `wouldBlock` if there is none.
  package func receiveDatagram() throws(HostError) -> (bytes: [UInt8], source: NetworkAddress) {
    var bytes = [UInt8](repeating: 0, count: Self.datagramLimit)
    let (count, source) = try bytes.lendMutable { (span) throws(HostError) in
      try system_receive_from(descriptor, &span)
    }
    bytes.removeLast(bytes.count - count)
    return (bytes, source)
  }

  /// - Parameter address: nil: the socket's peer.
  package func sendDatagram(_ bytes: [UInt8], to address: NetworkAddress?) throws(HostError) {
    try bytes.lend { (span) throws(HostError) in try system_send_to(descriptor, span, address) }
  }

  /// Shuts down the writing side.
  package func endWriting() { try? system_end_writing(descriptor) }

  /// Has the connection be reset when it is closed.
  package func resetAtClose() { godwit_reset_at_close(descriptor) }
}

extension PosixHost {
  /// The socket of an open `tcp:` stream, which another process may have, too.
  package func share(_ handle: HostHandle) throws(HostError) -> ByteStream {
    _ = try stream(handle)
    return ByteStream(try system_fcntl(handle.rawValue, F_DUPFD_CLOEXEC, 3))
  }

  /// A stream of this host for a socket that another process has handed over.
  package func adopt(_ socket: ByteStream) throws(HostError) -> HostHandle {
    try withExtendedLifetime(socket) { () throws(HostError) in
      try adopt(try system_fcntl(socket.descriptor, F_DUPFD_CLOEXEC, 3))
    }
  }
}

extension ControlConnection {
  /// Messages over `stream`.
  package convenience init(joining stream: ByteStream) throws(HostError) {
    self.init(
      try withExtendedLifetime(stream) { () throws(HostError) in
        try system_fcntl(stream.descriptor, F_DUPFD_CLOEXEC, 3)
      })
  }

  /// Sends `message` with `socket`.
  package func send(_ message: [UInt8], handing socket: ByteStream, timeout: Int64)
    throws(HostError)
  {
    try withExtendedLifetime(socket) { () throws(HostError) in
      try send(message, socket.descriptor, timeout)
    }
  }

  /// Takes the socket that came with the last message; nil if there is none.
  package func takeSocket() -> ByteStream? {
    guard let descriptor = takeDescriptor() else { return nil }
    guard let status = try? system_fstat(descriptor), FileKind(mode: status.st_mode) == .socket
    else {
      system_close(descriptor)
      return nil
    }
    return ByteStream(descriptor)
  }

  /// A link whose ends came with two messages: first what is read from, then what is written to.
  package func takeLinkEnd() -> LinkEnd? { takeDescriptor().map { LinkEnd($0) } }

  /// Sends `message` with a standard stream of this process.
  package func send(_ message: [UInt8], handingStandardStream number: Int32) throws(HostError) {
    try send(message, number, 10_000_000_000)
  }

  /// Sends two messages: the first with what `link` reads from, the second with what it writes to.
  package func send(_ messages: [[UInt8]], handing link: ByteLink) throws(HostError) {
    try withExtendedLifetime(link) { () throws(HostError) in
      for (message, descriptor) in zip(messages, [link.input, link.output]) {
        try send(message, descriptor, 10_000_000_000)
      }
    }
  }

  /// Sends `message` with `link`, which is a socket.
  package func send(_ message: [UInt8], handing link: ByteLink) throws(HostError) {
    try withExtendedLifetime(link) { () throws(HostError) in
      try send(message, link.input, 10_000_000_000)
    }
  }

  /// Takes the socket that came with the last message as a link; nil if there is none.
  package func takeLink() throws(HostError) -> ByteLink? {
    guard let descriptor = takeDescriptor() else { return nil }
    do throws(HostError) { return try ByteLink(input: descriptor, output: descriptor) } catch {
      system_close(descriptor)
      throw error
    }
  }

  /// Closes this process's copy of a connection that it has of the process that forked it.
  package func abandon() { system_close(descriptor) }
}

/// One direction of a link that another process has made.
package final class LinkEnd {
  private var descriptor: Int32?

  fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { if let descriptor { system_close(descriptor) } }

  /// The link in both directions. Takes both ends.
  package static func join(input: LinkEnd, output: LinkEnd) throws(HostError) -> ByteLink {
    guard let from = input.descriptor, let to = output.descriptor else { throw .invalid }
    input.descriptor = nil
    output.descriptor = nil
    return try ByteLink(input: from, output: to)
  }
}
