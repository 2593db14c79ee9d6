package import LinuxABI
import Machine

/// A unix stream socket: bytes without message boundaries, except that descriptors and credentials keep their
/// position among them.
package final class UnixStreamSocket: UnixConnectionSocket {
  /// Bytes with the same ancillary data.
  package struct Piece {
    package var count: Int
    package var credentials: Ucred?
    package var files: FilesInFlight?
  }

  package private(set) lazy var bytes = ByteRing(memory: network.charge())
  package private(set) var pieces = Queue<Piece>()

  override func makeTwin(inode: SocketInode) -> UnixConnectionSocket {
    UnixStreamSocket(network, type, inode: inode)
  }

  override var queuedFiles: [FilesInFlight] { pieces.elements.compactMap(\.files) }

  override func forgetQueue() {
    bytes.removeAll()
    pieces = Queue()
  }

  override var hasUnread: Bool { !bytes.isEmpty }

  private var receiver: UnixStreamSocket? { other as? UnixStreamSocket }
  override var unreceived: Int { receiver?.bytes.count ?? 0 }

  // MARK: Sending

  package override func send(_ bytes: RawSpan, _ message: inout OutgoingMessage)
    throws(Errno) -> SendOutcome
  {
    if message.flags.contains(.MSG_OOB) { throw .EOPNOTSUPP }
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
    message.remaining -= count
    try network.requireRoom(for: count)
    receiver.append(
      bytes.extracting(0..<count), credentials(of: message, for: receiver), message.files)
    message.files = nil
    receiver.waitQueue.wake(.readable)
    return .sent(count)
  }

  private func append(_ new: RawSpan, _ credentials: Ucred?, _ files: FilesInFlight?) {
    bytes.append(new)
    if files == nil, let last = pieces.last, last.files == nil, last.credentials == credentials {
      pieces.modifyLast { $0.count += new.byteCount }
    } else {
      pieces.append(Piece(count: new.byteCount, credentials: credentials, files: files))
    }
  }

  func restore(_ saved: [UInt8], _ savedPieces: [Piece]) {
    saved.withRawSpan { bytes.append($0) }
    for piece in savedPieces { pieces.append(piece) }
  }

  // MARK: Receiving

  /// Reads as `unix_stream_read_generic` does: not past descriptors, and not past bytes of another sender if
  /// credentials are wanted.
  package override func receive(
    into buffer: inout MutableRawSpan, _ flags: MessageFlags, from offset: Int,
    _ message: inout SocketMessage
  ) throws(Errno) -> Int {
    if flags.contains(.MSG_OOB) { throw .EOPNOTSUPP }
    guard state == .connected else { throw .EINVAL }
    if offset >= bytes.count {
      if let error = takeError() { throw error }
      if isReadShut { return 0 }
      throw .EAGAIN
    }
    if flags.contains(.MSG_PEEK) { return peek(into: &buffer, offset, &message) }
    let hadRoom = receiver?.hasRoomToSend ?? true
    var done = 0
    while done < buffer.byteCount, let piece = pieces.first {
      guard joins(piece, &message) else { break }
      let part = min(piece.count, buffer.byteCount - done)
      var target = buffer._mutatingExtracting(done..<(done + part))
      _ = bytes.take(into: &target)
      done += part
      if let files = piece.files {
        message.files = files
        message.endsRead = true
      }
      if part == piece.count {
        _ = pieces.removeFirst()
      } else {
        pieces.modifyFirst {
          $0.count -= part
          $0.files = nil
        }
      }
      if message.endsRead { break }
    }
    if !hadRoom, let receiver, receiver.hasRoomToSend {
      receiver.waitQueue.wake([.writable, .POLLWRBAND])
    }
    return done
  }

  /// Whether a read into `message` may continue with bytes of `piece`.
  private func joins(_ piece: Piece, _ message: inout SocketMessage) -> Bool {
    if message.isBegun, settings.passesCredentials, message.credentials != piece.credentials {
      message.endsRead = true
      return false
    }
    message.isBegun = true
    message.credentials = piece.credentials
    return true
  }

  private func peek(
    into buffer: inout MutableRawSpan, _ offset: Int, _ message: inout SocketMessage
  ) -> Int {
    var start = 0
    var done = 0
    for piece in pieces.elements {
      defer { start += piece.count }
      let from = max(offset + done - start, 0)
      guard from < piece.count else { continue }
      guard joins(piece, &message) else { break }
      let part = min(piece.count - from, buffer.byteCount - done)
      var target = buffer._mutatingExtracting(done..<(done + part))
      _ = bytes.peek(into: &target, from: start + from)
      done += part
      if let files = piece.files {
        message.files = files
        message.endsRead = true
      }
      if message.endsRead || done == buffer.byteCount { break }
    }
    return done
  }

  package override var writableCount: Int {
    guard let receiver else { return .max }
    return max(0, sendBuffer - receiver.bytes.count)
  }

  package override func bytesToReceive() throws(Errno) -> Int {
    if state == .listening { throw .EINVAL }
    return bytes.count
  }

  package override func bytesInFlight() throws(Errno) -> Int { unreceived }
}
