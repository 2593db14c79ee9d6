package import LinuxABI
import Machine

/// A TCP socket. Inside the picoprocess, a connection is two byte streams: sent bytes are in the peer's
/// buffer at once. There are no packets, no acknowledgements and no TIME_WAIT.
package final class TCPSocket: InternetSocket {
  package enum State: UInt32, Sendable {
    case closed, listening
    /// It waits for room in the listener's backlog.
    case connecting
    case connected
  }

  /// The state of `connect` that was reported to the program (`SS_UNCONNECTED` …).
  package enum Attempt: UInt32, Sendable { case none, underWay, done }

  package internal(set) var state = State.closed
  package internal(set) var attempt = Attempt.none

  /// The peer, as long as it is open.
  package internal(set) var peer: TCPSocket?
  /// Bytes to be received.
  package internal(set) lazy var received = ByteRing(memory: network.charge())
  /// Bytes of the peer that the filter keeps back, and whether the end of what it sends is behind them.
  package internal(set) var withheld = ByteRing()
  package internal(set) var endIsWithheld = false
  /// The peer has shut down sending.
  package internal(set) var isFinished = false
  package internal(set) var urgent: Urgent?

  /// Connections waiting to be accepted, at most `backlog` + 1, and those waiting for room among them.
  package internal(set) var waiting = Queue<TCPSocket>()
  package internal(set) var hopeful = Queue<TCPSocket>()
  package internal(set) var backlog = 0
  /// The listener that it waits for while it connects.
  weak var listener: TCPSocket?

  init(_ network: Network, _ family: AddressFamily, inode: SocketInode) {
    super.init(
      network, family, .SOCK_STREAM, protocolNumber: InternetProtocol.IPPROTO_TCP.rawValue,
      inode: inode)
  }

  package override var isListening: Bool { state == .listening }
  package override var truncationDiscards: Bool { true }

  /// The states of RFC 9293, by the numbers that `/proc/net/tcp` and `TCP_INFO` show.
  package enum ProtocolState: UInt8, Sendable {
    case established = 1
    case synSent = 2
    case finWait2 = 5
    case close = 7
    case closeWait = 8
    case listen = 10
  }

  package var protocolState: ProtocolState {
    switch state {
    case .closed: .close
    case .listening: .listen
    case .connecting: .synSent
    case .connected:
      switch (isWriteShut, isFinished) {
      case (false, false): .established
      case (true, false): .finWait2
      case (false, true): .closeWait
      case (true, true): .close
      }
    }
  }

  package override func takeError() -> Errno? {
    settle()
    return super.takeError()
  }

  override func askedError() -> Errno? { takeError() ?? errorOutside() }

  // MARK: Connections

  package override func listen(_ backlog: Int, _ call: SyscallContext) throws(Errno) {
    try startListening(backlog)
  }

  package override func accept() throws(Errno) -> Socket { try nextConnection() }

  package override func connect(_ name: [UInt8], _ call: SyscallContext)
    throws(Errno) -> ConnectOutcome
  {
    try startConnecting(name)
  }

  package override func peerName() throws(Errno) -> [UInt8] {
    guard let remote, protocolState != .close, protocolState != .synSent else { throw .ENOTCONN }
    return remote.socketAddress(family)
  }

  override func lastPeerName() throws(Errno) -> [UInt8] {
    guard let remote else { throw .ENOTCONN }
    return remote.socketAddress(family)
  }

  // MARK: Buffers

  /// The size to which Linux's buffers grow on a loopback connection.
  private static let grownBuffer = 2_626_560

  package override var sendBuffer: Int {
    Int(settings.sendBuffer ?? (state == .connected ? Int32(Self.grownBuffer) : 16_384))
  }
  package override var receiveBuffer: Int { Int(settings.receiveBuffer ?? 131_072) }

  /// Bytes of the peer that nobody has received.
  private var heldCount: Int { received.count + withheld.count }

  /// The limit of the peer's receive buffer: the sum of both ends' buffer sizes.
  private func capacity(of peer: TCPSocket) -> Int { sendBuffer + peer.receiveBuffer }

  /// Whether a third of the buffer is free (`sk_stream_is_writeable`).
  package override var hasRoomToSend: Bool {
    guard let peer else { return true }
    return peer.heldCount * 3 <= capacity(of: peer) * 2
  }

  package override var writableCount: Int {
    if outside != nil { return OutsideStream.writableCount }
    guard let peer else { return .max }
    return max(0, capacity(of: peer) - peer.heldCount)
  }

  // MARK: Sending

  package override func send(_ bytes: RawSpan, _ message: inout OutgoingMessage)
    throws(Errno) -> SendOutcome
  {
    settle()
    if state == .connecting { return .wait(on: waitQueue) }
    let protocolState = protocolState
    guard protocolState == .established || protocolState == .closeWait, pendingError == nil,
      !isWriteShut
    else { throw takeError() ?? .EPIPE }
    guard bytes.byteCount > 0 else { return .sent(0) }
    if let outside { return try sendOutside(bytes, outside) }
    guard let peer else {
      // The peer is gone, so the sender gets a reset.
      reset()
      return .sent(bytes.byteCount)
    }
    // Who neither writes nor reads any more answers with a reset.
    if peer.isReadShut, peer.isWriteShut, peer !== self {
      peer.reset()
      reset()
      return .sent(bytes.byteCount)
    }
    let count = min(bytes.byteCount, capacity(of: peer) - peer.heldCount)
    guard count > 0 else { return .wait(on: waitQueue) }
    try network.requireRoom(for: count)
    peer.arrive(bytes.extracting(0..<count))
    if message.endsUrgently(with: count), peer.withheld.isEmpty {
      peer.markUrgent()
    }
    // What a filter keeps back wakes nobody.
    if peer.withheld.isEmpty { peer.waitQueue.wake(.readable) }
    return .sent(count)
  }

  // MARK: Receiving

  package override func receive(
    into buffer: inout MutableRawSpan, _ flags: MessageFlags, from offset: Int,
    _ message: inout SocketMessage
  ) throws(Errno) -> Int {
    if state == .listening { throw .ENOTCONN }
    if flags.contains(.MSG_OOB) { return try receiveUrgent(into: &buffer, flags) }
    guard offset < received.count, !skipsUrgent(at: offset) else {
      if isFinished { return 0 }
      if let error = takeError() { throw error }
      if isReadShut { return 0 }
      if protocolState == .close { throw .ENOTCONN }
      settle()
      guard state == .connected, let outside else { throw .EAGAIN }
      return try receiveOutside(into: &buffer, flags, from: offset, outside)
    }
    let start = stepOverUrgent(at: offset, flags)
    let limit = min(buffer.byteCount, bytesBeforeMark(from: start))
    var target = buffer._mutatingExtracting(0..<limit)
    let count = received.peek(into: &target, from: start)
    if count < buffer.byteCount, start + count < received.count { message.endsRead = true }
    if !flags.contains(.MSG_PEEK) { taken(count) }
    return count
  }

  /// Drops received bytes, and wakes the peer if there is room again.
  func taken(_ count: Int) {
    let hadRoom = peer?.hasRoomToSend ?? true
    received.discard(count)
    urgent?.move(by: count)
    if urgent?.isPassed == true { urgent = nil }
    if !hadRoom, let peer, peer.hasRoomToSend { peer.waitQueue.wake(.writable) }
  }

  package override func bytesToReceive() throws(Errno) -> Int {
    if state == .listening { throw .EINVAL }
    if let urgent, !isInline { return urgent.position }
    return received.count + (outside.map { bytesOutside($0) } ?? 0)
  }

  package override var isAtMark: Bool {
    get throws(Errno) {
      urgent?.position == 0
    }
  }

  package override func bytesInFlight() throws(Errno) -> Int {
    if state == .listening { throw .EINVAL }
    guard let peer else { return 0 }
    return max(peer.withheld.count, peer.heldCount - peer.receiveBuffer)
  }

  // MARK: Ending

  /// The peer has closed; everything that it sent can still be received.
  func peerFinished(andIsGone: Bool) {
    if andIsGone { peer = nil }
    guard withheld.isEmpty else {
      endIsWithheld = true
      return
    }
    isFinished = true
    isReadShut = true
    waitQueue.wake()
  }

  /// The connection broke.
  func reset() {
    guard state == .connected || state == .connecting else { return }
    pendingError = isFinished ? .EPIPE : .ECONNRESET
    die()
  }

  /// Ends the connection; received bytes remain.
  func die() {
    state = .closed
    isReadShut = true
    isWriteShut = true
    peer = nil
    waitQueue.wake()
  }

  package override func shutdown(_ how: ShutdownHow) throws(Errno) {
    let reading = how != .SHUT_WR
    let writing = how != .SHUT_RD
    switch state {
    case .listening:
      // It no longer listens and may be connected.
      if reading { disconnect() }
      waitQueue.wake()
    case .connecting:
      disconnect()
      waitQueue.wake()
    case .closed, .connected:
      let wasClosed = protocolState == .close
      // Nobody needs to be told any more that the connection stands.
      if state == .connected, attempt == .underWay { attempt = .done }
      if reading { isReadShut = true }
      if writing {
        let isFirst = !isWriteShut
        isWriteShut = true
        if isFirst, state == .connected {
          peer?.peerFinished(andIsGone: false)
          if let outside { endWritingOutside(outside) }
        }
      }
      waitQueue.wake()
      if wasClosed { throw .ENOTCONN }
    }
  }

  override func shutDownForGood() {
    hangUp()
    ports.leave(self)
  }

  /// Detaches it from its peer, its listener and its pending connections.
  func hangUp() {
    listener?.hopeful.removeAll { $0 === self }
    listener = nil
    endListening()
    leaveOutside()
    guard let peer else { return }
    self.peer = nil
    if !received.isEmpty || settings.linger.l_onoff != 0 && settings.linger.l_linger == 0 {
      peer.reset()
    } else {
      peer.peerFinished(andIsGone: true)
    }
  }

  // MARK: Readiness

  package override func pollEvents() -> PollEvents {
    settle()
    if state == .listening {
      if !waiting.isEmpty { return .readable }
      return outside.map { eventsOutside($0) } ?? []
    }
    var events: PollEvents = []
    if isReadShut && isWriteShut || protocolState == .close { events.insert(.POLLHUP) }
    if isReadShut { events.formUnion([.POLLRDHUP, .readable]) }
    if state != .connecting {
      if received.count >= readTarget { events.formUnion(.readable) }
      if let outside {
        events.formUnion(eventsOutside(outside))
      } else if isWriteShut || hasRoomToSend {
        events.formUnion(.writable)
      }
      if urgent?.isUnread == true { events.insert(.POLLPRI) }
    }
    if pendingError != nil { events.insert(.POLLERR) }
    return events
  }

  /// The number of bytes at which it is readable; an urgent byte that comes next does not count.
  private var readTarget: Int {
    let isUrgentNext = urgent?.position == 0 && !isInline
    return max(1, Int(settings.lowWater)) + (isUrgentNext ? 1 : 0)
  }
}
