import LinuxABI
import Machine

extension SyscallTable {
  package static let messageRows: [SyscallRow] = [
    SyscallRow(
      "sendto", x64: 44, generic: 206,
      [
        .fd, .inBuffer(length: 2), .size, .flags(of: MessageFlags.self),
        .socketAddress(length: 5), .unsigned,
      ], sys_sendto),
    SyscallRow(
      "recvfrom", x64: 45, generic: 207,
      [.fd, .outBuffer, .size, .flags(of: MessageFlags.self), .address, .address],
      sys_recvfrom),
    SyscallRow(
      "sendmsg", x64: 46, generic: 211, [.fd, .address, .flags(of: MessageFlags.self)],
      sys_sendmsg),
    SyscallRow(
      "recvmsg", x64: 47, generic: 212, [.fd, .address, .flags(of: MessageFlags.self)],
      sys_recvmsg),
    SyscallRow(
      "sendmmsg", x64: 307, generic: 269,
      [.fd, .address, .unsigned, .flags(of: MessageFlags.self)],
      sys_sendmmsg),
    SyscallRow(
      "recvmmsg", x64: 299, generic: 243,
      [.fd, .address, .unsigned, .flags(of: MessageFlags.self), .timespec],
      sys_recvmmsg),
  ]
}

/// Bytes of a `struct mmsghdr`: a `struct msghdr` and a length.
private let batchEntrySize = 64
/// More bytes of control messages than can be sent at once (`optmem_max`).
private let controlLimit: UInt64 = 131_072

extension SyscallContext {
  /// The socket behind descriptor argument `index`: EBADF, ENOTSOCK.
  func socket(_ index: Int) throws(Errno) -> Socket {
    guard let socket = try usableFile(index).socket else { throw .ENOTSOCK }
    return socket
  }

  /// The buffer in two arguments.
  fileprivate func segment(_ address: Int, _ count: Int) throws(Errno) -> [Segment] {
    let length = Int(min(self[count], UInt64(Limits.MAX_RW_COUNT)))
    guard self[address] <= isa.userAddressLimit.rawValue else { throw .EFAULT }
    return length == 0 ? [] : [Segment(address: self.address(address), count: length)]
  }

  fileprivate func flags(_ index: Int) -> MessageFlags { MessageFlags(rawValue: uint(index)) }

  /// The flags of calls with a `struct msghdr`: EINVAL for the bit that marks the kernel's own 32-bit callers.
  fileprivate func messageFlags(_ index: Int) throws(Errno) -> MessageFlags {
    guard uint(index) >> 31 == 0 else { throw .EINVAL }
    return flags(index)
  }

  /// Stores a socket address as far as there is room, and its whole length (`move_addr_to_user`).
  ///
  /// - Parameter length: where the room is told, and the length is to go.
  func store(name: [UInt8], to address: GuestAddress, length: GuestAddress) throws(Errno) {
    let room: Int32 = try load(at: length)
    guard room >= 0 else { throw .EINVAL }
    try store(Array(name.prefix(Int(room))), to: address)
    try store(Int32(name.count), to: length)
  }
}

// MARK: One message

func sys_sendto(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let segments = try call.segment(1, 2)
  let socket = try call.socket(0)
  var message = OutgoingMessage(flags: call.flags(3))
  message.sender = call.sender
  if !call.address(4).isNull {
    let length = call.int(5)
    guard (0...128).contains(length) else { throw .EINVAL }
    let name = try call.bytes(at: call.address(4), count: Int(length))
    if !name.isEmpty { message.destination = name }
  }
  return try call.send(socket, segments, message)
}

func sys_recvfrom(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let segments = try call.segment(1, 2)
  let socket = try call.socket(0)
  var message = SocketMessage()
  let result = try call.receive(socket, segments, call.flags(3), &message)
  guard case .value = result, !call.address(4).isNull else { return result }
  let name = sourceName(message, socket)
  try call.store(name: name, to: call.address(4), length: call.address(5))
  return result
}

/// The address that a message came from, as `socket` shows it.
private func sourceName(_ message: SocketMessage, _ socket: Socket) -> [UInt8] {
  if socket.isStream { return socket.streamSource }
  switch message.source {
  case .none: return []
  case .name(let name): return name
  case .endpoint(let endpoint): return endpoint.socketAddress(socket.family)
  }
}

/// The buffers of a `struct msghdr`: EMSGSIZE for too many, EFAULT, EINVAL.
private func segments(_ call: SyscallContext, _ header: Msghdr) throws(Errno) -> [Segment] {
  guard header.msg_iovlen <= UInt64(Limits.UIO_MAXIOV) else { throw .EMSGSIZE }
  return try call.segments(GuestAddress(header.msg_iov), count: Int(header.msg_iovlen))
}

private func nameLength(_ header: Msghdr) throws(Errno) -> Int {
  let length = Int32(bitPattern: header.msg_namelen)
  guard length >= 0 else { throw .EINVAL }
  return header.msg_name == 0 ? 0 : min(Int(length), 128)
}

