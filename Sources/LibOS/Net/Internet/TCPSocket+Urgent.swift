import LinuxABI
import Machine

// Urgent data: one byte at a mark in the stream, out of band unless SO_OOBINLINE is set (tcp(7)).
extension TCPSocket {
  package struct Urgent: Hashable, Sendable {
    /// The number of bytes before the urgent one.
    package var position: Int
    package var isUnread = true

    /// Some bytes before the mark were already received.
    mutating func move(by count: Int) { position -= count }
    var isPassed: Bool { position < 0 }
  }

  /// The last received byte is the urgent one.
  func markUrgent() {
    urgent = Urgent(position: received.count - 1)
    tellUrgent(network.kernel)
  }

  /// Whether there is nothing from `offset` on except an urgent byte that ordinary receives skip.
  func skipsUrgent(at offset: Int) -> Bool {
    guard let urgent, !isInline else { return false }
    return urgent.position == offset && received.count == offset + 1
  }

  /// The offset at which an ordinary receive begins: after the urgent byte if that is next.
  func stepOverUrgent(at offset: Int, _ flags: MessageFlags) -> Int {
    guard let urgent, !isInline, urgent.position == offset else { return offset }
    if flags.contains(.MSG_PEEK) { return offset + 1 }
    taken(1)
    return offset
  }

  /// The number of bytes from `start` on that one receive may return: up to the mark.
  func bytesBeforeMark(from start: Int) -> Int {
    guard let urgent, urgent.position > start else { return received.count - start }
    return urgent.position - start
  }

  func receiveUrgent(into buffer: inout MutableRawSpan, _ flags: MessageFlags) throws(Errno) -> Int
  {
    guard let urgent, urgent.isUnread, !isInline else { throw .EINVAL }
    // Without room for it, it is lost.
    if !flags.contains(.MSG_PEEK) { self.urgent!.isUnread = false }
    guard buffer.byteCount > 0 else { return 0 }
    var target = buffer._mutatingExtracting(0..<1)
    _ = received.peek(into: &target, from: urgent.position)
    return 1
  }
}
