package import LinuxABI

/// A netlink socket of `NETLINK_ROUTE` (`rtnetlink(7)`). The library OS answers each request at once.
package final class NetlinkSocket: Socket {
  /// Its port ID, which serves as its address; 0 if it has none.
  package internal(set) var port: UInt32 = 0
  /// The groups that it has joined; no messages are ever sent to them.
  package internal(set) var groups: UInt32 = 0
  package private(set) lazy var answers = SocketMessageQueue(memory: network.charge())

  init(_ network: Network, _ type: SocketType, inode: SocketInode) {
    super.init(
      network, .AF_NETLINK, type, protocolNumber: NetlinkProtocol.NETLINK_ROUTE.rawValue,
      inode: inode)
  }

  override func shutDownForGood() {
    network.netlink.leave(self)
    answers.removeAll()
  }

  func restore(port: UInt32, groups: UInt32, _ saved: [SocketMessage]) {
    self.port = port
    self.groups = groups
    if port != 0 { network.netlink.restore(self) }
    for answer in saved { answers.append(answer) }
  }

  // MARK: Names

  private static func image(_ port: UInt32, _ groups: UInt32) -> [UInt8] {
    SockaddrNl(nl_family: AddressFamily.AF_NETLINK.rawValue, nl_pid: port, nl_groups: groups).bytes
  }

  package override var name: [UInt8] { Self.image(port, groups) }
  /// The kernel.
  package override func peerName() throws(Errno) -> [UInt8] { Self.image(0, 0) }

  private static func decode(_ name: [UInt8]) throws(Errno) -> SockaddrNl {
    guard name.count >= SockaddrNl.byteCount else { throw .EINVAL }
    let image = SockaddrNl(bytes: name)
    guard image.nl_family == AddressFamily.AF_NETLINK.rawValue else { throw .EINVAL }
    return image
  }

  package override func bind(_ name: [UInt8], _ call: SyscallContext) throws(Errno) {
    let wanted = try Self.decode(name)
    if port != 0 {
      guard wanted.nl_pid == port else { throw .EINVAL }
    } else {
      try network.netlink.enter(self, wanted.nl_pid, for: call.process)
    }
    groups = wanted.nl_groups
  }

  package override func connect(_ name: [UInt8], _ call: SyscallContext)
    throws(Errno) -> ConnectOutcome
  {
    guard name.count >= 2 else { throw .EINVAL }
    if name[0] != 0 || name[1] != 0 {
      guard try Self.decode(name).nl_pid == 0 else { throw .ECONNREFUSED }
      if port == 0 { try network.netlink.enter(self, 0, for: call.process) }
    }
    return .connected
  }

  // MARK: Messages

  package override func send(_ bytes: [UInt8], _ message: OutgoingMessage, _ call: SyscallContext?)
    throws(Errno) -> SendOutcome
  {
    if message.flags.contains(.MSG_OOB) { throw .EOPNOTSUPP }
    if let name = message.destination, try Self.decode(name).nl_pid != 0 { throw .ECONNREFUSED }
    guard bytes.count <= sendBuffer - 32 else { throw .EMSGSIZE }
    if port == 0, let call { try network.netlink.enter(self, 0, for: call.process) }
    for answer in NetlinkAnswers(network, port: port).answers(to: bytes) where !queue(answer) {
      break
    }
    if !answers.isEmpty { waitQueue.wake(.readable) }
    return .sent(bytes.count)
  }

  /// Queues a message of the kernel's. One without room is dropped, and the reader is told (`netlink_overrun`).
  private func queue(_ message: [UInt8]) -> Bool {
    guard answers.charge < receiveBuffer,
      network.hasRoom(for: SocketMessage.charge(message.count))
    else {
      pendingError = .ENOBUFS
      return false
    }
    var queued = SocketMessage()
    queued.bytes = message
    queued.source = .name(Self.image(0, 0))
    queued.credentials = Ucred()
    answers.append(queued)
    return true
  }

  /// Sends the socket a message that it did not ask for.
  func deliver(_ message: [UInt8]) {
    _ = queue(message)
    waitQueue.wake(.readable)
  }

  package override func receive(_ flags: MessageFlags) throws(Errno) -> SocketMessage? {
    if flags.contains(.MSG_OOB) { throw .EOPNOTSUPP }
    if let error = takeError() { throw error }
    guard let first = answers.first else { throw .EAGAIN }
    return flags.contains(.MSG_PEEK) ? first : answers.removeFirst()
  }

  package override func bytesToReceive() throws(Errno) -> Int { throw .ENOTTY }

  package override func pollEvents() -> PollEvents {
    var events: PollEvents = [.writable, .POLLWRBAND]
    if pendingError != nil { events.insert(.POLLERR) }
    if !answers.isEmpty { events.formUnion(.readable) }
    return events
  }

  // MARK: Options

  package override func option(
    _ level: UInt32, _ name: UInt32, length: Int, _ call: SyscallContext
  ) throws(Errno) -> [UInt8] {
    guard level == SocketLevel.SOL_NETLINK.rawValue, let option = NetlinkOption(rawValue: name)
    else { throw .ENOPROTOOPT }
    if option == .NETLINK_LIST_MEMBERSHIPS { return Self.bytes(groups) }
    guard length >= 4 else { throw .EINVAL }
    return Self.bytes(settings.numbers[OptionKey(level, name)] ?? 0)
  }

  package override func setOption(
    _ level: UInt32, _ name: UInt32, _ value: [UInt8], _ call: SyscallContext
  ) throws(Errno) {
    guard level == SocketLevel.SOL_NETLINK.rawValue, let option = NetlinkOption(rawValue: name),
      option != .NETLINK_LIST_MEMBERSHIPS
    else { throw .ENOPROTOOPT }
    // What is too short counts as 0 (`netlink_setsockopt` of `net/netlink/af_netlink.c`).
    var reader = ByteReader(value.count >= 4 ? value : [0, 0, 0, 0])
    let number: UInt32 = reader.read()
    switch option {
    case .NETLINK_ADD_MEMBERSHIP, .NETLINK_DROP_MEMBERSHIP:
      guard (1...32).contains(number) else { throw .EINVAL }
      let bit: UInt32 = 1 << (number - 1)
      if option == .NETLINK_ADD_MEMBERSHIP { groups |= bit } else { groups &= ~bit }
    default: settings.numbers[OptionKey(level, name)] = number == 0 ? 0 : 1
    }
  }
}

/// The port IDs of netlink sockets.
final class NetlinkPorts {
  private var sockets: [UInt32: Referenced<NetlinkSocket>] = [:]

  /// Assigns a port ID: EADDRINUSE. For 0 it is the PID, or another number if that is taken.
  func enter(_ socket: NetlinkSocket, _ wanted: UInt32, for process: Process) throws(Errno) {
    var port = wanted == 0 ? UInt32(bitPattern: process.pid) : wanted
    if wanted == 0 {
      // Linux, too, then uses numbers that no process has.
      var next: Int32 = -4096
      while sockets[port]?.object != nil {
        port = UInt32(bitPattern: next)
        next -= 1
      }
    }
    guard sockets[port]?.object == nil else { throw .EADDRINUSE }
    socket.port = port
    sockets[port] = Referenced(socket)
  }

  func restore(_ socket: NetlinkSocket) { sockets[socket.port] = Referenced(socket) }

  func leave(_ socket: NetlinkSocket) {
    if sockets[socket.port]?.object === socket { sockets[socket.port] = nil }
  }
}
