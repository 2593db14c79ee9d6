package import HostABI
import LibOS

/// What a client and a picoprocess send each other once the client is attached: a byte that says what it is, the length
/// of the rest as four bytes, the lowest first, and the rest. `Docs/Attach.md` is the specification.
package enum AttachFrame: Hashable, Sendable {
  // From the client.

  /// What was typed.
  case input([UInt8])
  case inputEnd
  case resize(WindowSize)
  case signal(Int32)

  // From the picoprocess.

  case output([UInt8])
  case error([UInt8])
  /// So many bytes of output were left out here, because the client had not taken those before.
  case skipped(UInt64)
  /// The guest has ended; the status is as a shell gives it.
  case ended(status: Int32)
  /// The guest was written to a snapshot, and goes on elsewhere.
  case suspended

  /// Bytes that the rest of a frame may have.
  package static let limit = 64 << 10
  private static let headLength = 5

  private enum Kind: UInt8 {
    case input = 1
    case inputEnd, resize, signal
    case output = 17
    case error, skipped, ended, suspended
  }

  package var bytes: [UInt8] {
    switch self {
    case .input(let bytes): Self.frame(.input, bytes)
    case .inputEnd: Self.frame(.inputEnd, [])
    case .resize(let size):
      Self.frame(
        .resize,
        [size.rows, size.columns, size.pixelWidth, size.pixelHeight].flatMap {
          Self.littleEndian(UInt64($0), 2)
        })
    case .signal(let number): Self.frame(.signal, [UInt8(truncatingIfNeeded: number)])
    case .output(let bytes): Self.frame(.output, bytes)
    case .error(let bytes): Self.frame(.error, bytes)
    case .skipped(let count): Self.frame(.skipped, Self.littleEndian(count, 8))
    case .ended(let status): Self.frame(.ended, [UInt8(truncatingIfNeeded: status)])
    case .suspended: Self.frame(.suspended, [])
    }
  }

  private static func frame(_ kind: Kind, _ rest: [UInt8]) -> [UInt8] {
    precondition(rest.count <= limit, "a frame is too long")
    return [kind.rawValue] + littleEndian(UInt64(rest.count), 4) + rest
  }

  private static func littleEndian(_ number: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }
  }

  /// - Returns: nil for what no peer sends.
  private init?(_ kind: UInt8, _ rest: [UInt8]) {
    func number(_ range: Range<Int>) -> UInt64 {
      rest[range].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    switch (Kind(rawValue: kind), rest.count) {
    case (.input, _): self = .input(rest)
    case (.inputEnd, 0): self = .inputEnd
    case (.resize, 8):
      self = .resize(
        WindowSize(
          rows: UInt16(number(0..<2)), columns: UInt16(number(2..<4)),
          pixelWidth: UInt16(number(4..<6)), pixelHeight: UInt16(number(6..<8))))
    case (.signal, 1): self = .signal(Int32(rest[0]))
    case (.output, _): self = .output(rest)
    case (.error, _): self = .error(rest)
    case (.skipped, 8): self = .skipped(number(0..<8))
    case (.ended, 1): self = .ended(status: Int32(rest[0]))
    case (.suspended, 0): self = .suspended
    default: return nil
    }
  }

  /// Takes frames out of the bytes of a peer.
  package struct Reader: Sendable {
    private var bytes = ByteQueue()

    package init() {}

    package mutating func append(_ more: [UInt8]) { bytes.append(more) }

    /// The beginning of a frame that is not here whole.
    var rest: [UInt8] { bytes.contents }

    /// The next frame that is here whole; nil if there is none.
    ///
    /// - Throws: `invalid` if the peer does not speak this language.
    package mutating func next() throws(HostError) -> AttachFrame? {
      guard bytes.count >= AttachFrame.headLength else { return nil }
      let length = (1...4).reversed().reduce(0) { $0 << 8 | Int(bytes[$1]) }
      guard length <= AttachFrame.limit else { throw .invalid }
      guard bytes.count >= AttachFrame.headLength + length else { return nil }
      let kind = bytes.removeFirst()
      bytes.drop(4)
      guard let frame = AttachFrame(kind, bytes.take(length)) else { throw .invalid }
      return frame
    }
  }
}
