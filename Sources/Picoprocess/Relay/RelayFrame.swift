import HostABI
import PosixHost

/// What the two ends of a relay tell each other: `Docs/MigrationProtocol.md`, "Relays".
package enum RelayFrame: Hashable, Sendable {
  /// The sender lives.
  case idle
  /// So many bytes of the stream have been delivered, and its end counts as one more: a sender may be `window` bytes
  /// ahead of this.
  case received(stream: UInt32, position: UInt64)
  /// Bytes of a stream, the first of which has this position.
  case data(stream: UInt32, position: UInt64, bytes: [UInt8])
  /// Nothing follows in the stream; it had so many bytes.
  case end(stream: UInt32, position: UInt64)
  /// The connection broke, or is not known.
  case reset(stream: UInt32)
  /// Somebody has connected to the guest's port `port`.
  case open(stream: UInt32, port: UInt16)
  /// The relay has ended.
  case bye
  /// A datagram of a client to a port of the guest, or the answer.
  case datagram(DatagramPlace, [UInt8])

  /// Bytes in a frame of data.
  package static let pieceLimit = 64 << 10
  static let headSize = 5
  /// Bytes in front of a frame's data.
  private static let placeSize = 12

  private enum Kind: UInt8 {
    case idle = 0
    case received, data, end, reset, open, bye, datagram
  }

  // MARK: Writing

  package var wire: [UInt8] {
    switch self {
    case .idle: Self.wire(.idle)
    case .received(let stream, let position): Self.wire(.received, stream, position)
    case .data(let stream, let position, let bytes): Self.wire(.data, stream, position, bytes)
    case .end(let stream, let position): Self.wire(.end, stream, position)
    case .reset(let stream): Self.frame(.reset, LittleEndian.bytes(stream))
    case .open(let stream, let port):
      Self.frame(.open, LittleEndian.bytes(stream) + LittleEndian.bytes(port))
    case .bye: Self.wire(.bye)
    case .datagram(let place, let bytes): Self.frame(.datagram, place.wire + bytes)
    }
  }

  private static func wire(_ kind: Kind) -> [UInt8] { frame(kind, []) }

  private static func wire(
    _ kind: Kind, _ stream: UInt32, _ position: UInt64, _ data: [UInt8] = []
  ) -> [UInt8] {
    frame(kind, LittleEndian.bytes(stream) + LittleEndian.bytes(position) + data)
  }

  private static func frame(_ kind: Kind, _ content: [UInt8]) -> [UInt8] {
    LittleEndian.bytes(UInt32(content.count)) + [kind.rawValue] + content
  }

  // MARK: Reading

  /// The frame in front of `buffer`, and its size; nil if it is not all there.
  ///
  /// - Throws: if it is none.
  package static func parse(_ buffer: ArraySlice<UInt8>) throws(Failure) -> (
    frame: RelayFrame, size: Int
  )? {
    guard buffer.count >= headSize else { return nil }
    let start = buffer.startIndex
    let length = Int(LittleEndian.number(buffer[start..<(start + 4)], as: UInt32.self))
    guard length <= placeSize + pieceLimit, let kind = Kind(rawValue: buffer[start + 4]) else {
      throw notTheProtocol
    }
    guard buffer.count >= headSize + length else { return nil }
    let content = buffer[(start + headSize)..<(start + headSize + length)]
    return (try frame(kind, content), headSize + length)
  }

  private static func frame(_ kind: Kind, _ content: ArraySlice<UInt8>) throws(Failure)
    -> RelayFrame
  {
    let sizes =
      switch kind {
      case .idle, .bye: 0...0
      case .reset: 4...4
      case .open: 6...6
      case .received, .end: placeSize...placeSize
      case .data: (placeSize + 1)...(placeSize + pieceLimit)
      case .datagram: DatagramPlace.size...(DatagramPlace.size + ByteStream.datagramLimit)
      }
    guard sizes.contains(content.count) else { throw notTheProtocol }
    let start = content.startIndex
    if kind == .idle { return .idle }
    if kind == .bye { return .bye }
    if kind == .datagram {
      guard let place = DatagramPlace(content.prefix(DatagramPlace.size)) else {
        throw notTheProtocol
      }
      return .datagram(place, Array(content.dropFirst(DatagramPlace.size)))
    }
    let stream = LittleEndian.number(content[start..<(start + 4)], as: UInt32.self)
    if kind == .reset { return .reset(stream: stream) }
    if kind == .open {
      return .open(
        stream: stream, port: LittleEndian.number(content[(start + 4)...], as: UInt16.self))
    }
    let position = LittleEndian.number(content[(start + 4)..<(start + placeSize)], as: UInt64.self)
    switch kind {
    case .received: return .received(stream: stream, position: position)
    case .end: return .end(stream: stream, position: position)
    default:
      return .data(
        stream: stream, position: position, bytes: Array(content[(start + placeSize)...]))
    }
  }

  static let notTheProtocol = Failure("what it sends is not the protocol of relays")
}
