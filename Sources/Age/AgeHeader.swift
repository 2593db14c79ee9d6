import Base64Text

/// The text in front of the payload: the file key, wrapped for each recipient, and a MAC.
struct AgeHeader: Sendable {
  let stanzas: [Stanza]
  private let mac: [UInt8]
  /// What the MAC covers.
  private let authenticated: [UInt8]
  /// Bytes of the whole header; the payload's nonce follows.
  let byteCount: Int

  /// Bytes of a header at most: several hundred recipients.
  static let limit = 1 << 16
  static let lineFeed = UInt8(ascii: "\n")
  private static let name = Array("age-encryption.org/".utf8)
  static let versionLine = name + Array("v1\n".utf8)
  private static let armorLine = Array("-----BEGIN AGE ENCRYPTED FILE-----".utf8)
  private static let endMark = Array("---".utf8)
  /// Bytes of the last line: the mark, a space, the MAC in Base64, and a line feed.
  static let endLineSize = 48

  /// A new header with these stanzas.
  init(_ stanzas: [Stanza], _ key: FileKey) {
    self.stanzas = stanzas
    authenticated = AgeHeader.versionLine + stanzas.flatMap(\.encoded) + AgeHeader.endMark
    mac = key.headerMAC(authenticated)
    byteCount = authenticated.count + 1 + Base64.encode(mac, isPadded: false).count + 1
  }

  var encoded: [UInt8] {
    authenticated + [UInt8(ascii: " ")] + Base64.encode(mac, isPadded: false) + [AgeHeader.lineFeed]
  }

  /// Reads the header that `bytes` begin with; nil if they end within it. Of `limit` bytes it is never nil.
  init?(startOf bytes: [UInt8]) throws(AgeError) {
    var lines = LineCursor(bytes[...])
    try AgeHeader.checkVersion(&lines, bytes)
    guard lines.position > 0 else { return nil }
    var stanzas: [Stanza] = []
    while true {
      let start = lines.position
      guard let line = try lines.next() else {
        let rest = bytes[start...]
        guard rest.count < AgeHeader.endLineSize || !rest.starts(with: AgeHeader.endMark) else {
          throw .malformedHeader("its last line is too long")
        }
        return nil
      }
      if line.starts(with: AgeHeader.endMark) {
        guard line.count + 1 == AgeHeader.endLineSize, line.dropFirst(3).first == UInt8(ascii: " "),
          let mac = Base64.decode(line.dropFirst(4), isPadded: false)
        else { throw .malformedHeader("its last line has no MAC of 32 bytes") }
        self.mac = mac
        authenticated = Array(bytes[..<(start + 3)])
        byteCount = lines.position
        break
      }
      guard let stanza = try AgeHeader.stanza(line, &lines) else { return nil }
      stanzas.append(stanza)
    }
    guard !stanzas.isEmpty else { throw .malformedHeader("it has no recipients") }
    // Who knows the passphrase can make a file, so it must be the only one who can have.
    guard stanzas.count == 1 || !stanzas.contains(where: { $0.kind == Passphrase.kind }) else {
      throw .malformedHeader("it has a passphrase and other recipients")
    }
    self.stanzas = stanzas
  }

  /// Whether `bytes`, the first of a file, are those of the format, of whichever version or form.
  static func isRecognized(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: name) || bytes.starts(with: armorLine)
  }

  /// Leaves the cursor behind the version line, or where it is if `bytes` end within.
  private static func checkVersion(_ lines: inout LineCursor, _ bytes: [UInt8]) throws(AgeError) {
    guard !bytes.starts(with: armorLine) else { throw .armored }
    let common = zip(bytes, name).prefix { $0 == $1 }.count
    guard common == min(bytes.count, name.count) else { throw .notAge }
    // A version line is short.
    let line = bytes.prefix(64)
    guard let end = line.firstIndex(of: lineFeed) else {
      guard line.count < 64 else { throw .notAge }
      return
    }
    guard line[...end].elementsEqual(versionLine) else {
      throw .unsupportedVersion(String(decoding: line[name.count..<end], as: UTF8.self))
    }
    _ = try lines.next()
  }

  /// The stanza that begins with `line`; nil if the bytes end within it.
  private static func stanza(_ line: ArraySlice<UInt8>, _ lines: inout LineCursor)
    throws(AgeError) -> Stanza?
  {
    guard line.starts(with: "-> ".utf8) else {
      throw .malformedHeader("a line is no recipient's")
    }
    let arguments = line.dropFirst(3).split(
      separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard arguments.allSatisfy({ !$0.isEmpty && $0.allSatisfy { (0x21...0x7e).contains($0) } })
    else { throw .malformedHeader("a recipient's arguments are not text") }
    var body: [UInt8] = []
    while true {
      guard let line = try lines.next() else { return nil }
      guard line.count <= 64, let bytes = Base64.decode(line, isPadded: false) else {
        throw .malformedHeader("a recipient's key is not Base64")
      }
      body += bytes
      if line.count < 64 { break }
    }
    return try Stanza(arguments: arguments, body: body)
  }
}

/// Takes lines that end with a line feed.
private struct LineCursor {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// Where the next line begins.
  var position: Int { rest.startIndex }

  /// The next line without its line feed; nil if the bytes end within it.
  ///
  /// - Throws: if it does not end within the limit of a header.
  mutating func next() throws(AgeError) -> ArraySlice<UInt8>? {
    let limit = AgeHeader.limit
    guard let end = rest.firstIndex(of: AgeHeader.lineFeed), end < limit else {
      guard rest.endIndex < limit else { throw .headerTooLarge(limit: limit) }
      return nil
    }
    let line = rest[..<end]
    rest = rest[(end + 1)...]
    return line
  }
}

extension AgeHeader {
  /// Finds the file key with one of these.
  ///
  /// - Throws: `needsIdentity`, `needsPassphrase`, `noMatch` or `wrongPassphrase`.
  func fileKey(_ identities: [Identity]) throws(AgeError) -> FileKey {
    for identity in identities {
      for stanza in stanzas {
        guard let key = try identity.unwrap(stanza) else { continue }
        guard key.isHeaderMAC(mac, of: authenticated) else { throw .wrongHeaderMAC }
        return key
      }
    }
    let kinds = stanzas.map(\.kind)
    let isTried = identities.contains { identity in stanzas.contains { identity.fits($0) } }
    if kinds == [Passphrase.kind] { throw isTried ? .wrongPassphrase : .needsPassphrase }
    throw identities.contains { $0.isKey } ? .noMatch(kinds: kinds) : .needsIdentity(kinds: kinds)
  }
}
