package import LinuxABI

/// A unix socket that listens and connects: streams and sequenced packets.
package class UnixConnectionSocket: UnixSocket {
  package enum State: UInt32, Sendable { case unconnected, listening, connected }
  package internal(set) var state = State.unconnected
  /// The peer, until it closes.
  package internal(set) var other: UnixConnectionSocket?

  /// Connections waiting to be accepted, at most `backlog` + 1.
  package internal(set) var waiting = Queue<UnixConnectionSocket>()
  package internal(set) var backlog = 0
  /// Woken when there is room in the backlog.
  let roomQueue = WaitQueue()

  override var embryos: [UnixSocket] { waiting.elements }
  package override var isListening: Bool { state == .listening }

  // MARK: Connecting

  package override func listen(_ backlog: Int, _ call: SyscallContext) throws(Errno) {
    guard !boundName.isEmpty, state != .connected else { throw .EINVAL }
    let hadRoom = hasRoom
    self.backlog = backlog
    state = .listening
    know(peer: call.task)
    if !hadRoom, hasRoom { roomQueue.wake() }
  }

  private var hasRoom: Bool { waiting.count <= backlog }

  package override func connect(_ name: [UInt8], _ call: SyscallContext)
    throws(Errno) -> ConnectOutcome
  {
    let found = try find(name, call)
    guard let listener = found as? UnixConnectionSocket, listener.state == .listening,
      !listener.isReadShut
    else { throw .ECONNREFUSED }
    guard listener.hasRoom else { return .wait(on: listener.roomQueue) }
    guard state != .connected else { throw .EISCONN }
    guard state == .unconnected else { throw .EINVAL }
    if settings.passesCredentials { try bindAutomatically() }
    let child = try makeTwin(inode: network.makeInode(for: call.task))
    child.boundName = listener.boundName
    child.inheritsName = true
    child.isEmbryo = true
    child.settings.passesCredentials = listener.settings.passesCredentials
    child.know(peer: call.task)
    peer = listener.peer
    groupsOfPeer = listener.groupsOfPeer
    join(child)
    listener.waiting.append(child)
    listener.waitQueue.wake(.readable)
    return .connected
  }

  /// It has its listener's name, by which only the listener is found.
  var inheritsName = false
  /// It has not been accepted yet.
  var isEmbryo = false
  override var keepsCredentials: Bool { isEmbryo }
  override var isAbstract: Bool { super.isAbstract && !inheritsName }

  /// Another socket of the same kind.
  func makeTwin(inode: SocketInode) -> UnixConnectionSocket {
    fatalError("a connection is a stream or of packets")
  }

  func join(_ other: UnixConnectionSocket) {
    self.other = other
    other.other = self
    state = .connected
    other.state = .connected
    waitQueue.wake()
  }

  package override func accept() throws(Errno) -> Socket {
    guard state == .listening, !isReadShut else { throw .EINVAL }
    guard !waiting.isEmpty else { throw .EAGAIN }
    let child = waiting.removeFirst()
    child.isEmbryo = false
    roomQueue.wake()
    return child
  }

  package override func peerName() throws(Errno) -> [UInt8] {
    guard let other else { throw .ENOTCONN }
    return other.name
  }

  package override var streamSource: [UInt8] {
    guard let other, !other.boundName.isEmpty else { return [] }
    return other.name
  }

  // MARK: Ending

  override func leave() {
    // Connections that were not accepted end with their listener.
    while !waiting.isEmpty {
      let child = waiting.removeFirst()
      child.retain()
      child.release()
    }
    roomQueue.wake()
    guard let other else { return }
    self.other = nil
    other.other = nil
    other.isReadShut = true
    other.isWriteShut = true
    if hasUnread || isEmbryo { other.pendingError = .ECONNRESET }
    other.waitQueue.wake()
  }

  /// Bytes that were sent to it were not received.
  var hasUnread: Bool { false }

  package override func shutdown(_ how: ShutdownHow) throws(Errno) {
    let reading = how != .SHUT_WR
    let writing = how != .SHUT_RD
    if reading { isReadShut = true }
    if writing { isWriteShut = true }
    waitQueue.wake()
    guard let other else { return }
    if reading { other.isWriteShut = true }
    if writing { other.isReadShut = true }
    other.waitQueue.wake()
  }

  // MARK: Readiness

  /// The charge of what it sent and was not received yet.
  var unreceived: Int { 0 }
  /// Whether it is at most a quarter full (`unix_writable`).
  package override var hasRoomToSend: Bool {
    state != .listening && unreceived * 4 <= sendBuffer
  }

  package override func pollEvents() -> PollEvents {
    var events: PollEvents = []
    if pendingError != nil { events.insert(.POLLERR) }
    if isReadShut && isWriteShut || state == .unconnected { events.insert(.POLLHUP) }
    if isReadShut { events.formUnion([.POLLRDHUP, .readable]) }
    if hasUnread || !waiting.isEmpty { events.formUnion(.readable) }
    if hasRoomToSend { events.formUnion([.writable, .POLLWRBAND]) }
    return events
  }
}
