internal import Zstd

/// Reads a snapshot from front to back, as it comes out of a pipe or a socket.
///
/// Each item is checked before it is returned. Only `end` says that nothing was left out or added, so until
/// then callers must be able to undo what they do with the items. The stream keeps one block in memory.
package final class SnapshotStream {
  package enum Item: Hashable, Sendable {
    case section(id: UInt32, isCritical: Bool, [UInt8])
    /// Consecutive pages; their references count up from `first`.
    case pages(first: PageReference, [UInt8])
    /// The snapshot is whole. `signature` is what follows the trailer; it is not checked.
    case end(id: SnapshotID, contentDigest: Digest, signature: [UInt8]?)
  }

  package let header: SnapshotHeader

  private var input: StreamInput
  private let decompressor: ZstdDecompressor
  private var sequence: BlockSequence
  /// The digest that the table of contents must have: that of the descriptors so far.
  private var tableDigest = DigestBuilder()
  /// Covers the header and the descriptors so far.
  private var contentDigest = DigestBuilder()
  private var canContinue = true

  /// Reads the header.
  ///
  /// - Parameter read: returns the next bytes of the snapshot: at most `limit`, and none only at the end.
  package init(_ read: @escaping (_ limit: Int) throws(SnapshotError) -> [UInt8])
    throws(SnapshotError)
  {
    do throws(ZstdError) {
      decompressor = try ZstdDecompressor()
    } catch {
      throw .readFailed(error.description)
    }
    var input = StreamInput(read)
    var bytes = try input.upTo(SnapshotHeader.prefixSize)
    let size = try SnapshotHeader.encodedSize(prefix: bytes)
    bytes += try input.bytes(size - bytes.count, .header)
    header = try SnapshotHeader(decoding: bytes)
    contentDigest.append(bytes[...])
    sequence = BlockSequence(headerSize: size)
    self.input = input
  }

  /// Reads the next section or page chunk, or the end. It must not be called again after the end or an
  /// error.
  package func next() throws(SnapshotError) -> Item {
    precondition(canContinue, "snapshot read past its end")
    canContinue = false
    let lead = try input.bytes(BlockDescriptor.encodedSize, .descriptor(sequence.blockCount))
    var cursor = ByteCursor(lead[...], of: "descriptor of block \(sequence.blockCount)")
    let descriptor = try BlockDescriptor(from: &cursor)
    if descriptor.kind == .tableOfContents { return try end(descriptor) }

    tableDigest.append(lead[...])
    contentDigest.append(lead[...])
    let first = (header.parent?.pageCount ?? 0) + sequence.pageCount + 1
    let block = try sequence.place(descriptor)
    guard try input.bytes(Int(descriptor.padding), block.part).allSatisfy({ $0 == 0 }) else {
      throw .checksumMismatch(.descriptor(block.number))
    }
    let stored = try input.bytes(Int(descriptor.storedSize), block.part)
    let contents = try descriptor.contents(stored, block.part, decompressor)
    canContinue = true
    return descriptor.kind == .section
      ? .section(id: descriptor.id, isCritical: descriptor.isCritical, contents)
      : .pages(first: PageReference(rawValue: first), contents)
  }

  /// Compares the table of contents with what was read, and reads the trailer and the signature.
  private func end(_ descriptor: BlockDescriptor) throws(SnapshotError) -> Item {
    guard descriptor.padding == 0, descriptor.digest == tableDigest.finish(),
      descriptor.size == UInt64(sequence.blockCount * BlockDescriptor.encodedSize)
    else { throw .malformed("its table of contents is not that of its blocks") }
    var digest = DigestBuilder()
    try input.forEachPiece(of: descriptor.size, .tableOfContents) { digest.append($0) }
    guard digest.finish() == descriptor.digest else { throw .checksumMismatch(.tableOfContents) }

    let bytes = try input.bytes(Trailer.size, .trailer)
    let id = try Trailer.claims(bytes).id
    let trailer = Trailer(tableSize: descriptor.size, id: id, after: contentDigest)
    guard bytes == trailer.encoded else { throw .checksumMismatch(.trailer) }
    let rest = try input.upTo(SignatureBlock.sizeLimit + 1)
    return .end(
      id: id, contentDigest: trailer.contentDigest, signature: try SignatureBlock.decode(rest))
  }
}

/// Collects the pieces of a stream, whatever their sizes.
private struct StreamInput {
  private let read: (_ limit: Int) throws(SnapshotError) -> [UInt8]
  /// Bytes read so far.
  private var offset: UInt64 = 0

  /// The most bytes to ask for at once. Memory grows with what arrives, not with what was announced.
  private static let pieceSize = 1 << 20

  init(_ read: @escaping (_ limit: Int) throws(SnapshotError) -> [UInt8]) { self.read = read }

  /// The next bytes, none at the end.
  private mutating func piece(_ limit: Int) throws(SnapshotError) -> [UInt8] {
    let limit = min(limit, StreamInput.pieceSize)
    let bytes = try read(limit)
    precondition(bytes.count <= limit, "more bytes than asked for")
    offset += UInt64(bytes.count)
    return bytes
  }

  /// The next `count` bytes, fewer at the end.
  mutating func upTo(_ count: Int) throws(SnapshotError) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let piece = try piece(count - bytes.count)
      if piece.isEmpty { break }
      bytes += piece
    }
    return bytes
  }

  /// The next `count` bytes, which belong to `part`.
  mutating func bytes(_ count: Int, _ part: SnapshotPart) throws(SnapshotError) -> [UInt8] {
    let bytes = try upTo(count)
    guard bytes.count == count else { throw .endsWithin(part, at: offset) }
    return bytes
  }

  /// Calls `body` with the next `count` bytes, piece by piece.
  mutating func forEachPiece(
    of count: UInt64, _ part: SnapshotPart, _ body: (ArraySlice<UInt8>) -> Void
  ) throws(SnapshotError) {
    var left = count
    while left > 0 {
      let bytes = try piece(Int(clamping: left))
      guard !bytes.isEmpty else { throw .endsWithin(part, at: offset) }
      body(bytes[...])
      left -= UInt64(bytes.count)
    }
  }
}
