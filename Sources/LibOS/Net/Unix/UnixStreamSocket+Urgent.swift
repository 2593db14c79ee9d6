import LinuxABI
import Machine

// Urgent data: the last byte that is sent with MSG_OOB. It is received with MSG_OOB, or in its place if SO_OOBINLINE
// is set; else a read that begins at it skips it. A read that has begun before it ends there (`manage_oob`).
extension UnixStreamSocket {
  /// Appends a byte that is urgent until another one is.
  func appendUrgent(_ byte: RawSpan, _ credentials: Ucred?, _ files: FilesInFlight?) {
    pieces.modify(where: { $0.urgency == .urgent }) { $0.urgency = .none }
    bytes.append(byte)
    pieces.append(
      Piece(count: byte.byteCount, credentials: credentials, files: files, urgency: .urgent))
    hasUrgent = true
    tellUrgent(network.kernel)
  }

  func receiveUrgent(into buffer: inout MutableRawSpan, _ flags: MessageFlags) throws(Errno) -> Int
  {
    guard hasUrgent, !isInline else { throw .EINVAL }
    guard buffer.byteCount > 0 else { throw .EFAULT }
    let before = pieces.elements.prefix { $0.urgency != .urgent }.reduce(0) { $0 + $1.count }
    var target = buffer._mutatingExtracting(0..<1)
    _ = bytes.peek(into: &target, from: before)
    if !flags.contains(.MSG_PEEK) {
      pieces.modify(where: { $0.urgency == .urgent }) { $0.urgency = .received }
      hasUrgent = false
    }
    return 1
  }

  /// Whether a read would begin at the place of an urgent byte, which may have been received.
  var beginsAtMark: Bool {
    let next = pieces.elements.prefix(2).map(\.urgency)
    return switch next.first {
    case .urgent: true
    case .received: !hasUrgent || next.last == .urgent
    case .some(.none), nil: false
    }
  }
}
