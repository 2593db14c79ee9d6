internal import Zstd

/// Takes a snapshot apart into blocks as its bytes arrive, from front to back.
///
/// It checks what a `SnapshotStream` checks, except that blocks are neither digested nor decompressed: their
/// contents are the caller's.
package struct SnapshotSplitter {
  package enum Item {
    case header(SnapshotHeader)
    /// A section or a chunk of pages, and its stored bytes.
    case block(BlockDescriptor, [UInt8])
  }

  private enum State {
    case header
    case lead
    /// Padding and contents of this block.
    case block(BlockDescriptor)
    /// Table of contents, trailer and signature, of which only the size of the table is known.
    case ending(BlockDescriptor)
  }

  private var state = State.header
  private var pending: [UInt8] = []
  /// Bytes of `pending` that are done with.
  private var done = 0
  private var sequence = BlockSequence(headerSize: 0)
  private var table: [UInt8] = []
  private var headerBytes: [UInt8] = []

  package init() {}

  package mutating func append(_ bytes: RawSpan) {
    if done > 0 {
      pending.removeFirst(done)
      done = 0
    }
    pending.append(bytes)
  }

  /// The next part; nil if more bytes must come first.
  package mutating func next() throws(SnapshotError) -> Item? {
    while true {
      switch state {
      case .header:
        guard let size = try headerSize(), let bytes = take(size) else { return nil }
        headerBytes = bytes
        let header = try SnapshotHeader(decoding: bytes)
        sequence = BlockSequence(headerSize: size)
        state = .lead
        return .header(header)
      case .lead:
        guard let lead = take(BlockDescriptor.encodedSize) else { return nil }
        var cursor = ByteCursor(lead[...], of: "descriptor of block \(sequence.blockCount)")
        let descriptor = try BlockDescriptor(from: &cursor)
        if descriptor.kind == .tableOfContents {
          state = .ending(descriptor)
        } else {
          _ = try sequence.place(descriptor)
          table += lead
          state = .block(descriptor)
        }
      case .block(let descriptor):
        let padding = Int(descriptor.padding)
        guard let bytes = take(padding + Int(descriptor.storedSize)) else { return nil }
        guard bytes[..<padding].allSatisfy({ $0 == 0 }) else {
          throw .checksumMismatch(.descriptor(sequence.blockCount - 1))
        }
        state = .lead
        return .block(descriptor, padding == 0 ? bytes : Array(bytes[padding...]))
      case .ending(let descriptor):
        guard UInt64(pending.count - done) <= descriptor.size + Self.endingLimit else {
          throw .malformed("what follows its trailer is not a signature")
        }
        return nil
      }
    }
  }

  private static let endingLimit = UInt64(Trailer.size + SignatureBlock.sizeLimit)

  /// Checks that all bytes that came are a whole snapshot.
  package mutating func finish() throws(SnapshotError) -> SnapshotEnd {
    guard case .ending(let descriptor) = state else { throw .truncated(at: sequence.offset) }
    guard descriptor.padding == 0, descriptor.digest == Digest(of: table[...]),
      descriptor.size == UInt64(table.count)
    else { throw .malformed("its table of contents is not that of its blocks") }
    guard let contents = take(table.count), let trailerBytes = take(Trailer.size) else {
      throw .truncated(at: sequence.offset)
    }
    guard contents == table else { throw .checksumMismatch(.tableOfContents) }
    let id = try Trailer.claims(trailerBytes).id
    var digest = DigestBuilder()
    digest.append(headerBytes[...])
    digest.append(table[...])
    let trailer = Trailer(tableSize: UInt64(table.count), id: id, after: digest)
    guard trailerBytes == trailer.encoded else { throw .checksumMismatch(.trailer) }
    return SnapshotEnd(
      id: id, contentDigest: trailer.contentDigest, pageCount: sequence.pageCount,
      signature: try SignatureBlock.decode(Array(pending[done...])))
  }

  /// The size of the header; nil as long as its prefix is not there.
  private func headerSize() throws(SnapshotError) -> Int? {
    let prefix = Array(pending[done...].prefix(SnapshotHeader.prefixSize))
    guard prefix.count == SnapshotHeader.prefixSize else { return nil }
    return try SnapshotHeader.encodedSize(prefix: prefix)
  }

  /// The next `count` bytes, once all are there.
  private mutating func take(_ count: Int) -> [UInt8]? {
    guard pending.count - done >= count else { return nil }
    defer { done += count }
    return Array(pending[done..<(done + count)])
  }
}

/// What is known of a snapshot once its end was read.
package struct SnapshotEnd: Sendable {
  package let id: SnapshotID
  package let contentDigest: Digest
  /// Pages in the file, without its parents'.
  package let pageCount: UInt64
  package let signature: [UInt8]?
}
