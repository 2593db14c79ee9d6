import LinuxABI
import Machine

extension SyscallTable {
  package static let socketRows: [SyscallRow] = [
    SyscallRow(
      "socket", x64: 41, generic: 198, [.oneOf(AddressFamily.self), .socketType, .int],
      support: .partial,
      note:
        "unix, IPv4, IPv6 and route netlink; nothing raw, and no sock_diag: connections are streams of bytes here, and no packets are made that a raw socket could see",
      sys_socket),
    SyscallRow(
      "socketpair", x64: 53, generic: 199,
      [.oneOf(AddressFamily.self), .socketType, .int, .address], sys_socketpair),
    SyscallRow(
      "bind", x64: 49, generic: 200, [.fd, .socketAddress(length: 2), .unsigned], sys_bind),
    SyscallRow("listen", x64: 50, generic: 201, [.fd, .int], sys_listen),
    SyscallRow("accept", x64: 43, generic: 202, [.fd, .address, .address]) { call throws(Errno) in
      try accept(call, [])
    },
    SyscallRow(
      "accept4", x64: 288, generic: 242, [.fd, .address, .address, .flags(of: SocketFlags.self)]
    ) { call throws(Errno) in
      try accept(call, SocketFlags(rawValue: call.uint(3)))
    },
    SyscallRow(
      "connect", x64: 42, generic: 203, [.fd, .socketAddress(length: 2), .unsigned], sys_connect),
    SyscallRow("getsockname", x64: 51, generic: 204, [.fd, .address, .address], sys_getsockname),
    SyscallRow("getpeername", x64: 52, generic: 205, [.fd, .address, .address], sys_getpeername),
    SyscallRow(
      "setsockopt", x64: 54, generic: 208,
      [.fd, .socketLevel, .socketOption(level: 1), .address, .unsigned],
      support: .partial,
      note:
        "filters (SO_ATTACH_FILTER) of TCP see data alone, and none of connections to other machines; no SO_ATTACH_BPF",
      sys_setsockopt),
    SyscallRow(
      "getsockopt", x64: 55, generic: 209,
      [.fd, .socketLevel, .socketOption(level: 1), .address, .address], sys_getsockopt),
    SyscallRow("shutdown", x64: 48, generic: 210, [.fd, .oneOf(ShutdownHow.self)], sys_shutdown),
  ]
}

// MARK: Making

/// The type of a new socket, and its flags: EINVAL.
private func typeAndFlags(_ value: UInt32) throws(Errno) -> (UInt32, SocketFlags) {
  let flags = SocketFlags(rawValue: value & ~0xf)
  guard flags.unknown.isEmpty else { throw .EINVAL }
  return (value & 0xf, flags)
}

/// `SOCK_MAX`, `AF_MAX` and `IPPROTO_MAX` in Linux.
private let typeLimit: UInt32 = 11
private let protocolLimit: Int32 = 263

private func makeSocket(_ call: SyscallContext, _ type: UInt32) throws(Errno) -> Socket {
  let network = call.kernel.network
  guard let family = AddressFamily(rawValue: UInt16(clamping: call.uint(0))) else {
    throw .EAFNOSUPPORT
  }
  guard type < typeLimit else { throw .EINVAL }
  let number = call.int(2)
  let known = SocketType(rawValue: type)
  switch family {
  case .AF_UNIX:
    guard number == 0 || number == 1 else { throw .EPROTONOSUPPORT }
    guard let known else { throw .ESOCKTNOSUPPORT }
    return try UnixSocket.make(network, known, inode: network.makeInode(for: call.task))
  case .AF_INET, .AF_INET6:
    guard number >= 0, number < protocolLimit else { throw .EINVAL }
    return try makeInternetSocket(call, family, known, number)
  case .AF_NETLINK:
    guard let known, known == .SOCK_RAW || known == .SOCK_DGRAM else { throw .ESOCKTNOSUPPORT }
    guard NetlinkProtocol(rawValue: UInt32(bitPattern: number)) != nil else {
      throw .EPROTONOSUPPORT
    }
    return try NetlinkSocket(network, known, inode: network.makeInode(for: call.task))
  case .AF_PACKET: throw .EPERM
  case .AF_UNSPEC: throw .EAFNOSUPPORT
  }
}

