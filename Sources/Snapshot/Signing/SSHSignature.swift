internal import Crypto

/// A signature in the SSHSIG form (PROTOCOL.sshsig in OpenSSH's sources), which `ssh-keygen -Y verify`
/// checks. By Ed25519 keys over SHA-512 only.
package struct SSHSignature: Hashable, Sendable {
  /// Whose it says it is.
  package let publicKey: PublicKey
  /// What the signature is for; one for another purpose means nothing here.
  package let namespace: String
  /// For later revisions; signed too, whatever it holds.
  private let reserved: [UInt8]
  /// 64 bytes.
  private let signature: [UInt8]

  private static let magic = Array("SSHSIG".utf8)
  private static let version: UInt32 = 1
  private static let hash = "sha512"

  /// Why some bytes are no signature that can be checked.
  package enum FormatError: Error, Hashable, Sendable {
    case malformed
    /// The algorithm of the key or of the digest is another one.
    case unsupportedAlgorithm
  }

  /// Signs `message`.
  package init(of message: [UInt8], namespace: String, by key: SigningKey) {
    publicKey = key.publicKey
    self.namespace = namespace
    reserved = []
    signature = key.sign(SSHSignature.signedData(message, namespace, []))
  }

  /// Whether `publicKey` signed `message` with this.
  package func verifies(_ message: [UInt8]) -> Bool {
    publicKey.verifies(signature, of: SSHSignature.signedData(message, namespace, reserved))
  }

  /// What is signed in place of `message`.
  private static func signedData(_ message: [UInt8], _ namespace: String, _ reserved: [UInt8])
    -> [UInt8]
  {
    var data = magic
    data.append(ssh: namespace.utf8)
    data.append(ssh: reserved)
    data.append(ssh: hash.utf8)
    data.append(ssh: Array(SHA512.hash(data: message)))
    return data
  }

  /// The signature in bytes.
  package var encoded: [UInt8] {
    var bytes = SSHSignature.magic
    bytes.append(ssh: SSHSignature.version)
    bytes.append(ssh: publicKey.blob)
    bytes.append(ssh: namespace.utf8)
    bytes.append(ssh: reserved)
    bytes.append(ssh: SSHSignature.hash.utf8)
    var inner: [UInt8] = []
    inner.append(ssh: PublicKey.algorithm.utf8)
    inner.append(ssh: signature)
    bytes.append(ssh: inner)
    return bytes
  }

  /// The file that `ssh-keygen -Y verify -s` takes.
  package var armored: String { Armor.encode(encoded, label: "SSH SIGNATURE") }

  /// Reads what `encoded` gives. No byte of it is trusted.
  package init(decoding bytes: [UInt8]) throws(FormatError) {
    var cursor = SSHCursor(bytes)
    guard cursor.take(SSHSignature.magic), cursor.number() == SSHSignature.version,
      let key = cursor.string(), let namespace = cursor.text(), let reserved = cursor.string(),
      let hash = cursor.text(), let inner = cursor.string(), cursor.rest.isEmpty
    else { throw .malformed }
    guard let publicKey = PublicKey(blob: key), hash == SSHSignature.hash else {
      throw .unsupportedAlgorithm
    }
    var innerCursor = SSHCursor(inner)
    guard innerCursor.text() == PublicKey.algorithm, let signature = innerCursor.string(),
      signature.count == 64, innerCursor.rest.isEmpty
    else { throw .malformed }
    self.publicKey = publicKey
    self.namespace = namespace
    self.reserved = Array(reserved)
    self.signature = Array(signature)
  }
}
