import LinuxABI

// Filters of what a socket receives (socket(7), SO_ATTACH_FILTER).
extension Socket {
  /// SO_ATTACH_FILTER: EINVAL, EPERM once SO_LOCK_FILTER is set.
  func attachFilter(_ value: [UInt8], _ call: SyscallContext) throws(Errno) {
    guard value.count == 16 else { throw .EINVAL }
    try requireUnlocked()
    settings.filter = try FilterProgram.load(call, description: value)
    (self as? TCPSocket)?.letThrough()
  }

  /// SO_GET_FILTER: its instructions, of which there may be `room`, or none if only their number is asked for.
  func shownFilter(room: Int32) throws(Errno) -> (bytes: [UInt8], count: Int) {
    guard let filter = settings.filter else { return ([], 0) }
    let count = filter.instructions.count
    guard room > 0 else { return ([], count) }
    guard room >= count else { throw .EINVAL }
    return (filter.bytes, count)
  }

  /// SO_DETACH_FILTER.
  func detachFilter() throws(Errno) {
    try requireUnlocked()
    guard settings.filter != nil else { throw .ENOENT }
    settings.filter = nil
    (self as? TCPSocket)?.letThrough()
  }

  private func requireUnlocked() throws(Errno) {
    if settings.isOn(.SO_LOCK_FILTER) { throw .EPERM }
  }

  /// What the filter lets through of a message; nil if it drops it.
  ///
  /// - Parameters:
  ///   - header: what stands before the message where a filter sees it, and stays.
  ///   - ethernet: the protocol's number, for SKF_AD_PROTOCOL.
  func filtered(_ message: [UInt8], header: [UInt8] = [], ethernet: UInt32 = 0) -> [UInt8]? {
    guard let filter = settings.filter else { return message }
    let all = header + message
    let kept = filter.run(length: all.count) { offset, size in
      if offset < 0 { return Self.ancillary(offset, ethernet) }
      guard offset <= all.count - size else { return nil }
      return all[offset..<offset + size].reduce(0) { $0 << 8 | UInt32($1) }
    }
    guard kept > 0 else { return nil }
    return Array(message.prefix(max(0, Int(kept) - header.count)))
  }

  /// What a filter may ask besides the bytes (SKF_AD_OFF).
  private static func ancillary(_ offset: Int, _ ethernet: UInt32) -> UInt32? {
    switch offset + 0x1000 {
    case 0: ethernet
    case 4: 0  // SKF_AD_PKTTYPE: PACKET_HOST
    case 8: 1  // SKF_AD_IFINDEX: the loopback interface
    case 36: 0  // SKF_AD_CPU
    default: nil
    }
  }
}