private func makeInternetSocket(
  _ call: SyscallContext, _ family: AddressFamily, _ type: SocketType?, _ number: Int32
) throws(Errno) -> Socket {
  let network = call.kernel.network
  let wanted = InternetProtocol(rawValue: UInt32(number))
  switch type {
  case .SOCK_STREAM:
    guard number == 0 || wanted == .IPPROTO_TCP else { throw .EPROTONOSUPPORT }
    return try TCPSocket(network, family, inode: network.makeInode(for: call.task))
  case .SOCK_DGRAM:
    switch wanted {
    case .IPPROTO_UDP, .IPPROTO_UDPLITE, .IPPROTO_IP:
      let chosen = wanted == .IPPROTO_UDPLITE ? InternetProtocol.IPPROTO_UDPLITE : .IPPROTO_UDP
      return try UDPSocket(network, family, chosen, inode: network.makeInode(for: call.task))
    // Nobody may ping: there are no packets.
    case .IPPROTO_ICMP, .IPPROTO_ICMPV6: throw .EACCES
    default: throw .EPROTONOSUPPORT
    }
  case .SOCK_RAW: throw number == 0 ? .EPROTONOSUPPORT : .EPERM
  default: throw .ESOCKTNOSUPPORT
  }
}

private func sys_socket(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let (type, flags) = try typeAndFlags(call.uint(1))
  let socket = try makeSocket(call, type)
  return .value(try install(call, socket, flags))
}

private func install(_ call: SyscallContext, _ socket: Socket, _ flags: SocketFlags)
  throws(Errno) -> Int32
{
  if flags.contains(.SOCK_NONBLOCK) { socket.flags.insert(.O_NONBLOCK) }
  return try call.install(socket, closeOnExec: flags.contains(.SOCK_CLOEXEC))
}

private func sys_socketpair(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let (type, flags) = try typeAndFlags(call.uint(1))
  let first = try makeSocket(call, type)
  // Closes what found no descriptor.
  first.retain()
  defer { first.release() }
  guard let first = first as? UnixSocket else { throw .EOPNOTSUPP }
  let second = try makeSocket(call, type) as! UnixSocket
  second.retain()
  defer { second.release() }
  first.know(peer: call.task)
  second.know(peer: call.task)
  switch (first, second) {
  case (let first as UnixConnectionSocket, let second as UnixConnectionSocket): first.join(second)
  case (let first as UnixDatagramSocket, let second as UnixDatagramSocket):
    first.aim(at: second)
    second.aim(at: first)
  default: throw .EOPNOTSUPP
  }
  let one = try install(call, first, flags)
  do throws(Errno) {
    let other = try install(call, second, flags)
    do throws(Errno) {
      let pair = UInt64(UInt32(bitPattern: other)) << 32 | UInt64(UInt32(bitPattern: one))
      try call.store(pair, to: call.address(3))
    } catch {
      try? call.files.close(other)
      throw error
    }
  } catch {
    try? call.files.close(one)
    throw error
  }
  return .success
}

// MARK: Names

/// The socket address in two arguments: EINVAL, EFAULT.
private func name(_ call: SyscallContext, _ address: Int, _ length: Int) throws(Errno) -> [UInt8] {
  let count = call.int(length)
  guard (0...128).contains(count) else { throw .EINVAL }
  return try call.bytes(at: call.address(address), count: Int(count))
}

private func sys_bind(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let socket = try call.socket(0)
  let name = try name(call, 1, 2)
  guard name.count >= 2 else { throw .EINVAL }
  try socket.bind(name, call)
  return .success
}

