import HostABI

/// The bytes of one relayed connection at one end of the relay, both ways. Each byte has a position, and is kept until
/// the other end has delivered it: so no link that breaks loses or doubles one.
package struct RelayFlow {
  /// Bytes of a stream that may be under way.
  package static let window = 256 << 10

  private let stream: UInt32

  // To the other end.
  /// What was read from the connection here, and is not known to be delivered there.
  private var outgoing: [UInt8] = []
  /// The position of its first byte.
  private var acknowledged: UInt64 = 0
  /// The position of what is to be sent next over this link; and over any link before.
  private var sent: UInt64 = 0
  private var everSent: UInt64 = 0
  /// The connection here has ended: an end follows the last byte, and takes one position.
  package private(set) var hasEnded = false

  // From the other end.
  /// What is to be delivered here.
  package private(set) var incoming: [UInt8] = []
  private var delivered: UInt64 = 0
  private(set) var incomingEnds = false
  package private(set) var endIsDelivered = false
  /// What the other end was told over this link of what was delivered.
  private var told: UInt64?

  package init(stream: UInt32) { self.stream = stream }

  // MARK: To the other end

  /// Bytes that may be read from the connection here.
  package var room: Int { hasEnded ? 0 : Self.window - outgoing.count }

  package mutating func take(_ bytes: [UInt8]) { outgoing += bytes }

  package mutating func end() { hasEnded = true }

  private var outgoingEnd: UInt64 { acknowledged + UInt64(outgoing.count) }

  /// Whether the other end has delivered all bytes that were taken here.
  package var allIsDelivered: Bool { outgoing.isEmpty }

  /// The next frame to be sent; nil if there is none now.
  package mutating func nextFrame() -> RelayFrame? {
    if told != position {
      told = position
      return .received(stream: stream, position: position)
    }
    if sent < outgoingEnd {
      let first = Int(sent - acknowledged)
      let piece = Array(outgoing[first..<min(outgoing.count, first + RelayFrame.pieceLimit)])
      defer { note(sent: sent + UInt64(piece.count)) }
      return .data(stream: stream, position: sent, bytes: piece)
    }
    guard hasEnded, !endIsAcknowledged, sent == outgoingEnd else { return nil }
    defer { note(sent: sent + 1) }
    return .end(stream: stream, position: outgoingEnd)
  }

  private mutating func note(sent position: UInt64) {
    sent = position
    everSent = max(everSent, position)
  }

  private(set) var endIsAcknowledged = false

  /// The other end has delivered what is before `position`.
  package mutating func acknowledge(_ position: UInt64) throws(Failure) {
    guard position >= (endIsAcknowledged ? acknowledged + 1 : acknowledged), position <= everSent
    else {
      throw Failure("it acknowledges what was not sent")
    }
    if position > outgoingEnd { endIsAcknowledged = true }
    let count = Int(min(position, outgoingEnd) - acknowledged)
    outgoing.removeFirst(count)
    acknowledged += UInt64(count)
    sent = max(sent, position)
  }

  /// Another link: what was sent over the last one may not have arrived.
  package mutating func beginLink() {
    sent = endIsAcknowledged ? acknowledged + 1 : acknowledged
    told = nil
  }

  // MARK: From the other end

  /// What the other end is told: the end counts as one more.
  private var position: UInt64 { delivered + (endIsDelivered ? 1 : 0) }

  private var incomingEnd: UInt64 { delivered + UInt64(incoming.count) }

  package mutating func receive(_ bytes: [UInt8], at position: UInt64) throws(Failure) {
    guard position <= incomingEnd else { throw Failure("bytes of a connection are missing") }
    // Another link repeats what may not have arrived.
    let repeated = incomingEnd - position
    guard repeated < UInt64(bytes.count) else { return }
    let fresh = bytes[Int(repeated)...]
    guard !incomingEnds, incoming.count + fresh.count <= Self.window else {
      throw Failure("it sends more than it may")
    }
    incoming += fresh
  }

  package mutating func receiveEnd(at position: UInt64) throws(Failure) {
    guard position == incomingEnd else { throw Failure("bytes of a connection are missing") }
    incomingEnds = true
  }

  /// The first `count` bytes were delivered.
  package mutating func deliver(_ count: Int) {
    incoming.removeFirst(count)
    delivered += UInt64(count)
  }

  /// Whether the connection here is to be told that nothing follows.
  package var endIsDue: Bool { incomingEnds && incoming.isEmpty && !endIsDelivered }

  package mutating func deliverEnd() { endIsDelivered = true }

  // MARK: The end

  /// Nothing is left to do, and the other end was told.
  package var isComplete: Bool {
    endIsAcknowledged && endIsDelivered && told == position
  }

  /// The same, if the other end knows no more of it.
  package var isCompleteWithoutAnswer: Bool { hasEnded && outgoing.isEmpty && endIsDelivered }

  /// The other end knows no more of it.
  package mutating func complete() {
    endIsAcknowledged = true
    told = position
  }
}
