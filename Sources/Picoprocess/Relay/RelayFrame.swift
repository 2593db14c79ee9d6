package import HostABI
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

  // Of version 2: `Docs/MigrationProtocol.md`, "Shortcuts".
  /// The guest has moved on: its connections go by the relay of this migration from here.
  case moved(RelayID)
  /// Which stream of a near end's is this one, at the far end of that relay?
  case locate(stream: UInt32, at: RelayID)
  /// It is `other`, of the circuit between that far end and the near end of the relay `of`.
  case located(stream: UInt32, at: RelayID, StreamPlace)
  /// This stream goes on with what is that one so far.
  case carryOn(stream: UInt32, StreamPlace)
  /// What the other end's proof is to be made of.
  case challenge([UInt8])
  case proof([UInt8])
  /// Datagrams for a client that the guest knows by this address go by here now.
  case client(DatagramPlace, known: NetworkAddress)

  /// Bytes in a frame of data.
  package static let pieceLimit = 64 << 10
  static let headSize = 5
  /// Bytes in front of a frame's data.
  private static let placeSize = 12

  private enum Kind: UInt8 {
    case idle = 0
    case received, data, end, reset, open, bye, datagram
    case moved, locate, located, carryOn, challenge, proof, client
    // Of version 3: the same with wide addresses.
    case wideDatagram, wideClient
  }

  /// The first version of the protocol with this frame, of those that may be left out.
  var version: UInt32 {
    switch self {
    case .datagram(let place, _): place.client.isIPv6 ? 3 : 1
    case .client(let place, let known): place.client.isIPv6 || known.isIPv6 ? 3 : 2
    default: 1
    }
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
    case .datagram(let place, let bytes):
      version < 3
        ? Self.frame(.datagram, place.wire(.narrow) + bytes)
        : Self.frame(.wideDatagram, place.wire(.wide) + bytes)
    case .moved(let relay): Self.frame(.moved, relay.bytes)
    case .locate(let stream, let relay):
      Self.frame(.locate, LittleEndian.bytes(stream) + relay.bytes)
    case .located(let stream, let relay, let place):
      Self.frame(.located, LittleEndian.bytes(stream) + relay.bytes + place.wire)
    case .carryOn(let stream, let place):
      Self.frame(.carryOn, LittleEndian.bytes(stream) + place.wire)
    case .challenge(let bytes): Self.frame(.challenge, bytes)
    case .proof(let bytes): Self.frame(.proof, bytes)
    case .client(let place, let known):
      version < 3
        ? Self.frame(.client, Self.wire(place, known, .narrow))
        : Self.frame(.wideClient, Self.wire(place, known, .wide))
    }
  }

  private static func wire(
    _ place: DatagramPlace, _ known: NetworkAddress, _ form: DatagramPlace.Form
  ) -> [UInt8] {
    place.wire(form) + DatagramPlace(port: place.port, client: known).wire(form)
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
      case .datagram, .wideDatagram:
        form(of: kind).size...(form(of: kind).size + ByteStream.datagramLimit)
      case .moved: RelayID.size...RelayID.size
      case .locate: (4 + RelayID.size)...(4 + RelayID.size)
      case .located: (4 + RelayID.size + StreamPlace.size)...(4 + RelayID.size + StreamPlace.size)
      case .carryOn: (4 + StreamPlace.size)...(4 + StreamPlace.size)
      case .challenge: RelayProof.challengeSize...RelayProof.challengeSize
      case .proof: RelayProof.size...RelayProof.size
      case .client, .wideClient: (2 * form(of: kind).size)...(2 * form(of: kind).size)
      }
    guard sizes.contains(content.count) else { throw notTheProtocol }
    /// The content behind its first bytes, and a number there.
    func rest(_ offset: Int) -> ArraySlice<UInt8> { content.dropFirst(offset) }
    func number<N: FixedWidthInteger>(_ offset: Int, as type: N.Type) -> N {
      LittleEndian.number(rest(offset).prefix(N.bitWidth / 8), as: type)
    }
    func stream() -> UInt32 { number(0, as: UInt32.self) }
    func position() -> UInt64 { number(4, as: UInt64.self) }
    switch kind {
    case .idle: return .idle
    case .bye: return .bye
    case .reset: return .reset(stream: stream())
    case .open: return .open(stream: stream(), port: number(4, as: UInt16.self))
    case .received: return .received(stream: stream(), position: position())
    case .end: return .end(stream: stream(), position: position())
    case .data:
      return .data(stream: stream(), position: position(), bytes: Array(rest(placeSize)))
    case .datagram, .wideDatagram:
      let form = form(of: kind)
      guard let place = DatagramPlace(content.prefix(form.size), form) else { throw notTheProtocol }
      return .datagram(place, Array(rest(form.size)))
    case .moved: return .moved(RelayID(rest(0)))
    case .locate: return .locate(stream: stream(), at: RelayID(rest(4)))
    case .located:
      return .located(
        stream: stream(), at: RelayID(rest(4)), StreamPlace(rest(4 + RelayID.size)))
    case .carryOn: return .carryOn(stream: stream(), StreamPlace(rest(4)))
    case .challenge: return .challenge(Array(content))
    case .proof: return .proof(Array(content))
    case .client, .wideClient:
      let form = form(of: kind)
      guard let place = DatagramPlace(content.prefix(form.size), form),
        let known = DatagramPlace(rest(form.size), form), known.port == place.port
      else { throw notTheProtocol }
      return .client(place, known: known.client)
    }
  }

  private static func form(of kind: Kind) -> DatagramPlace.Form {
    kind.rawValue < Kind.wideDatagram.rawValue ? .narrow : .wide
  }

  static let notTheProtocol = Failure("what it sends is not the protocol of relays")
}

/// The relay of a migration, by that migration's id.
package struct RelayID: Hashable, Sendable, Codable {
  package let bytes: [UInt8]

  static let size = 16

  /// - Parameter bytes: at least as many as an id has.
  init(_ bytes: ArraySlice<UInt8>) { self.bytes = Array(bytes.prefix(Self.size)) }

  /// - Parameter migration: in hexadecimal digits.
  package init(_ migration: String) { bytes = MigrationID.bytes(migration) }

  /// In hexadecimal digits.
  var migration: String { MigrationID.text(bytes[...]) }
}

/// A stream, as the far end knows it to which it leads.
package struct StreamPlace: Hashable, Sendable, Codable {
  /// The relay whose near end it comes from.
  let near: RelayID
  let number: UInt32

  static let size = RelayID.size + 4

  package init(near: RelayID, number: UInt32) { (self.near, self.number) = (near, number) }

  fileprivate init(_ wire: ArraySlice<UInt8>) {
    near = RelayID(wire)
    number = LittleEndian.number(wire.dropFirst(RelayID.size).prefix(4), as: UInt32.self)
  }

  fileprivate var wire: [UInt8] { near.bytes + LittleEndian.bytes(number) }
}
