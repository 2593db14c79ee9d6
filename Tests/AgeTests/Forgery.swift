import Crypto
import Foundation

/// Writes files in the age format by hand, right or wrong, with nothing of the code under test.
struct Forgery {
  var bytes: [UInt8] = []
  var fileKey = Array("YELLOW SUBMARINE".utf8)
  private var payloadKey = SymmetricKey(size: .bits256)
  private var chunkCount: UInt8 = 0

  init() { line("age-encryption.org/v1") }

  /// The secret key `[0x42] × 32`, and its recipient, as the format's specification shows them.
  static let identity =
    "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
  static let recipient = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
  static let secretKey = try! Curve25519.KeyAgreement.PrivateKey(
    rawRepresentation: [UInt8](repeating: 0x42, count: 32))
  static let passphrase = "password"

  mutating func line(_ text: String) { bytes += Array(text.utf8) + [10] }

  static func base64(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacingOccurrences(of: "=", with: "")
  }

  private static func derive(_ key: [UInt8], _ salt: [UInt8], _ info: String) -> SymmetricKey {
    HKDF<SHA256>.deriveKey(
      inputKeyMaterial: SymmetricKey(data: key), salt: salt, info: Array(info.utf8),
      outputByteCount: 32)
  }

  static func sealed(_ bytes: [UInt8], _ key: SymmetricKey, nonce: [UInt8]) -> [UInt8] {
    let box = try! ChaChaPoly.seal(bytes, using: key, nonce: ChaChaPoly.Nonce(data: nonce))
    return Array(box.ciphertext + box.tag)
  }

  private func wrapped(_ key: SymmetricKey) -> [UInt8] {
    Self.sealed(fileKey, key, nonce: [UInt8](repeating: 0, count: 12))
  }

  /// A body, in lines of 64 characters and a shorter one.
  mutating func body(_ body: [UInt8]) {
    var text = Self.base64(body)[...]
    while text.count >= 64 {
      line(String(text.prefix(64)))
      text = text.dropFirst(64)
    }
    line(String(text))
  }

  /// The share and the body of a stanza for the identity.
  func x25519Parts(to key: Curve25519.KeyAgreement.PublicKey = secretKey.publicKey)
    -> (share: [UInt8], body: [UInt8])
  {
    let ephemeral = Curve25519.KeyAgreement.PrivateKey()
    let share = Array(ephemeral.publicKey.rawRepresentation)
    let secret = try! ephemeral.sharedSecretFromKeyAgreement(with: key)
    let wrapping = secret.hkdfDerivedSymmetricKey(
      using: SHA256.self, salt: share + Array(key.rawRepresentation),
      sharedInfo: Array("age-encryption.org/v1/X25519".utf8), outputByteCount: 32)
    return (share, wrapped(wrapping))
  }

  mutating func x25519(to key: Curve25519.KeyAgreement.PublicKey = secretKey.publicKey) {
    let parts = x25519Parts(to: key)
    line("-> X25519 \(Self.base64(parts.share))")
    body(parts.body)
  }

  /// scrypt with 2^1 rounds of the passphrase and a salt of 16 `s`: by Python's hashlib.
  static let scryptSalt = [UInt8](repeating: 0x73, count: 16)
  private static let scryptKey = [UInt8](
    hex: "a38ef15dd8ceaf58e2a89b7f23deb1a4060d7808462eaace4ddebc313fadaf7a")

  /// The body of a stanza with `scryptSalt` and the work factor 1.
  var scryptBody: [UInt8] { wrapped(SymmetricKey(data: Self.scryptKey)) }

  mutating func scrypt() {
    line("-> scrypt \(Self.base64(Self.scryptSalt)) 1")
    body(scryptBody)
  }

  /// The MAC of the header so far.
  func mac() -> [UInt8] {
    let key = Self.derive(fileKey, [], "header")
    return Array(HMAC<SHA256>.authenticationCode(for: bytes + Array("---".utf8), using: key))
  }

  mutating func end() { line("--- \(Self.base64(mac()))") }

  /// Begins the payload.
  mutating func nonce() {
    let nonce = Array(0..<16 as Range<UInt8>)
    bytes += nonce
    payloadKey = Self.derive(fileKey, nonce, "payload")
  }

  mutating func chunk(_ bytes: [UInt8], isLast: Bool) {
    let nonce = [UInt8](repeating: 0, count: 10) + [chunkCount, isLast ? 1 : 0]
    self.bytes += Self.sealed(bytes, payloadKey, nonce: nonce)
    chunkCount += 1
  }

  /// Ends the header, and makes a payload.
  mutating func finish(_ payload: String = "age") {
    end()
    nonce()
    chunk(Array(payload.utf8), isLast: true)
  }
}

extension [UInt8] {
  init(hex: String) {
    let digits = Array<UInt8>(hex.utf8).map { UInt8(String(UnicodeScalar($0)), radix: 16)! }
    self = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}
