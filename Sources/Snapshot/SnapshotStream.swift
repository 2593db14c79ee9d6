internal import Zstd

/// Reads a snapshot from front to back, as it comes out of a pipe or a socket.
///
/// Every item is checked before it is given out, but that nothing was left out or added is known only at
/// the end: nothing may be done with the items that cannot be undone before `next` has given `end`.
/// It keeps no more than one block in memory.
package final class SnapshotStream {
  package enum Item: Hashable, Sendable {
    case section(id: UInt32, isCritical: Bool, [UInt8])
    /// Some pages, one after the other; the references count up from that of the first.
    case pages(first: PageReference, [UInt8])
    /// The snapshot is whole. `signature` is that behind the trailer, not yet checked.
    case end(id: SnapshotID, contentDigest: Digest, signature: [UInt8]?)
  }

  package let header: SnapshotHeader

  private var input: StreamInput
  private let decompressor: ZstdDecompressor
  private var sequence: BlockSequence
  /// Of the descriptors so far: what the table of contents must be.
  private var tableDigest = DigestBuilder()
  /// Of the header and the descriptors so far.
  private var contentDigest = DigestBuilder()
  private var isFinished = false

  /// Reads the header.
  ///
  /// - Parameter read: gives the next bytes of the snapshot: at least one and at most as many as it is
  ///   asked for, none at the end.
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

  /// The next section or chunk of pages, or the end. After the end, and after an error, there is nothing
  /// more to ask for.
  package func next() throws(SnapshotError) -> Item {
    precondition(!isFinished, "snapshot read past its end")
    isFinished = true
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
    isFinished = false
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

/// Gathers what a stream gives, in pieces of whatever size.
private struct StreamInput {
  private let read: (_ limit: Int) throws(SnapshotError) -> [UInt8]
  /// Bytes read so far.
  private var offset: UInt64 = 0

  /// Bytes asked for at once, so that memory is taken for what has come and not for what was announced.
  private static let pieceSize = 1 << 20

  init(_ read: @escaping (_ limit: Int) throws(SnapshotError) -> [UInt8]) { self.read = read }

  /// The next bytes, none at the end.
  private mutating func piece(_ limit: Int) throws(SnapshotError) -> [UInt8] {
    let bytes = try read(min(limit, StreamInput.pieceSize))
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

  /// The next `count` bytes, which are all of `part` or some of it.
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
      let bytes = try piece(Int(min(left, UInt64(StreamInput.pieceSize))))
      guard !bytes.isEmpty else { throw .endsWithin(part, at: offset) }
      body(bytes[...])
      left -= UInt64(bytes.count)
    }
  }
}
