internal import Crypto

/// Encrypts and decrypts a payload in chunks: STREAM (Hoang, Reyhanitabar, Rogaway and Vizár, 2015) over
/// ChaCha20-Poly1305, each chunk with its index and whether it is the last one in its nonce.
struct PayloadCipher: Sendable {
  /// Bytes of the nonce in front of the payload.
  static let nonceSize = 16
  /// Bytes of a chunk; the last one may be shorter, and is empty only if the payload is.
  static let chunkSize = 1 << 16
  static let tagSize = 16
  static let encryptedChunkSize = chunkSize + tagSize

  private let key: SymmetricKey

  /// - Parameter nonce: the one in front of the payload.
  init(_ key: FileKey, nonce: [UInt8]) { self.key = key.payloadKey(nonce: nonce) }

  func encrypt(_ chunk: [UInt8], at index: UInt64, isLast: Bool) -> [UInt8] {
    seal(chunk, nonce: nonce(index, isLast), key: key)
  }

  func decrypt(_ chunk: ArraySlice<UInt8>, at index: UInt64, isLast: Bool) throws(AgeError)
    -> [UInt8]
  {
    guard let box = try? ChaChaPoly.SealedBox(combined: nonce(index, isLast) + chunk),
      let bytes = try? ChaChaPoly.open(box, using: key)
    else { throw isLast ? .wrongLastChunk : .damagedChunk(index) }
    guard !isLast || index == 0 || !bytes.isEmpty else { throw .emptyLastChunk }
    return Array(bytes)
  }

  /// 88 bits of index, big endian, and one byte.
  private func nonce(_ index: UInt64, _ isLast: Bool) -> [UInt8] {
    [0, 0, 0] + (0..<8).map { UInt8(truncatingIfNeeded: index >> (56 - 8 * $0)) }
      + [isLast ? 1 : 0]
  }
}
