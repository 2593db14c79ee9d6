import LinuxABI
import Machine

// A filter of a TCP socket sees segments. What it does not let through is not acknowledged, and sent again and again:
// it waits here until another filter lets it through, or none is left, and so does all that follows.
extension TCPSocket {
  /// Bytes in a segment, as on Linux's loopback interface.
  private static let segmentLimit = 65_483

  /// Takes bytes of the peer.
  func arrive(_ bytes: RawSpan) {
    guard settings.filter != nil || !withheld.isEmpty else { return received.append(bytes) }
    withhold(bytes)
    letThrough()
  }

  func withhold(_ bytes: RawSpan) {
    if withheld.isEmpty { withheld = ByteRing(memory: network.charge()) }
    withheld.append(bytes)
  }

  /// Lets through what the filter does not keep back.
  func letThrough() {
    let before = received.count
    while !withheld.isEmpty {
      var segment = [UInt8](repeating: 0, count: min(withheld.count, Self.segmentLimit))
      segment.withMutableRawSpan { _ = withheld.peek(into: &$0) }
      guard let kept = filtered(segment, header: header, ethernet: ethernet), !kept.isEmpty else {
        break
      }
      kept.withRawSpan { received.append($0) }
      withheld.discard(kept.count)
    }
    if received.count > before { waitQueue.wake(.readable) }
    if withheld.isEmpty, endIsWithheld {
      endIsWithheld = false
      peerFinished(andIsGone: peer == nil)
    }
  }

  private var ethernet: UInt32 { family == .AF_INET6 ? 0x86dd : 0x800 }

  /// As of a segment with data and a time stamp, without numbers that nobody counts here.
  private var header: [UInt8] {
    var bytes: [UInt8] = []
    for port in [remote?.port ?? 0, local.port] { bytes += [UInt8(port >> 8), UInt8(port & 255)] }
    bytes += [UInt8](repeating: 0, count: 8)
    bytes += [8 << 4, 0x18, 0xff, 0xff, 0, 0, 0, 0]
    return bytes + [1, 1, 8, 10] + [UInt8](repeating: 0, count: 8)
  }
}