private func send(
  _ call: SyscallContext, _ socket: Socket, _ address: GuestAddress, _ flags: MessageFlags
) throws(Errno) -> SyscallResult {
  let header: Msghdr = try call.load(at: address)
  var message = OutgoingMessage(flags: flags)
  message.sender = call.sender
  let length = try nameLength(header)
  if length > 0 {
    message.destination = try call.bytes(at: GuestAddress(header.msg_name), count: length)
  }
  let segments = try segments(call, header)
  if header.msg_controllen > 0 {
    guard header.msg_controllen < controlLimit else { throw .ENOBUFS }
    let control = try call.bytes(
      at: GuestAddress(header.msg_control), count: Int(header.msg_controllen))
    try call.parse(control: control, socket, into: &message)
  }
  return try call.send(socket, segments, message)
}

private func receive(
  _ call: SyscallContext, _ socket: Socket, _ address: GuestAddress, _ flags: MessageFlags
) throws(Errno) -> SyscallResult {
  var header: Msghdr = try call.load(at: address)
  let length = try nameLength(header)
  let segments = try segments(call, header)
  var message = SocketMessage()
  let result = try call.receive(socket, segments, flags, &message)
  guard case .value = result else { return result }
  if header.msg_name != 0 {
    let name = sourceName(message, socket)
    try call.store(Array(name.prefix(length)), to: GuestAddress(header.msg_name))
    header.msg_namelen = UInt32(name.count)
  }
  let room = header.msg_control == 0 ? 0 : Int(min(header.msg_controllen, 1 << 20))
  let control = call.control(of: message, socket, room: room, flags)
  try call.store(control.bytes, to: GuestAddress(header.msg_control))
  header.msg_controllen = UInt64(control.bytes.count)
  var outcome = flags.intersection(.MSG_CMSG_CLOEXEC)
  if message.isTruncated { outcome.insert(.MSG_TRUNC) }
  if control.isTruncated { outcome.insert(.MSG_CTRUNC) }
  if flags.contains(.MSG_OOB) { outcome.insert(.MSG_OOB) }
  header.msg_flags = outcome.rawValue
  // Name, buffers and control keep their places.
  try call.store(header.msg_namelen, to: address + 8)
  try call.store(header.msg_controllen, to: address + 40)
  try call.store(header.msg_flags, to: address + 48)
  return result
}

func sys_sendmsg(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try send(call, try call.socket(0), call.address(1), try call.messageFlags(2))
}

func sys_recvmsg(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try receive(call, try call.socket(0), call.address(1), try call.messageFlags(2))
}

// MARK: Many messages

/// Runs `body` for each of the messages, until it fails or waits, and stores what it moved; how many were
/// done. A call that had to wait, or whose turn ended, goes on where it was.
private func batch(
  _ call: SyscallContext,
  _ body: (_ index: Int, _ address: GuestAddress) throws(Errno) -> SyscallResult?
) throws(Errno) -> SyscallResult {
  let count = Int(min(call.uint(2), UInt32(Limits.UIO_MAXIOV)))
  var index = Int(clamping: call.task.progress.scratch)
  while index < count {
    let address = call.address(1) + UInt64(index * batchEntrySize)
    do throws(Errno) {
      guard let result = try body(index, address) else { break }
      guard case .value(let moved) = result else {
        call.task.progress.scratch = UInt64(index)
        return result
      }
      try call.store(UInt32(truncatingIfNeeded: moved), to: address + 56)
    } catch {
      if index > 0 { return .value(index) }
      throw error
    }
    index += 1
    call.task.progress.bytesDone = 0
    call.task.progress.deadline = nil
    // The run loop has something else to do first.
    if index < count, call.kernel.interrupt.isRaised {
      call.task.progress.scratch = UInt64(index)
      return call.unfinished(after: 0)
    }
  }
  return .value(index)
}

func sys_sendmmsg(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = try call.messageFlags(3)
  let socket = try call.socket(0)
  return try batch(call) { (_, address) throws(Errno) in
    try send(call, socket, address, flags)
  }
}

/// The timeout is looked at after each message only, as in Linux (recvmmsg(2)).
func sys_recvmmsg(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  var flags = try call.messageFlags(3)
  let socket = try call.socket(0)
  let timeout = try timeout(call, call.address(4))
  if let timeout, call.task.progress.limit == nil {
    call.task.progress.limit = saturatingSum(call.kernel.clock.monotonic, timeout)
  }
  let isForOne = flags.contains(.MSG_WAITFORONE)
  flags.remove(.MSG_WAITFORONE)
  let result = try batch(call) { (index, address) throws(Errno) in
    if index > 0 {
      if isForOne { flags.insert(.MSG_DONTWAIT) }
      if let limit = call.task.progress.limit, limit <= call.kernel.clock.monotonic { return nil }
    }
    do throws(Errno) { return try receive(call, socket, address, flags) } catch {
      // It is for the next call to tell.
      if index > 0, error != .EAGAIN, !error.isRestart { socket.pendingError = error }
      throw error
    }
  }
  if case .value = result, let limit = call.task.progress.limit {
    let rest = max(0, saturatingSum(limit, -call.kernel.clock.monotonic))
    try? call.store(Timespec(nanoseconds: rest), to: call.address(4))
  }
  return result
}
