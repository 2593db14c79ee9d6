internal import Crypto

/// The key of a sealed store.
///
/// Everything in the store is a *message*: the contents of a block, what a pack says of a block, a manifest. Each is
/// encrypted with ChaCha20-Poly1305 (RFC 8439) under a key of its own, which HKDF-SHA-256 (RFC 5869) derives from the
/// secret and 32 random bytes in front of the message. So no key is ever used twice, however many write at once, and
/// the nonce is always zero. What a message is of is authenticated with it: none can stand for another.
package struct StoreKey: Sendable {
  /// Bytes of the secret that it is made of.
  package static var size: Int { 32 }

  private let secret: SymmetricKey
  /// For the names of blocks only.
  private let naming: SymmetricKey

  /// - Parameter bytes: `size` bytes that nobody can guess.
  package init(_ bytes: [UInt8]) {
    precondition(bytes.count == Self.size)
    secret = SymmetricKey(data: bytes)
    naming = HKDF<SHA256>.deriveKey(
      inputKeyMaterial: secret, salt: [UInt8](), info: Array("godwit store name".utf8),
      outputByteCount: 32)
  }

  /// `count` bytes that nobody can guess.
  package static func randomBytes(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }

  /// What a message is of.
  package enum Purpose: Sendable {
    /// The contents of the block with this name.
    case contents(Digest)
    /// What the block with this name is, and which pages it has.
    case description(Digest)
    /// The manifest of the snapshot with this name, behind bytes of this digest which anybody can read.
    case manifest(String, Digest)

    fileprivate var label: String {
      switch self {
      case .contents: "godwit store contents"
      case .description: "godwit store description"
      case .manifest: "godwit store manifest"
      }
    }

    /// What is authenticated with the message.
    fileprivate var bytes: [UInt8] {
      switch self {
      case .contents(let name), .description(let name): name.bytes
      case .manifest(let name, let digest): digest.bytes + Array(name.utf8)
      }
    }
  }

  /// The name of the block whose stored bytes have this digest. Without the key it tells nothing of them, and can't be
  /// computed for bytes that somebody guesses.
  package func name(of digest: Digest) -> Digest {
    Digest(Array(HMAC<SHA256>.authenticationCode(for: digest.bytes, using: naming)))!
  }

  /// Encrypts a message.
  package func seal(_ message: [UInt8], _ purpose: Purpose) -> [UInt8] {
    let salt = Self.randomBytes(MessageKey.saltSize)
    return salt + messageKey(salt, purpose).seal(message)
  }

  /// Decrypts a message; nil if it is not what was encrypted for the purpose.
  package func open(_ sealed: [UInt8], _ purpose: Purpose) -> [UInt8]? {
    guard sealed.count >= MessageKey.overhead else { return nil }
    return messageKey(Array(sealed.prefix(MessageKey.saltSize)), purpose).open(sealed)
  }

  /// The key of one message, with which nothing else in the store can be read.
  ///
  /// - Parameter salt: what stands in front of the message.
  package func messageKey(_ salt: [UInt8], _ purpose: Purpose) -> MessageKey {
    MessageKey(
      key: HKDF<SHA256>.deriveKey(
        inputKeyMaterial: secret, salt: salt, info: Array(purpose.label.utf8), outputByteCount: 32),
      purpose: purpose)
  }
}

/// The key of one message in a sealed store.
package struct MessageKey: Sendable {
  /// Bytes in front of a message from which its key follows.
  package static var saltSize: Int { 32 }
  /// Bytes that a message takes more than what is in it: the salt and the authentication tag.
  package static var overhead: Int { saltSize + 16 }

  fileprivate let key: SymmetricKey
  fileprivate let purpose: StoreKey.Purpose

  private static var nonce: [UInt8] { [UInt8](repeating: 0, count: 12) }

  /// Encrypts the only message.
  fileprivate func seal(_ message: [UInt8]) -> [UInt8] {
    // Fails only for a nonce or a key of the wrong length.
    let box = try! ChaChaPoly.seal(
      message, using: key, nonce: ChaChaPoly.Nonce(data: Self.nonce),
      authenticating: purpose.bytes)
    return Array(box.ciphertext) + Array(box.tag)
  }

  /// Decrypts the message, with its salt in front; nil if it was altered, or is another.
  package func open(_ sealed: [UInt8]) -> [UInt8]? {
    guard sealed.count >= Self.overhead,
      let box = try? ChaChaPoly.SealedBox(combined: Self.nonce + sealed[Self.saltSize...]),
      let message = try? ChaChaPoly.open(box, using: key, authenticating: purpose.bytes)
    else { return nil }
    return Array(message)
  }
}
