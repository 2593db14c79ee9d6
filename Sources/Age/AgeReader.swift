import Synchronization

/// Where an encrypted file is read from.
package protocol AgeSource: AnyObject {
  /// Bytes in all.
  var byteCount: UInt64 { get }

  /// The `count` bytes at `offset`, or fewer at the end.
  func bytes(at offset: UInt64, count: Int) throws(AgeError) -> [UInt8]
}

/// Decrypts any part of a file alone. Each chunk is checked when it is read, and the last one at opening: so a
/// file that was cut off is noticed, and the size is known. Several threads may read at once.
package final class AgeReader {
  private let source: any AgeSource
  private let cipher: PayloadCipher
  /// Where the first chunk begins in the source.
  private let firstChunk: UInt64
  /// The last chunk. It is kept decrypted.
  private let lastIndex: UInt64
  private let lastChunk: [UInt8]
  /// The few chunks used last, the one used last at the end.
  private let recent = Mutex<[(index: UInt64, bytes: [UInt8])]>([])
  private static let recentLimit = 4

  init(
    _ source: any AgeSource, _ cipher: PayloadCipher, firstChunk: UInt64, lastIndex: UInt64,
    lastChunk: [UInt8]
  ) {
    self.source = source
    self.cipher = cipher
    self.firstChunk = firstChunk
    self.lastIndex = lastIndex
    self.lastChunk = lastChunk
  }

  /// Opens a file with one of these identities, which are not kept.
  package convenience init(_ source: any AgeSource, _ identities: [Identity]) throws(AgeError) {
    let header = try AgeReader.header(source)
    let key = try header.fileKey(identities)
    let nonceSize = PayloadCipher.nonceSize
    let nonce = try source.bytes(at: UInt64(header.byteCount), count: nonceSize)
    let start = UInt64(header.byteCount + nonceSize)
    // The shortest payload is the tag of an empty chunk.
    guard nonce.count == nonceSize, source.byteCount >= start + UInt64(PayloadCipher.tagSize)
    else { throw .truncated(at: source.byteCount) }
    let cipher = PayloadCipher(key, nonce: nonce)
    let chunkSize = UInt64(PayloadCipher.encryptedChunkSize)
    let lastIndex = (source.byteCount - start - 1) / chunkSize
    let last = start + lastIndex * chunkSize
    let bytes = try source.bytes(at: last, count: Int(source.byteCount - last))
    let lastChunk = try cipher.decrypt(bytes[...], at: lastIndex, isLast: true)
    self.init(source, cipher, firstChunk: start, lastIndex: lastIndex, lastChunk: lastChunk)
  }

  /// Whether `bytes`, the first of a file, are those of the format, of whichever version or form.
  package static func isRecognized(_ bytes: [UInt8]) -> Bool { AgeHeader.isRecognized(bytes) }

  /// Bytes that tell whether a file is encrypted.
  package static let magicSize = 40

  /// The kinds of a file's recipients, in order.
  package static func recipientKinds(_ source: any AgeSource) throws(AgeError) -> [String] {
    try header(source).stanzas.map(\.kind)
  }

  private static func header(_ source: any AgeSource) throws(AgeError) -> AgeHeader {
    let start = try source.bytes(at: 0, count: AgeHeader.limit)
    guard let header = try AgeHeader(startOf: start) else {
      throw .truncated(at: UInt64(start.count))
    }
    return header
  }

  /// Bytes of the decrypted file.
  package var byteCount: UInt64 {
    lastIndex * UInt64(PayloadCipher.chunkSize) + UInt64(lastChunk.count)
  }

  /// The decrypted bytes from `offset` on to the end of their chunk; none at the end of the file.
  package func bytes(at offset: UInt64) throws(AgeError) -> ArraySlice<UInt8> {
    let chunkSize = UInt64(PayloadCipher.chunkSize)
    let index = min(offset / chunkSize, lastIndex)
    let chunk = index == lastIndex ? lastChunk : try self.chunk(index)
    return chunk.dropFirst(Int(clamping: offset - index * chunkSize))
  }

  /// A chunk that is not the last one.
  private func chunk(_ index: UInt64) throws(AgeError) -> [UInt8] {
    let known = recent.withLock { recent -> [UInt8]? in
      guard let found = recent.lastIndex(where: { $0.index == index }) else { return nil }
      recent.append(recent.remove(at: found))
      return recent[recent.count - 1].bytes
    }
    if let known { return known }
    let size = PayloadCipher.encryptedChunkSize
    let offset = firstChunk + index * UInt64(size)
    let stored = try source.bytes(at: offset, count: size)
    guard stored.count == size else { throw .truncated(at: offset + UInt64(stored.count)) }
    let bytes = try cipher.decrypt(stored[...], at: index, isLast: false)
    recent.withLock { recent in
      if recent.count == AgeReader.recentLimit { recent.removeFirst() }
      recent.append((index, bytes))
    }
    return bytes
  }
}
