internal import Crypto
internal import CryptoExtras

/// A passphrase, with which a file can be both encrypted and decrypted, through scrypt (RFC 7914). It is overwritten
/// at its end.
package final class Passphrase {
  static let kind = "scrypt"
  static let saltSize = 16
  private static let label = Array("age-encryption.org/v1/scrypt".utf8)

  private var bytes: [UInt8]

  /// Nil if it is empty.
  package init?(_ bytes: some Collection<UInt8>) {
    guard !bytes.isEmpty else { return nil }
    self.bytes = Array(bytes)
  }

  deinit { wipe(&bytes) }

  func wrap(_ key: FileKey, _ workFactor: ScryptWorkFactor) throws(AgeError) -> Stanza {
    let salt = randomBytes(Passphrase.saltSize)
    let wrapping = try wrappingKey(salt, workFactor)
    return .scrypt(salt: salt, workFactor: workFactor, body: key.wrapped(with: wrapping))
  }

  /// Nil if it is another passphrase's.
  func unwrap(salt: [UInt8], workFactor: ScryptWorkFactor, body: [UInt8]) throws(AgeError)
    -> FileKey?
  {
    FileKey(unwrapping: body, with: try wrappingKey(salt, workFactor))
  }

  private func wrappingKey(_ salt: [UInt8], _ workFactor: ScryptWorkFactor) throws(AgeError)
    -> SymmetricKey
  {
    do {
      return try KDF.Scrypt.deriveKey(
        from: bytes, salt: Passphrase.label + salt, outputByteCount: 32,
        rounds: 1 << workFactor.logarithm, blockSize: 8, parallelism: 1)
    } catch { throw .outOfMemory }
  }
}

/// How much work a guess of a passphrase takes: 2^`logarithm` steps, and as many KiB of memory.
package struct ScryptWorkFactor: Hashable, Sendable {
  let logarithm: Int

  /// What is refused to readers: 4 GiB, as age does.
  package static let limit = 22
  /// About a second, and 256 MiB, as age does.
  package static let standard = ScryptWorkFactor(logarithm: 18)!

  /// - Parameter logarithm: 1 to `limit`.
  package init?(logarithm: Int) {
    guard (1...ScryptWorkFactor.limit).contains(logarithm) else { return nil }
    self.logarithm = logarithm
  }

  /// Reads a number without sign and leading zeroes.
  init(decimal: ArraySlice<UInt8>) throws(AgeError) {
    guard decimal.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      decimal.count <= 4, let number = Int(String(decoding: decimal, as: UTF8.self)),
      decimal.first != UInt8(ascii: "0")
    else { throw .malformedHeader("a passphrase's work factor is no number") }
    guard let factor = ScryptWorkFactor(logarithm: number) else {
      throw .workFactorTooHigh(found: number, limit: ScryptWorkFactor.limit)
    }
    self = factor
  }
}
