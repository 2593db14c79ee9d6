/// The list of all blocks of a snapshot, checked against its digest and itself.
struct TableOfContents {
  /// Four million blocks: room for a terabyte of pages.
  static let sizeLimit: UInt64 = 256 << 20

  private(set) var sections: [Block] = []
  private(set) var chunks: [Block] = []
  let contentDigest: Digest

  /// - Parameter size: bytes of the snapshot, without a signature behind its trailer.
  init(_ source: any SnapshotSource, size: UInt64, headerBytes: [UInt8]) throws(SnapshotError) {
    let headerSize = UInt64(headerBytes.count)
    guard size >= headerSize + UInt64(Trailer.size) else { throw .truncated(at: size) }
    let trailerOffset = size - UInt64(Trailer.size)
    let trailerBytes = try source.bytes(at: trailerOffset, count: Trailer.size)
    let isMarked = trailerBytes.suffix(Trailer.magic.count).elementsEqual(Trailer.magic)
    let trailer = try Trailer(decoding: trailerBytes)

    guard trailer.tableSize <= trailerOffset - headerSize,
      trailer.tableSize % UInt64(Block.encodedSize) == 0
    else { throw isMarked ? .checksumMismatch(.trailer) : .truncated(at: size) }
    guard trailer.tableSize <= TableOfContents.sizeLimit else {
      throw .tooLarge(
        what: "the table of contents", size: trailer.tableSize, limit: TableOfContents.sizeLimit)
    }
    let tableOffset = trailerOffset - trailer.tableSize
    let table = try source.bytes(at: tableOffset, count: Int(trailer.tableSize))
    let isIntact = Trailer.digest(header: headerBytes, table: table) == trailer.contentDigest
    switch (isMarked, isIntact) {
    case (true, true): break
    case (true, false): throw .checksumMismatch(.tableOfContents)
    case (false, true): throw .checksumMismatch(.trailer)
    case (false, false): throw .truncated(at: size)
    }
    contentDigest = trailer.contentDigest
    try readBlocks(table, headerSize..<tableOffset)
  }

  /// Blocks must fill `space` exactly, in order.
  private mutating func readBlocks(_ table: [UInt8], _ space: Range<UInt64>)
    throws(SnapshotError)
  {
    var cursor = ByteCursor(table[...], of: "table of contents")
    var offset = space.lowerBound
    var seen: Set<UInt32> = []
    let fullChunk = UInt64(Block.pagesPerChunk * Page.size)
    while cursor.remaining > 0 {
      let block = try Block(from: &cursor, offset: offset)
      guard block.storedSize <= space.upperBound - offset else {
        throw .malformed("its blocks leave the file")
      }
      offset += block.storedSize
      switch block.kind {
      case .section:
        guard seen.insert(block.id).inserted else {
          throw .malformed("it has two sections \(block.id)")
        }
        sections.append(block)
      case .pageChunk:
        // A page's chunk is found by division, so only the last may be short.
        guard chunks.last.map({ $0.size == fullChunk }) ?? true else {
          throw .malformed("a page chunk before the last is short")
        }
        chunks.append(block)
      }
    }
    guard offset == space.upperBound else { throw .malformed("it has bytes in no block") }
  }
}
