internal import Crypto

/// Overwrites a secret that is no longer needed. It must be the only reference to its bytes: of shared ones a
/// copy would be overwritten.
@inline(never)
package func wipe(_ secret: inout [UInt8]) {
  for index in secret.indices { secret[index] = 0 }
}

/// `count` bytes that nobody can guess.
func randomBytes(_ count: Int) -> [UInt8] {
  var generator = SystemRandomNumberGenerator()
  return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
}

/// HKDF-SHA-256 (RFC 5869) with a key of 32 bytes, as everywhere in the format.
func derivedKey(_ secret: [UInt8], salt: [UInt8], info: String) -> SymmetricKey {
  HKDF<SHA256>.deriveKey(
    inputKeyMaterial: SymmetricKey(data: secret), salt: salt, info: Array(info.utf8),
    outputByteCount: 32)
}
