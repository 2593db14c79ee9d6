package import LinuxABI

/// A unix socket of sequenced packets: records over a connection.
package final class UnixPacketSocket: UnixConnectionSocket {
  package private(set) lazy var records = SocketMessageQueue(memory: network.charge())

  override func makeTwin(inode: SocketInode) -> UnixConnectionSocket {
    UnixPacketSocket(network, type, inode: inode)
  }

  override var queuedFiles: [FilesInFlight] { records.messages.compactMap(\.files) }
  override func forgetQueue() { records.removeAll() }
  override var hasUnread: Bool { !records.isEmpty }

  private var receiver: UnixPacketSocket? { other as? UnixPacketSocket }
  override var unreceived: Int { receiver?.records.charge ?? 0 }

  func restore(_ saved: [SocketMessage]) { for record in saved { records.append(record) } }

  package override func send(_ bytes: [UInt8], _ message: OutgoingMessage, _ call: SyscallContext?)
    throws(Errno) -> SendOutcome
  {
    if message.flags.contains(.MSG_OOB) { throw .EOPNOTSUPP }
    if let error = takeError() { throw error }
    guard state == .connected else { throw .ENOTCONN }
    guard bytes.count <= sendBuffer - 32 else { throw .EMSGSIZE }
    guard !isWriteShut, let receiver, !receiver.isReadShut else { throw .EPIPE }
    guard receiver.records.charge < sendBuffer else { return .wait(on: waitQueue) }
    try network.requireRoom(for: SocketMessage.charge(bytes.count))
    guard let kept = receiver.filtered(bytes) else { return .sent(bytes.count) }
    receiver.records.append(queued(kept, message, for: receiver))
    receiver.waitQueue.wake(.readable)
    return .sent(bytes.count)
  }

  package override func receive(_ flags: MessageFlags) throws(Errno) -> SocketMessage? {
    guard state == .connected else { throw .ENOTCONN }
    if flags.contains(.MSG_OOB) { throw .EOPNOTSUPP }
    if let error = takeError() { throw error }
    let hadRoom = receiver?.hasRoomToSend ?? true
    guard let record = Self.take(&records, flags) else {
      if isReadShut { return nil }
      throw .EAGAIN
    }
    if !hadRoom, let receiver, receiver.hasRoomToSend {
      receiver.waitQueue.wake([.writable, .POLLWRBAND])
    }
    return record
  }

  package override func bytesToReceive() throws(Errno) -> Int {
    if state == .listening { throw .EINVAL }
    return records.byteCount
  }

  package override func bytesInFlight() throws(Errno) -> Int { unreceived }
}
