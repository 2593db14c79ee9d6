import Base64Text

/// A stanza of the header: the file key, wrapped for one recipient.
enum Stanza: Hashable, Sendable {
  /// For the holder of an X25519 identity. `share` has 32 bytes, `body` is the wrapped key.
  case x25519(share: [UInt8], body: [UInt8])
  /// For all who know the passphrase. `salt` has 16 bytes, `body` is the wrapped key.
  case scrypt(salt: [UInt8], workFactor: ScryptWorkFactor, body: [UInt8])
  /// Of another kind; others may know it.
  case other(kind: String)

  /// The first argument, which says what the others mean.
  var kind: String {
    switch self {
    case .x25519: X25519Recipient.kind
    case .scrypt: Passphrase.kind
    case .other(let kind): kind
    }
  }

  /// Checks what is known of the kind.
  init(arguments: [ArraySlice<UInt8>], body: [UInt8]) throws(AgeError) {
    switch String(decoding: arguments[0], as: UTF8.self) {
    case X25519Recipient.kind:
      guard arguments.count == 2, let share = Base64.decode(arguments[1], isPadded: false),
        share.count == 32
      else { throw .malformedHeader("an X25519 recipient has no share of 32 bytes") }
      self = .x25519(share: share, body: try Self.wrappedKey(body))
    case Passphrase.kind:
      guard arguments.count == 3, let salt = Base64.decode(arguments[1], isPadded: false),
        salt.count == Passphrase.saltSize
      else { throw .malformedHeader("a passphrase has no salt of 16 bytes") }
      self = .scrypt(
        salt: salt, workFactor: try ScryptWorkFactor(decimal: arguments[2]),
        body: try Self.wrappedKey(body))
    case let kind: self = .other(kind: kind)
    }
  }

  private static func wrappedKey(_ body: [UInt8]) throws(AgeError) -> [UInt8] {
    // Any other length could let a recipient's answer tell which of several keys it has.
    guard body.count == FileKey.wrappedSize else {
      throw .malformedHeader("a wrapped key has not \(FileKey.wrappedSize) bytes")
    }
    return body
  }

  /// The lines of a stanza that can be written.
  var encoded: [UInt8] {
    let arguments: [[UInt8]]
    let body: [UInt8]
    switch self {
    case .x25519(let share, let key):
      (arguments, body) = ([Base64.encode(share, isPadded: false)], key)
    case .scrypt(let salt, let workFactor, let key):
      arguments = [Base64.encode(salt, isPadded: false), Array("\(workFactor.logarithm)".utf8)]
      body = key
    case .other: preconditionFailure("an unknown kind of recipient is never written")
    }
    var text = Array("-> \(kind)".utf8)
    for argument in arguments { text += [UInt8(ascii: " ")] + argument }
    // A wrapped key fits in one line.
    return text + [AgeHeader.lineFeed] + Base64.encode(body, isPadded: false) + [AgeHeader.lineFeed]
  }
}