private func sys_connect(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let socket = try call.socket(0)
  let name = try name(call, 1, 2)
  let timeout = socket.settings.sendTimeout
  switch try socket.connect(name, call) {
  case .connected: return .success
  case .wait(let queue):
    if socket.isNonBlocking { throw .EAGAIN }
    return try call.wait(on: queue, timeout: timeout)
  case .underWay(let queue, let isNew):
    if socket.isNonBlocking { throw isNew ? .EINPROGRESS : .EALREADY }
    return try call.wait(on: queue, timeout: timeout, expiry: .EINPROGRESS)
  }
}

private func sys_getsockname(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let socket = try call.socket(0)
  try call.store(name: socket.name, to: call.address(1), length: call.address(2))
  return .success
}

private func sys_getpeername(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let socket = try call.socket(0)
  try call.store(name: try socket.peerName(), to: call.address(1), length: call.address(2))
  return .success
}

// MARK: Listening

private func sys_listen(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let socket = try call.socket(0)
  // A negative number is a large one.
  let backlog = min(Int(call.uint(1)), Network.backlogLimit)
  try socket.listen(backlog, call)
  return .success
}

private func accept(_ call: SyscallContext, _ flags: SocketFlags) throws(Errno) -> SyscallResult {
  guard flags.unknown.isEmpty else { throw .EINVAL }
  let listener = try call.socket(0)
  guard call.files.hasRoom(limit: call.process.limits.openFileLimit) else { throw .EMFILE }
  let socket: Socket
  do throws(Errno) { socket = try listener.accept() } catch {
    guard error == .EAGAIN, !listener.isNonBlocking else { throw error }
    return try call.wait(on: listener.waitQueue, timeout: listener.settings.receiveTimeout)
  }
  socket.retain()
  defer { socket.release() }
  if !call.address(1).isNull {
    // The peer may be gone already, which is no reason to refuse.
    let name = (try? socket.peerName()) ?? []
    try call.store(name: name, to: call.address(1), length: call.address(2))
  }
  return .value(try install(call, socket, flags))
}

private func sys_shutdown(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let socket = try call.socket(0)
  guard let how = ShutdownHow(rawValue: call.uint(1)) else { throw .EINVAL }
  try socket.shutdown(how)
  return .success
}

// MARK: Options

private func sys_setsockopt(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let socket = try call.socket(0)
  let length = call.int(4)
  guard length >= 0 else { throw .EINVAL }
  // No option is longer than this, and what is shorter than it should be is refused.
  let value = try call.bytes(at: call.address(3), count: Int(min(length, 4096)))
  if call.uint(1) == SocketLevel.SOL_SOCKET.rawValue {
    try socket.setGeneralOption(call.uint(2), value, call)
  } else {
    try socket.setOption(call.uint(1), call.uint(2), value, call)
  }
  return .success
}

private func sys_getsockopt(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let socket = try call.socket(0)
  let room: Int32 = try call.load(at: call.address(4))
  guard room >= 0 else { throw .EINVAL }
  let value: [UInt8]
  if call.uint(1) == SocketLevel.SOL_SOCKET.rawValue {
    // SO_GET_FILTER has the number of SO_ATTACH_FILTER, and its length counts instructions.
    if call.uint(2) == SocketOption.SO_ATTACH_FILTER.rawValue {
      let (bytes, count) = try socket.shownFilter(room: room)
      try call.store(bytes, to: call.address(3))
      try call.store(Int32(count), to: call.address(4))
      return .success
    }
    value = try socket.generalOption(call.uint(2), length: Int(room), call)
  } else {
    value = try socket.option(call.uint(1), call.uint(2), length: Int(room), call)
  }
  let stored = Array(value.prefix(Int(room)))
  try call.store(stored, to: call.address(3))
  try call.store(Int32(stored.count), to: call.address(4))
  return .success
}
