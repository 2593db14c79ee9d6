internal import Crypto

/// An Ed25519 key that signs.
package struct SigningKey: Sendable {
  private let key: Curve25519.Signing.PrivateKey

  /// A new key.
  package init() { key = Curve25519.Signing.PrivateKey() }

  private init?(seed: some Collection<UInt8>) {
    guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: Array(seed)) else {
      return nil
    }
    self.key = key
  }

  package var publicKey: PublicKey { PublicKey(bytes: Array(key.publicKey.rawRepresentation))! }

  /// The 64 bytes of a signature; the same for the same message, but on Darwin, where it is salted.
  func sign(_ message: [UInt8]) -> [UInt8] {
    // Fails on nothing that could be passed: every message can be signed with every key.
    Array(try! key.signature(for: message))
  }
}

extension SigningKey {
  /// Why a key file can't be used.
  package enum FileError: Error, Hashable, Sendable {
    case notAKeyFile
    case hasPassphrase
    /// The algorithm is another than Ed25519.
    case wrongAlgorithm
  }

  private static let label = "OPENSSH PRIVATE KEY"
  private static let magic = Array("openssh-key-v1\0".utf8)
  /// The unit to which the private part of a file is padded, when it is not encrypted.
  private static let blockSize = 8

  /// An OpenSSH private key file without a passphrase (PROTOCOL.key in OpenSSH's sources), that
  /// `ssh-keygen` reads too.
  package func file(comment: String) -> String {
    let publicBlob = publicKey.blob
    var secret: [UInt8] = []
    // A passphrase is right when these two are equal.
    secret.append(ssh: 0)
    secret.append(ssh: 0)
    secret += publicBlob
    secret.append(ssh: Array(key.rawRepresentation) + publicKey.bytes)
    secret.append(ssh: comment.utf8)
    var padding: UInt8 = 0
    while secret.count % SigningKey.blockSize != 0 {
      padding += 1
      secret.append(padding)
    }
    var bytes = SigningKey.magic
    bytes.append(ssh: "none".utf8)  // cipher
    bytes.append(ssh: "none".utf8)  // key derivation
    bytes.append(ssh: "".utf8)  // and its options
    bytes.append(ssh: 1)  // number of keys
    bytes.append(ssh: publicBlob)
    bytes.append(ssh: secret)
    return Armor.encode(bytes, label: SigningKey.label)
  }

  /// Reads an OpenSSH private key file.
  package init(file text: [UInt8]) throws(FileError) {
    guard let bytes = Armor.decode(text, label: SigningKey.label) else { throw .notAKeyFile }
    var cursor = SSHCursor(bytes)
    guard cursor.take(SigningKey.magic), let cipher = cursor.text(), cursor.string() != nil,
      cursor.string() != nil, cursor.number() == 1, cursor.string() != nil,
      let secret = cursor.string()
    else { throw .notAKeyFile }
    guard cipher == "none" else { throw .hasPassphrase }
    var inner = SSHCursor(secret)
    guard let check = inner.number(), inner.number() == check, let algorithm = inner.text() else {
      throw .notAKeyFile
    }
    guard algorithm == PublicKey.algorithm else { throw .wrongAlgorithm }
    guard let publicBytes = inner.string(), let pair = inner.string(), pair.count == 64,
      let key = SigningKey(seed: pair.prefix(32)),
      pair.suffix(32).elementsEqual(publicBytes), key.publicKey.bytes.elementsEqual(publicBytes)
    else { throw .notAKeyFile }
    self = key
  }
}

extension SigningKey.FileError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notAKeyFile: "not an OpenSSH private key"
    case .hasPassphrase: "the key has a passphrase; keys of Godwit have none"
    case .wrongAlgorithm: "the key is not of the kind \(PublicKey.algorithm)"
    }
  }
}
