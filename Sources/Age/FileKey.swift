internal import Crypto

/// The secret of one file, from which all its keys are derived. Each recipient gets it wrapped in a stanza.
struct FileKey: Sendable {
  static let size = 16
  /// Bytes of a wrapped file key: it and the tag of ChaCha20-Poly1305 (RFC 8439).
  static let wrappedSize = size + 16

  private let bytes: [UInt8]

  /// A new key.
  init() { bytes = randomBytes(FileKey.size) }

  /// Unwraps a file key; nil if `key` is not the one that it was wrapped with.
  init?(unwrapping wrapped: [UInt8], with key: SymmetricKey) {
    guard wrapped.count == FileKey.wrappedSize,
      let box = try? ChaChaPoly.SealedBox(combined: FileKey.nonce + wrapped),
      let bytes = try? ChaChaPoly.open(box, using: key)
    else { return nil }
    self.bytes = Array(bytes)
  }

  /// Each wrapping key is used once, so its nonce is fixed.
  private static let nonce = [UInt8](repeating: 0, count: 12)

  func wrapped(with key: SymmetricKey) -> [UInt8] {
    seal(bytes, nonce: FileKey.nonce, key: key)
  }

  /// The MAC of a header, of all up to and including its `---`.
  func headerMAC(_ header: some Collection<UInt8>) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: Array(header), using: headerKey))
  }

  /// Whether `mac` is the header's, in a time that does not depend on where they differ.
  func isHeaderMAC(_ mac: [UInt8], of header: some Collection<UInt8>) -> Bool {
    HMAC<SHA256>.isValidAuthenticationCode(
      mac, authenticating: Array(header), using: headerKey)
  }

  private var headerKey: SymmetricKey { derivedKey(bytes, salt: [], info: "header") }

  /// - Parameter nonce: the 16 bytes in front of the payload.
  func payloadKey(nonce: [UInt8]) -> SymmetricKey {
    derivedKey(bytes, salt: nonce, info: "payload")
  }
}

/// ChaCha20-Poly1305 (RFC 8439): the ciphertext and its tag.
func seal(_ bytes: [UInt8], nonce: [UInt8], key: SymmetricKey) -> [UInt8] {
  // Fails only for a nonce that has not 12 bytes, or a key that has not 32.
  let box = try! ChaChaPoly.seal(
    bytes, using: key, nonce: ChaChaPoly.Nonce(data: nonce))
  return Array(box.ciphertext) + Array(box.tag)
}
