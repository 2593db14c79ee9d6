import Machine

/// Follows what a viewer says to a display of the guest's, over one connection, by the RFB protocol (RFC 6143), and tells input
/// from all else.
///
/// It believes nothing: lengths only say how much is passed over. Of what passes it keeps the last eight bytes of a message's
/// head. What it does not know, or can't read because it is encrypted, ends it for this connection.
package struct ViewerWatch: Hashable, Sendable {
  package enum Finding: Sendable {
    case nothing, input
    /// Where the next message begins is not known any more.
    case lost
  }

  /// What comes next. The guest's side counts in the two steps that say so, the viewer's in all others.
  package enum Step: UInt32, Sendable {
    /// The guest's, and the viewer's, version.
    case greeting, version
    /// The guest's, which version 3.3 leaves no choice.
    case givenSecurity
    case security
    case initialization
    /// The first byte of a message, and the rest of what all messages of that kind have.
    case kind, head
    case encodings
    /// What an extended message about the clipboard is for.
    case clipboard
    /// Messages of QEMU's.
    case extendedKey, audio
  }

  package internal(set) var step = Step.greeting
  /// Of the message whose head comes.
  var kind: UInt8 = 0
  /// How many bytes of this step are there, and the last eight of them.
  var count = 0
  var value: UInt64 = 0
  /// How much passes before the next step begins.
  package internal(set) var skipped: UInt64 = 0
  /// Encodings that follow, or what is behind the head of a message about the clipboard.
  var rest: UInt32 = 0
  /// The viewer has offered to say in a seventh byte what buttons the eighth and ninth do. No server of a viewer that offers
  /// it is known that does not take it.
  var hasMoreButtons = false

  package init() {}

  /// The guest's turn, and nobody else's.
  var isOfGuest: Bool { step == .greeting || step == .givenSecurity }

  /// The viewer is let in.
  package var isLetIn: Bool { step.rawValue > Step.initialization.rawValue }

  // MARK: Bytes

  /// What the guest has sent.
  package mutating func hearGuest(_ bytes: RawSpan) -> Finding {
    for offset in 0..<bytes.byteCount {
      guard isOfGuest else { break }
      if take(byte(bytes, offset)) == .lost { return .lost }
    }
    return .nothing
  }

  /// What the viewer has sent.
  package mutating func hearViewer(_ bytes: RawSpan) -> Finding {
    var result = Finding.nothing
    var offset = 0
    while offset < bytes.byteCount {
      if isOfGuest { return .lost }
      if skipped > 0 {
        let passed = min(skipped, UInt64(bytes.byteCount - offset))
        skipped -= passed
        offset += Int(passed)
        continue
      }
      switch take(byte(bytes, offset)) {
      case .nothing: break
      case .input: result = .input
      case .lost: return .lost
      }
      offset += 1
    }
    return result
  }

  private func byte(_ bytes: RawSpan, _ offset: Int) -> UInt8 {
    bytes.load(at: offset)
  }

  private mutating func take(_ byte: UInt8) -> Finding {
    if step == .greeting || step == .version, !Self.isInVersion(byte, at: count) { return .lost }
    value = value << 8 | UInt64(byte)
    count += 1
    guard count >= size else { return .nothing }
    count = 0
    return finish()
  }

  // MARK: Steps

  /// The number of bytes of this step.
  private var size: Int { Self.size(of: step, kind) }

  static func size(of step: Step, _ kind: UInt8) -> Int {
    switch step {
    case .greeting, .version: version.count
    case .givenSecurity, .encodings, .clipboard: 4
    case .security, .initialization, .kind: 1
    case .head: headSize(kind) ?? 1
    case .extendedKey: 10
    case .audio: 2
    }
  }

  /// `#` is a digit.
  private static let version = Array("RFB 003.###\n".utf8)

  private static func isInVersion(_ byte: UInt8, at offset: Int) -> Bool {
    let expected = version[offset]
    return expected == UInt8(ascii: "#") ? (0x30...0x39).contains(byte) : byte == expected
  }

  /// The minor version, in its last eight bytes, `003.###\n`.
  private var minorVersion: Int {
    [24, 16, 8].reduce(0) { $0 * 10 + Int(value >> UInt64($1) & 15) }
  }

  private enum Kind {
    static let pixelFormat: UInt8 = 0
    static let encodings: UInt8 = 2
    static let updateRequest: UInt8 = 3
    static let key: UInt8 = 4
    static let pointer: UInt8 = 5
    static let cutText: UInt8 = 6
    static let continuousUpdates: UInt8 = 150
    static let fence: UInt8 = 248
    static let power: UInt8 = 250
    static let desktopSize: UInt8 = 251
    static let generalInput: UInt8 = 253
    static let qemu: UInt8 = 255
  }

  /// What all messages of a kind have behind its byte; nil: it is not known.
  static func headSize(_ kind: UInt8) -> Int? {
    switch kind {
    case Kind.pixelFormat: 19
    case Kind.encodings, Kind.power, Kind.generalInput: 3
    case Kind.updateRequest, Kind.continuousUpdates: 9
    case Kind.key, Kind.cutText, Kind.desktopSize: 7
    case Kind.pointer: 5
    case Kind.fence: 8
    case Kind.qemu: 1
    default: nil
    }
  }

  /// All bytes of a step are there.
  private mutating func finish() -> Finding {
    switch step {
    case .greeting: step = .version
    case .version: step = minorVersion < 7 ? .givenSecurity : .security
    case .givenSecurity, .security: return finishSecurity()
    case .initialization: step = .kind
    case .kind:
      kind = UInt8(truncatingIfNeeded: value)
      guard Self.headSize(kind) != nil else { return .lost }
      step = .head
    case .head: return finishHead()
    case .encodings:
      if Int32(truncatingIfNeeded: value) == Self.moreButtons { hasMoreButtons = true }
      // Of a snapshot it may be anything.
      rest = rest > 0 ? rest - 1 : 0
      if rest == 0 { step = .kind }
    case .clipboard:
      step = .kind
      skipped = UInt64(rest)
      // What there is, and its content: the rest are answers that viewers give by themselves.
      return value & (Self.clipboardNotify | Self.clipboardProvide) != 0 ? .input : .nothing
    case .extendedKey:
      step = .kind
      return .input
    case .audio:
      step = .kind
      switch value & 0xffff {
      case 0, 1: break
      case 2: skipped = 6
      default: return .lost
      }
    }
    return .nothing
  }

  /// The pseudo-encoding by which viewers offer more buttons.
  private static let moreButtons: Int32 = -316
  private static let clipboardNotify: UInt64 = 1 << 27
  private static let clipboardProvide: UInt64 = 1 << 28

  private mutating func finishSecurity() -> Finding {
    let chosen = step == .security ? value & 0xff : value & 0xffff_ffff
    step = .initialization
    switch chosen {
    case 1: return .nothing
    case 2:
      // The answer to a challenge; what follows is plain.
      skipped = 16
      return .nothing
    default: return .lost
    }
  }

  private mutating func finishHead() -> Finding {
    step = .kind
    switch kind {
    case Kind.key: return .input
    case Kind.pointer:
      if hasMoreButtons, value >> 32 & 0x80 != 0 { skipped = 1 }
      return .input
    case Kind.cutText:
      let length = Int32(truncatingIfNeeded: value)
      guard length < 0 else {
        skipped = UInt64(length)
        return .input
      }
      // The extended form begins with flags.
      guard length.magnitude >= 4 else { return .lost }
      rest = length.magnitude - 4
      step = .clipboard
    case Kind.encodings:
      hasMoreButtons = false
      rest = UInt32(value & 0xffff)
      if rest > 0 { step = .encodings }
    case Kind.fence: skipped = value & 0xff
    case Kind.desktopSize: skipped = 16 * (value >> 8 & 0xff)
    case Kind.generalInput:
      let form = UInt8(truncatingIfNeeded: value >> 16)
      let length = UInt16(truncatingIfNeeded: value)
      skipped = UInt64(form & 0x80 != 0 ? length : length.byteSwapped)
      // Others make devices.
      return form & 0x7f == 0 ? .input : .nothing
    case Kind.qemu:
      switch value & 0xff {
      case 0: step = .extendedKey
      case 1: step = .audio
      default: return .lost
      }
    default: break
    }
    return .nothing
  }
}
