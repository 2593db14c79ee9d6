package import HostABI

extension TestHost {
  func openNetwork(_ uri: StreamURI, _ options: OpenOptions) throws(HostError) -> HostHandle {
    guard let address = uri.networkAddress else { throw .invalid }
    let isDatagram = uri.scheme == .udp
    guard options.contains(.listen) else {
      guard options.isSuperset(of: [.read, .write]) else { throw .invalid }
      try network.permission.requireReachable(address)
      if isDatagram {
        let from = NetworkAddress([UInt8](repeating: 0, count: address.bytes.count), port: 0)
        let socket = try network.datagramSocket(from)
        socket.peer = address
        return adopt(OpenStream(target: .datagrams(socket), options: [.read, .write]))
      }
      return adopt(OpenStream(target: .connecting(address), options: [.read, .write]))
    }
    try network.permission.requireService(.init(isDatagram: isDatagram, address: address))
    if isDatagram {
      let socket = try network.datagramSocket(address)
      return adopt(OpenStream(target: .datagrams(socket), options: [.read, .write]))
    }
    return adopt(OpenStream(target: .listener(try network.listen(address)), options: []))
  }

  package func accept(_ handle: HostHandle)
    throws(HostError) -> (handle: HostHandle, peer: NetworkAddress)
  {
    try begin(.accept)
    guard case .listener(let listener) = try stream(handle).target else { throw .invalid }
    guard let connection = listener.accept() else { throw .wouldBlock }
    let accepted = OpenStream(target: .connection(connection), options: [.read, .write])
    return (adopt(accepted), connection.peer)
  }

  package func finishConnecting(_ handle: HostHandle) throws(HostError) {
    try begin(.finishConnecting)
    switch try stream(handle).target {
    case .connection: return
    case .connecting(let address):
      let connection = try network.connect(to: address)
      open[handle.rawValue]!.target = .connection(connection)
    default: throw .invalid
    }
  }

  package func endWriting(_ handle: HostHandle) throws(HostError) {
    try begin(.endWriting)
    guard case .connection(let connection) = try stream(handle).target else { throw .invalid }
    connection.finish()
  }

  package func localAddress(of handle: HostHandle) throws(HostError) -> NetworkAddress {
    try begin(.localAddress)
    switch try stream(handle).target {
    case .connection(let connection): return connection.local
    case .listener(let listener): return listener.address
    case .datagrams(let socket): return socket.address
    default: throw .invalid
    }
  }

  package func send(_ handle: HostHandle, _ bytes: RawSpan, to address: NetworkAddress?)
    throws(HostError)
  {
    try begin(.send)
    guard case .datagrams(let socket) = try stream(handle).target else { throw .invalid }
    guard let receiver = address ?? socket.peer else { throw .invalid }
    if !socket.correspondents.contains(receiver) {
      try network.permission.requireReachable(receiver)
    }
    guard bytes.byteCount <= 65507 else { throw .messageTooLong }
    socket.send(bytes.array, to: receiver)
  }

  package func receive(_ handle: HostHandle, into buffer: inout MutableRawSpan)
    throws(HostError) -> (count: Int, source: NetworkAddress)
  {
    try begin(.receive)
    guard case .datagrams(let socket) = try stream(handle).target else { throw .invalid }
    guard let datagram = socket.receive() else { throw .wouldBlock }
    socket.correspondents.insert(datagram.source)
    let count = min(buffer.byteCount, datagram.bytes.count)
    buffer.copy(datagram.bytes, 0..<count)
    return (count, datagram.source)
  }

  /// Whether something has come in for a stream of the network, or can go out.
  func networkReadiness(_ target: OpenStream.Target) -> Readiness {
    switch target {
    case .connection(let connection): connection.readiness
    // Whoever asks learns how it went.
    case .connecting: .writable
    case .listener(let listener): listener.waiting.isEmpty ? [] : .readable
    case .datagrams(let socket): socket.isReadable ? [.readable, .writable] : .writable
    case .file, .stream: []
    }
  }
}
