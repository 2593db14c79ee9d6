package import LinuxABI
import Machine

/// A unix stream socket: bytes without message boundaries, except that descriptors, credentials and urgent bytes
/// keep their position among them.
package final class UnixStreamSocket: UnixConnectionSocket {
  /// Bytes with the same ancillary data.
  package struct Piece {
    package var count: Int
    package var credentials: Ucred?
    package var files: FilesInFlight?
    package var urgency = Urgency.none
  }

  /// What a piece is to `MSG_OOB`.
  package enum Urgency: UInt32, Sendable {
    case none
    /// The last byte that was sent with it, and was not received.
    case urgent
    /// A byte that was received with it: only its place in the stream is left.
    case received
  }

  package internal(set) lazy var bytes = ByteRing(memory: network.charge())
  package internal(set) var pieces = Queue<Piece>()
  /// Whether one of the pieces is urgent.
  var hasUrgent = false

  override func makeTwin(inode: SocketInode) -> UnixConnectionSocket {
    UnixStreamSocket(network, type, inode: inode)
  }

  override var queuedFiles: [FilesInFlight] { pieces.elements.compactMap(\.files) }

  override func forgetQueue() {
    bytes.removeAll()
    pieces = Queue()
    hasUrgent = false
  }

  override var hasUnread: Bool { !bytes.isEmpty }

  private var receiver: UnixStreamSocket? { other as? UnixStreamSocket }
  override var unreceived: Int { receiver?.bytes.count ?? 0 }

  // MARK: Sending

  package override func send(_ bytes: RawSpan, _ message: inout OutgoingMessage)
    throws(Errno) -> SendOutcome
  {
    if message.flags.contains(.MSG_OOB), bytes.byteCount == 0 { throw .EOPNOTSUPP }
    if message.destination != nil { throw state == .connected ? .EISCONN : .EOPNOTSUPP }
    guard state == .connected else { throw .ENOTCONN }
    guard !isWriteShut, let receiver, !receiver.isReadShut else { throw .EPIPE }
    guard bytes.byteCount > 0 else { return .sent(0) }
    // Where there is any room, there is room for half of the buffer: what is sent at once comes whole, up to that
    // (`unix_stream_sendmsg`).
    if message.admitted == 0 {
      guard receiver.bytes.count < sendBuffer else { return .wait(on: waitQueue) }
      message.admitted = min(max(message.remaining, bytes.byteCount), sendBuffer / 2 - 64)
    }
    let count = min(bytes.byteCount, message.admitted)
    message.admitted -= count
    try network.requireRoom(for: count)
    let credentials = credentials(of: message, for: receiver)
    let isUrgent = message.endsUrgently(with: count)
    let plain = isUrgent ? count - 1 : count
    var files = message.files
    message.files = nil
    if plain > 0 {
      receiver.append(bytes.extracting(0..<plain), credentials, files)
      files = nil
    }
    if isUrgent { receiver.appendUrgent(bytes.extracting(plain..<count), credentials, files) }
    receiver.waitQueue.wake(.readable)
    return .sent(count)
  }

  private func append(_ new: RawSpan, _ credentials: Ucred?, _ files: FilesInFlight?) {
    bytes.append(new)
    if files == nil, let last = pieces.last, last.files == nil, last.credentials == credentials,
      last.urgency == .none
    {
      pieces.modifyLast { $0.count += new.byteCount }
    } else {
      pieces.append(Piece(count: new.byteCount, credentials: credentials, files: files))
    }
  }

  func restore(_ saved: [UInt8], _ savedPieces: [Piece]) {
    saved.withRawSpan { bytes.append($0) }
    for piece in savedPieces { pieces.append(piece) }
    hasUrgent = savedPieces.contains { $0.urgency == .urgent }
  }

  // MARK: Receiving

  /// Reads as `unix_stream_read_generic` does: not past descriptors, and not past bytes of another sender if
  /// credentials are wanted.
  package override func receive(
    into buffer: inout MutableRawSpan, _ flags: MessageFlags, from offset: Int,
    _ message: inout SocketMessage
  ) throws(Errno) -> Int {
    guard state == .connected else { throw .EINVAL }
    if flags.contains(.MSG_OOB) { return try receiveUrgent(into: &buffer, flags) }
    let done =
      flags.contains(.MSG_PEEK)
      ? peek(into: &buffer, offset, &message) : take(into: &buffer, &message)
    if done > 0 || message.endsRead || buffer.byteCount == 0 && !bytes.isEmpty { return done }
    if let error = takeError() { throw error }
    if isReadShut { return 0 }
    throw .EAGAIN
  }

  private func take(into buffer: inout MutableRawSpan, _ message: inout SocketMessage) -> Int {
    let hadRoom = receiver?.hasRoomToSend ?? true
    var done = 0
    while done < buffer.byteCount, !message.endsRead, let piece = pieces.first {
      switch passage(piece, &message) {
      case .stop: continue
      case .skip:
        bytes.discard(piece.count)
        dropFirst()
        continue
      case .read: break
      }
      let part = min(piece.count, buffer.byteCount - done)
      var target = buffer._mutatingExtracting(done..<(done + part))
      _ = bytes.take(into: &target)
      done += part
      if let files = piece.files {
        message.files = files
        message.endsRead = true
      }
      if part == piece.count {
        dropFirst()
      } else {
        pieces.modifyFirst {
          $0.count -= part
          $0.files = nil
        }
      }
    }
    if !hadRoom, let receiver, receiver.hasRoomToSend {
      receiver.waitQueue.wake([.writable, .POLLWRBAND])
    }
    return done
  }

  private func dropFirst() {
    if pieces.removeFirst().urgency == .urgent { hasUrgent = false }
  }

  /// Whether a read that goes past `piece` leaves it out.
  private func isSkipped(_ piece: Piece) -> Bool {
    switch piece.urgency {
    case .none: false
    case .urgent: !isInline
    case .received: true
    }
  }

  private enum Passage { case read, skip, stop }

  /// What a read into `message` does at `piece`; where it stops, the message ends.
  private func passage(_ piece: Piece, _ message: inout SocketMessage) -> Passage {
    let isAtMark =
      switch piece.urgency {
      case .none: false
      case .urgent: true
      case .received: !hasUrgent
      }
    let isOfAnother = settings.passesCredentials && message.credentials != piece.credentials
    if message.isBegun, isAtMark || isOfAnother && piece.urgency != .received {
      message.endsRead = true
      return .stop
    }
    if isSkipped(piece) { return .skip }
    message.isBegun = true
    message.credentials = piece.credentials
    return .read
  }

  private func peek(
    into buffer: inout MutableRawSpan, _ offset: Int, _ message: inout SocketMessage
  ) -> Int {
    // Where the piece begins in `bytes`, and where for a read, which steps over some.
    var start = 0
    var place = 0
    var done = 0
    for piece in pieces.elements where !message.endsRead && done < buffer.byteCount {
      defer { start += piece.count }
      let from = offset + done - place
      guard isSkipped(piece) ? from == 0 : from < piece.count else {
        if !isSkipped(piece) { place += piece.count }
        continue
      }
      guard passage(piece, &message) == .read else { continue }
      place += piece.count
      let part = min(piece.count - from, buffer.byteCount - done)
      var target = buffer._mutatingExtracting(done..<(done + part))
      _ = bytes.peek(into: &target, from: start + from)
      done += part
      if let files = piece.files {
        message.files = files
        message.endsRead = true
      }
    }
    return done
  }

  package override func pollEvents() -> PollEvents {
    var events = super.pollEvents()
    if hasUrgent { events.insert(.POLLPRI) }
    return events
  }

  package override var writableCount: Int {
    guard let receiver else { return .max }
    return max(0, sendBuffer - receiver.bytes.count)
  }

  package override func bytesToReceive() throws(Errno) -> Int {
    if state == .listening { throw .EINVAL }
    return pieces.elements.reduce(0) { $0 + ($1.urgency == .received ? 0 : $1.count) }
  }

  package override var isAtMark: Bool { get throws(Errno) { beginsAtMark } }

  package override func bytesInFlight() throws(Errno) -> Int { unreceived }
}
