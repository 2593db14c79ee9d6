package import LinuxABI

/// A unix datagram socket.
package final class UnixDatagramSocket: UnixSocket {
  package private(set) lazy var datagrams = SocketMessageQueue(memory: network.charge())
  /// The default destination, which may be closed.
  package private(set) var target: UnixDatagramSocket?
  /// The sockets whose default destination this is.
  private var followers: [Referenced<UnixDatagramSocket>] = []
  /// Woken when there is room for datagrams.
  let roomQueue = WaitQueue()

  /// The number of queued datagrams above which senders block (`max_dgram_qlen`).
  package static let queueLimit = 10

  init(_ network: Network, inode: SocketInode) { super.init(network, .SOCK_DGRAM, inode: inode) }

  override var queuedFiles: [FilesInFlight] { datagrams.messages.compactMap(\.files) }
  override func forgetQueue() { datagrams.removeAll() }

  func restore(_ saved: [SocketMessage]) { for datagram in saved { datagrams.append(datagram) } }

  // MARK: Peers

  /// Whether others may send here: not if it has a peer.
  private func hears(_ sender: UnixDatagramSocket) -> Bool { target == nil || target === sender }

  package override func connect(_ name: [UInt8], _ call: SyscallContext)
    throws(Errno) -> ConnectOutcome
  {
    guard name.count >= 2 else { throw .EINVAL }
    if name[0] == 0, name[1] == 0 {
      aim(at: nil)
      return .connected
    }
    if settings.passesCredentials { try bindAutomatically() }
    let found = try find(name, call) as! UnixDatagramSocket
    guard found.hears(self) else { throw .EPERM }
    aim(at: found)
    return .connected
  }

  /// Changes the peer. Datagrams from the old peer are dropped, and it is notified if it was connected to
  /// this socket (`unix_dgram_disconnected`).
  func aim(at new: UnixDatagramSocket?) {
    guard new !== target else { return }
    if let old = target {
      old.followers.removeAll { $0.object === self }
      if !datagrams.isEmpty {
        datagrams.removeAll()
        roomQueue.wake()
        if !old.isClosed, old.target === self {
          old.pendingError = .ECONNRESET
          old.waitQueue.wake(.POLLERR)
        }
      }
    }
    target = new
    new?.followers.append(Referenced(self))
    waitQueue.wake()
  }

  override func leave() {
    // Senders then get an error.
    if let target { target.followers.removeAll { $0.object === self } }
    target = nil
    roomQueue.wake()
    for follower in followers { follower.object?.waitQueue.wake() }
  }

  package override func peerName() throws(Errno) -> [UInt8] {
    guard let target else { throw .ENOTCONN }
    return target.name
  }

  // MARK: Sending

  package override func send(_ bytes: [UInt8], _ message: OutgoingMessage, _ call: SyscallContext?)
    throws(Errno) -> SendOutcome
  {
    if message.flags.contains(.MSG_OOB) { throw .EOPNOTSUPP }
    let receiver: UnixDatagramSocket
    if let name = message.destination {
      guard let call else { throw .EINVAL }
      receiver = try find(name, call) as! UnixDatagramSocket
    } else {
      guard let target else { throw .ENOTCONN }
      receiver = target
    }
    guard bytes.count <= sendBuffer - 32 else { throw .EMSGSIZE }
    if settings.passesCredentials { try bindAutomatically() }
    if receiver.isClosed {
      if receiver === target { aim(at: nil) }
      throw .ECONNREFUSED
    }
    guard receiver.hears(self) else { throw .EPERM }
    if let error = takeError() { throw error }
    guard !isWriteShut, !receiver.isReadShut else { throw .EPIPE }
    guard receiver.hasRoom(for: self) else { return .wait(on: receiver.roomQueue) }
    try network.requireRoom(for: SocketMessage.charge(bytes.count))
    guard let kept = receiver.filtered(bytes) else { return .sent(bytes.count) }
    receiver.datagrams.append(queued(kept, message, for: receiver))
    receiver.waitQueue.wake(.readable)
    return .sent(bytes.count)
  }

  /// Between two sockets connected to each other only the sender's buffer counts.
  private func hasRoom(for sender: UnixDatagramSocket) -> Bool {
    let isOnlyOne = target === sender || sender === self
    return datagrams.charge < sender.sendBuffer && (isOnlyOne || datagrams.count <= Self.queueLimit)
  }

  // MARK: Receiving

  package override func receive(_ flags: MessageFlags) throws(Errno) -> SocketMessage? {
    if flags.contains(.MSG_OOB) { throw .EOPNOTSUPP }
    if let error = takeError() { throw error }
    guard let datagram = Self.take(&datagrams, flags) else { throw .EAGAIN }
    if !flags.contains(.MSG_PEEK) {
      roomQueue.wake()
      for follower in followers.compactMap(\.object) where follower.isWritableNow {
        follower.waitQueue.wake([.writable, .POLLWRBAND])
      }
    }
    return datagram
  }

  package override func shutdown(_ how: ShutdownHow) throws(Errno) {
    if how != .SHUT_WR { isReadShut = true }
    if how != .SHUT_RD { isWriteShut = true }
    waitQueue.wake()
  }

  package override func bytesToReceive() throws(Errno) -> Int { datagrams.first?.bytes.count ?? 0 }

  package override func bytesInFlight() throws(Errno) -> Int {
    target?.target === self ? target!.datagrams.charge : 0
  }

  // MARK: Readiness

  private var isWritableNow: Bool {
    guard let target, !target.isClosed else { return true }
    if target.target === self || target === self {
      return target.datagrams.charge * 4 <= sendBuffer
    }
    return target.datagrams.count <= Self.queueLimit
  }

  package override func pollEvents() -> PollEvents {
    var events: PollEvents = []
    if pendingError != nil { events.insert(.POLLERR) }
    if isReadShut { events.formUnion([.POLLRDHUP, .readable]) }
    if isReadShut, isWriteShut { events.insert(.POLLHUP) }
    if !datagrams.isEmpty { events.formUnion(.readable) }
    if isWritableNow { events.formUnion([.writable, .POLLWRBAND]) }
    return events
  }
}
