import Base64Text
internal import Crypto

/// An Ed25519 key that checks signatures (RFC 8032), as SSH writes it (RFC 8709).
package struct PublicKey: Hashable, Sendable {
  static let algorithm = "ssh-ed25519"

  /// The 32 bytes of the key.
  let bytes: [UInt8]

  init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 32 else { return nil }
    self.bytes = Array(bytes)
  }

  /// Reads the form that stands in signatures and key files; nil for anything but one Ed25519 key.
  init?(blob: some Sequence<UInt8>) {
    var cursor = SSHCursor(blob)
    guard cursor.text() == PublicKey.algorithm, let key = cursor.string(), cursor.rest.isEmpty
    else { return nil }
    self.init(bytes: key)
  }

  /// The key in the form that stands in signatures and key files.
  var blob: [UInt8] {
    var blob: [UInt8] = []
    blob.append(ssh: PublicKey.algorithm.utf8)
    blob.append(ssh: bytes)
    return blob
  }

  /// `SHA256:` and 43 characters, as `ssh-keygen -l` shows it.
  package var fingerprint: String {
    let text = Base64.encode(Digest(of: blob[...]).bytes, isPadded: false)
    return "SHA256:" + String(decoding: text, as: UTF8.self)
  }

  /// `ssh-ed25519` and the key in Base64: a line of an authorized_keys file.
  package var line: String {
    PublicKey.algorithm + " " + String(decoding: Base64.encode(blob), as: UTF8.self)
  }

  /// Whether `signature` (64 bytes) is this key's, of `message`.
  func verifies(_ signature: some Collection<UInt8>, of message: [UInt8]) -> Bool {
    let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)
    return key?.isValidSignature(Array(signature), for: message) ?? false
  }
}
