import HostABI
import LinuxABI
import Machine

extension SyscallTable {
  static let nativeNetworkRows: [SyscallRow] = [
    nativeCall(32, "accept(_:)", [.fd, .address]) { call throws(Errno) in
      let listener = try tcp(call)
      guard listener.isListening else { throw .EINVAL }
      guard call.files.hasRoom(limit: call.process.limits.openFileLimit) else { throw .EMFILE }
      guard let socket = try listener.accept() as? TCPSocket else { throw .EINVAL }
      socket.retain()
      defer { socket.release() }
      socket.flags.insert(.O_NONBLOCK)
      try store(socket.remote ?? socket.local, call, 1)
      return try call.giveHandle(socket)
    },
    nativeCall(33, "finishConnecting(_:)", [.fd]) { call throws(Errno) in
      let socket = try tcp(call)
      guard !socket.isListening else { throw .EINVAL }
      // It failed before, and said so then.
      guard let remote = socket.remote else { throw socket.takeError() ?? .ECONNRESET }
      do throws(Errno) {
        guard case .connected = try socket.connect(remote.socketAddress(socket.family), call) else {
          throw .EAGAIN
        }
      } catch { if error != .EISCONN { throw error } }
      return .success
    },
    nativeCall(34, "endWriting(_:)", [.fd]) { call throws(Errno) in
      let socket = try tcp(call)
      guard !socket.isListening else { throw .EINVAL }
      try socket.shutdown(.SHUT_WR)
      return .success
    },
    nativeCall(35, "localAddress(of:)", [.fd, .address]) { call throws(Errno) in
      guard let socket = try call.handle(0) as? InternetSocket else { throw .EINVAL }
      try store(socket.local, call, 1)
      return .success
    },
    nativeCall(36, "send(_:_:to:)", [.fd, .inBuffer(length: 2), .size, .address]) {
      call throws(Errno) in
      let socket = try udp(call)
      var message = OutgoingMessage(flags: .MSG_DONTWAIT)
      if !call.address(3).isNull {
        // One with a peer sends to nobody else.
        guard socket.remote == nil else { throw .EINVAL }
        message.destination = try NetworkAddress(call, 3).endpoint.socketAddress(socket.family)
      } else if socket.remote == nil {
        throw .EINVAL
      }
      let bytes = try call.bytes(1, limit: 65535, orElse: .EMSGSIZE)
      guard case .sent = try socket.send(bytes, message, call) else { throw .EAGAIN }
      return .success
    },
    nativeCall(37, "receive(_:into:)", [.fd, .outBuffer, .size, .address]) { call throws(Errno) in
      let socket = try udp(call)
      // What was received can't be put back, so its place must be there.
      let room = Int(min(call[2], 65535))
      try call.store([UInt8](repeating: 0, count: room), to: call.address(1))
      try store(socket.local, call, 3)
      guard let message = try socket.receive([]) else { return .value(0) }
      let part = Array(message.bytes.prefix(room))
      try call.store(part, to: call.address(1))
      if case .endpoint(let source) = message.source { try store(source, call, 3) }
      return .value(part.count)
    },
  ]
}

private func tcp(_ call: SyscallContext) throws(Errno) -> TCPSocket {
  guard let socket = try call.handle(0) as? TCPSocket else { throw .EINVAL }
  return socket
}

private func udp(_ call: SyscallContext) throws(Errno) -> UDPSocket {
  guard let socket = try call.handle(0) as? UDPSocket else { throw .EINVAL }
  return socket
}

private func store(_ endpoint: Endpoint, _ call: SyscallContext, _ index: Int) throws(Errno) {
  var writer = ByteWriter()
  writer.write(NetworkAddress(endpoint))
  try call.store(writer.bytes, to: call.address(index))
}

extension SyscallContext {
  /// Opens `tcp:` and `udp:` on the network of the library OS, which knows what of the outside the run allows.
  func openSocket(_ address: NetworkAddress, _ options: OpenOptions, isStream: Bool)
    throws(Errno) -> SyscallResult
  {
    let listens = options.contains(.listen)
    guard options.subtracting([.read, .write, .listen]).isEmpty,
      listens || options.isSuperset(of: [.read, .write])
    else { throw .EINVAL }
    let network = kernel.network
    let family: AddressFamily = address.isIPv6 ? .AF_INET6 : .AF_INET
    let socket: InternetSocket =
      isStream
      ? try TCPSocket(network, family, inode: network.makeInode(for: task))
      : try UDPSocket(network, family, .IPPROTO_UDP, inode: network.makeInode(for: task))
    socket.retain()
    defer { socket.release() }
    socket.flags.insert(.O_NONBLOCK)
    let name = address.endpoint.socketAddress(family)
    if listens {
      try socket.bind(name, self)
      if isStream { try socket.listen(Network.backlogLimit, self) }
    } else {
      // Whether it is connected, `finishConnecting` says.
      _ = try socket.connect(name, self)
    }
    return try giveHandle(socket)
  }
}
