/// Encrypts a file from front to back. It returns the bytes to write, and keeps a chunk at most.
package struct AgeEncryptor: Sendable {
  private let cipher: PayloadCipher
  /// What stands in front of the first chunk.
  private let start: [UInt8]
  private var isStarted = false
  /// Chunks encrypted so far.
  private var chunkCount: UInt64 = 0
  /// What follows them. If it is a whole chunk, it may be the last one.
  private var pending: [UInt8] = []

  /// Begins a file with a key of its own.
  package init(_ recipients: Recipients) throws(AgeError) {
    let key = FileKey()
    let header = AgeHeader(try recipients.wrap(key), key)
    guard header.byteCount <= AgeHeader.limit else {
      throw .headerTooLarge(limit: AgeHeader.limit)
    }
    let nonce = randomBytes(PayloadCipher.nonceSize)
    cipher = PayloadCipher(key, nonce: nonce)
    start = header.encoded + nonce
  }

  /// Encrypts the next bytes of the payload, and returns what can be written by now.
  package mutating func append(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var output = begin()
    var rest = bytes
    while !rest.isEmpty {
      if pending.count == PayloadCipher.chunkSize {
        output += cipher.encrypt(pending, at: chunkCount, isLast: false)
        chunkCount += 1
        pending.removeAll(keepingCapacity: true)
      }
      let piece = rest.prefix(PayloadCipher.chunkSize - pending.count)
      pending += piece
      rest = rest.dropFirst(piece.count)
    }
    return output
  }

  /// Returns the end of the file.
  package mutating func finish() -> [UInt8] {
    begin() + cipher.encrypt(pending, at: chunkCount, isLast: true)
  }

  /// Reads back the unfinished file: all that was appended so far.
  ///
  /// - Parameter source: what was returned so far.
  package func readBack(_ source: any AgeSource) -> AgeReader {
    AgeReader(
      source, cipher, firstChunk: UInt64(start.count), lastIndex: chunkCount, lastChunk: pending)
  }

  private mutating func begin() -> [UInt8] {
    defer { isStarted = true }
    return isStarted ? [] : start
  }
}
