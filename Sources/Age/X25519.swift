internal import Crypto

/// Who can decrypt a file with an X25519 identity: `age1…`.
package struct X25519Recipient: Hashable, Sendable {
  static let kind = "X25519"
  private static let prefix = "age"
  private static let info = "age-encryption.org/v1/X25519"

  private let bytes: [UInt8]

  fileprivate init(_ key: Curve25519.KeyAgreement.PublicKey) {
    bytes = Array(key.rawRepresentation)
  }

  /// Nil unless `text` is a recipient of this kind.
  package init?(_ text: String) {
    guard text == text.lowercased(),
      let bytes = Bech32.decode(text.utf8, prefix: X25519Recipient.prefix), bytes.count == 32
    else { return nil }
    self.bytes = bytes
    // No file can be made for a key of low order, with which nothing is secret.
    guard wrap(FileKey()) != nil else { return nil }
  }

  package var text: String { Bech32.encode(bytes, prefix: X25519Recipient.prefix) }

  /// The stanza with which the holder of the identity gets the key; nil if this key is of low order.
  func wrap(_ key: FileKey) -> Stanza? {
    let ephemeral = Curve25519.KeyAgreement.PrivateKey()
    let share = Array(ephemeral.publicKey.rawRepresentation)
    guard let wrapping = wrappingKey(ephemeral, with: bytes, share: share) else { return nil }
    return .x25519(share: share, body: key.wrapped(with: wrapping))
  }

  /// The key that both sides derive; nil if one of the points is of low order.
  fileprivate func wrappingKey(
    _ key: Curve25519.KeyAgreement.PrivateKey, with peer: [UInt8], share: [UInt8]
  ) -> SymmetricKey? {
    guard let point = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: peer),
      let secret = try? key.sharedSecretFromKeyAgreement(with: point)
    else { return nil }
    let salt = share + bytes
    let derived = secret.hkdfDerivedSymmetricKey(
      using: SHA256.self, salt: salt, sharedInfo: Array(X25519Recipient.info.utf8),
      outputByteCount: 32)
    // With a point of low order the secret is zero (RFC 7748, section 6.1), which swift-crypto does not refuse.
    let zero = derivedKey([UInt8](repeating: 0, count: 32), salt: salt, info: X25519Recipient.info)
    return derived == zero ? nil : derived
  }
}

/// The secret key of a recipient: `AGE-SECRET-KEY-1…`.
package struct X25519Identity: Sendable {
  private static let prefix = "age-secret-key-"

  private let key: Curve25519.KeyAgreement.PrivateKey

  /// A new one.
  package init() { key = Curve25519.KeyAgreement.PrivateKey() }

  /// Nil unless `text` is an identity of this kind.
  init?(_ text: some Collection<UInt8>) {
    guard !text.contains(where: { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }),
      var bytes = Bech32.decode(text, prefix: X25519Identity.prefix)
    else { return nil }
    defer { wipe(&bytes) }
    guard let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: bytes) else {
      return nil
    }
    self.key = key
  }

  package var recipient: X25519Recipient { X25519Recipient(key.publicKey) }

  package var text: String {
    Bech32.encode(key.rawRepresentation, prefix: X25519Identity.prefix).uppercased()
  }

  /// Nil if the stanza is for another recipient.
  func unwrap(share: [UInt8], body: [UInt8]) throws(AgeError) -> FileKey? {
    guard let wrapping = recipient.wrappingKey(key, with: share, share: share) else {
      throw .malformedHeader("an X25519 recipient's share is of low order")
    }
    return FileKey(unwrapping: body, with: wrapping)
  }
}
