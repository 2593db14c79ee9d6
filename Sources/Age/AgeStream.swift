/// Decrypts a file from front to back, as it comes out of a pipe or a socket. It keeps one chunk in memory.
///
/// Each chunk is checked before it is returned. Only the nil after the last one says that nothing was cut off, so
/// until then callers must be able to undo what they do with the bytes.
package final class AgeStream {
  private var input: StreamInput
  private let cipher: PayloadCipher
  private var index: UInt64 = 0
  /// Whether the last chunk was decrypted.
  private var isAtEnd = false
  private var canContinue = true

  /// Reads the header.
  ///
  /// - Parameter read: returns the next bytes of the file: at most `limit`, and none only at the end.
  package init(
    _ identities: [Identity], _ read: @escaping (_ limit: Int) throws(AgeError) -> [UInt8]
  ) throws(AgeError) {
    var input = StreamInput(read)
    guard let header = try AgeHeader(startOf: try input.header()) else {
      throw .truncated(at: input.position)
    }
    let size = header.byteCount + PayloadCipher.nonceSize
    try input.fill(size)
    guard input.buffer.count >= size else { throw .truncated(at: input.position) }
    let key = try header.fileKey(identities)
    cipher = PayloadCipher(key, nonce: Array(input.buffer[header.byteCount..<size]))
    input.buffer.removeFirst(size)
    self.input = input
  }

  /// The bytes of the next chunk; nil when the file is whole and at its end. It must not be called again then,
  /// or after an error.
  package func next() throws(AgeError) -> [UInt8]? {
    precondition(canContinue, "encrypted file read past its end")
    canContinue = false
    if isAtEnd { return nil }
    let size = PayloadCipher.encryptedChunkSize
    // One byte more tells whether this is the last chunk.
    try input.fill(size + 1)
    isAtEnd = input.buffer.count <= size
    guard input.buffer.count >= PayloadCipher.tagSize else { throw .truncated(at: input.position) }
    let bytes = try cipher.decrypt(input.buffer.prefix(size), at: index, isLast: isAtEnd)
    input.buffer.removeFirst(min(size, input.buffer.count))
    index += 1
    canContinue = true
    return bytes
  }
}

/// Collects the pieces of a stream, whatever their sizes.
private struct StreamInput {
  private let read: (_ limit: Int) throws(AgeError) -> [UInt8]
  /// Read, and not used yet.
  var buffer: [UInt8] = []
  /// Bytes read so far.
  private(set) var position: UInt64 = 0

  init(_ read: @escaping (_ limit: Int) throws(AgeError) -> [UInt8]) { self.read = read }

  /// Reads until the buffer has `count` bytes, or the stream ends.
  mutating func fill(_ count: Int) throws(AgeError) {
    while buffer.count < count, try readOnce(count - buffer.count) {}
  }

  /// Appends a piece; false at the end.
  private mutating func readOnce(_ limit: Int) throws(AgeError) -> Bool {
    let bytes = try read(limit)
    precondition(bytes.count <= limit, "more bytes than asked for")
    buffer += bytes
    position += UInt64(bytes.count)
    return !bytes.isEmpty
  }

  /// Reads at least the whole header, so that it is parsed once; less if the stream ends or the header is too
  /// long.
  mutating func header() throws(AgeError) -> [UInt8] {
    let mark = Array("\n---".utf8)
    var searched = 0
    while buffer.count < AgeHeader.limit, try readOnce(min(4096, AgeHeader.limit - buffer.count)) {
      if let found = buffer[searched...].firstRange(of: mark) {
        try fill(min(found.lowerBound + 1 + AgeHeader.endLineSize, AgeHeader.limit))
        break
      }
      searched = max(0, buffer.count - (mark.count - 1))
    }
    return buffer
  }
}
