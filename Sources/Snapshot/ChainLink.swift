internal import Zstd

/// One file of a chain. Its header, table of contents and trailer are read and checked.
///
/// It never changes, and several threads may read a source at once.
final class ChainLink: @unchecked Sendable {
  let header: SnapshotHeader
  let id: SnapshotID
  let contentDigest: Digest
  let signatureBytes: [UInt8]?
  let sections: [Block]
  let chunks: [Block]
  /// Pages in the links before this one.
  let firstPage: UInt64
  /// Pages in this file.
  let storedPageCount: UInt64

  private let source: any SnapshotSource

  /// The file, if it is one.
  var descriptor: Int32? { source.descriptor }
  /// Bytes of the whole file.
  var byteCount: UInt64 { source.byteCount }
  /// Pages of the chain up to this link.
  var pageCount: UInt64 { firstPage + storedPageCount }

  init(_ source: any SnapshotSource) throws(SnapshotError) {
    self.source = source
    let size = source.byteCount
    let prefix = try source.bytes(at: 0, count: Int(min(size, UInt64(SnapshotHeader.prefixSize))))
    let headerSize = try SnapshotHeader.encodedSize(prefix: prefix)
    guard UInt64(headerSize) <= size else { throw .truncated(at: size) }
    let headerBytes = try source.bytes(at: 0, count: headerSize)
    header = try SnapshotHeader(decoding: headerBytes)

    let (signature, end) = try SignatureBlock.find(in: source)
    signatureBytes = signature
    let ending = try Ending(source, headerBytes, size: end)
    id = ending.trailer.id
    contentDigest = ending.trailer.contentDigest

    var sequence = BlockSequence(headerSize: headerSize)
    var sections: [Block] = []
    var chunks: [Block] = []
    chunks.reserveCapacity(ending.table.count / BlockDescriptor.encodedSize)
    var cursor = ByteCursor(ending.table[...], of: "table of contents")
    while cursor.remaining > 0 {
      let block = try sequence.place(try BlockDescriptor(from: &cursor))
      guard sequence.offset <= ending.offset else { throw .malformed("its blocks leave the file") }
      if block.descriptor.kind == .section { sections.append(block) } else { chunks.append(block) }
    }
    guard sequence.offset == ending.offset else { throw .malformed("it has bytes in no block") }
    self.sections = sections
    self.chunks = chunks
    firstPage = header.parent?.pageCount ?? 0
    storedPageCount = sequence.pageCount
  }

  /// Checks that `parent` is the snapshot that this one is an increment to.
  func require(_ parent: ChainLink) throws(SnapshotError) {
    guard let link = header.parent else {
      throw .refused("the snapshot is not an increment, so it has no parent")
    }
    guard parent.id == link.id, parent.contentDigest == link.contentDigest,
      parent.pageCount == link.pageCount
    else { throw .wrongParent(name: link.name, id: link.id, found: parent.id) }
  }

  /// The contents of a block, decompressed. The descriptor in front of it is not read, since the table of
  /// contents repeats it.
  func contents(of block: Block, _ decompressors: Stash<ZstdDecompressor>)
    throws(SnapshotError) -> [UInt8]
  {
    let descriptor = block.descriptor
    // Both sizes were bounded when the descriptor was read.
    let stored = try source.bytes(at: block.offset, count: Int(descriptor.storedSize))
    return try decompressors.use { (decompressor) throws(SnapshotError) in
      try descriptor.contents(stored, block.part, decompressor)
    }
  }

  /// Reads all blocks, and checks that they are what was written and can be decompressed.
  ///
  /// - Parameter report: called with the bytes of each block in the file.
  func verify(
    _ decompressors: Stash<ZstdDecompressor>, on workers: (any Workers)?, _ report: (UInt64) -> Void
  ) throws(SnapshotError) {
    try checkBlocks(on: workers, report) { (link, block) throws(SnapshotError) in
      _ = try link.contents(of: block, decompressors)
    }
  }

  /// Reads all blocks and checks that they are what was written.
  func verifyStored(on workers: (any Workers)?, _ report: (UInt64) -> Void) throws(SnapshotError) {
    try checkBlocks(on: workers, report) { (link, block) throws(SnapshotError) in
      var digest = DigestBuilder()
      var done: UInt64 = 0
      while done < block.descriptor.storedSize {
        let count = min(block.descriptor.storedSize - done, ChainLink.pieceSize)
        digest.append(try link.source.bytes(at: block.offset + done, count: Int(count))[...])
        done += count
      }
      guard digest.finish() == block.descriptor.digest else { throw .checksumMismatch(block.part) }
    }
  }

  /// Calls `check` with every block, on any thread. The first error in the order of the blocks is thrown.
  private func checkBlocks(
    on workers: (any Workers)?, _ report: (UInt64) -> Void,
    _ check: @escaping @Sendable (ChainLink, Block) throws(SnapshotError) -> Void
  ) throws(SnapshotError) {
    var work = OrderedWork<Result<UInt64, SnapshotError>>(workers)
    for block in sections + chunks {
      work.append {
        Result { () throws(SnapshotError) in
          try self.verifyLead(of: block)
          try check(self, block)
          return block.descriptor.storedSize
        }
      }
      while work.isFull, let checked = work.next() { report(try checked.get()) }
    }
    while let checked = work.next() { report(try checked.get()) }
  }

  /// Bytes to read at a time when only their digest is needed.
  private static let pieceSize: UInt64 = 1 << 20

  /// Checks the descriptor and the padding in front of a block.
  private func verifyLead(of block: Block) throws(SnapshotError) {
    let expected = block.descriptor.lead
    guard try source.bytes(at: block.leadOffset, count: expected.count) == expected else {
      throw .checksumMismatch(.descriptor(block.number))
    }
  }
}

/// The end of a snapshot: the table of contents and the trailer.
private struct Ending {
  let table: [UInt8]
  let trailer: Trailer
  /// Where the table's descriptor begins.
  let offset: UInt64

  /// - Parameter size: bytes of the snapshot without its signature.
  init(_ source: any SnapshotSource, _ headerBytes: [UInt8], size: UInt64) throws(SnapshotError) {
    let headerSize = UInt64(headerBytes.count)
    let least = BlockDescriptor.encodedSize + Trailer.size
    guard size >= headerSize, size - headerSize >= UInt64(least) else { throw .truncated(at: size) }
    let trailerOffset = size - UInt64(Trailer.size)
    let bytes = try source.bytes(at: trailerOffset, count: Trailer.size)
    let isMarked = bytes.suffix(Trailer.magic.count).elementsEqual(Trailer.magic)
    let (tableSize, id) = try Trailer.claims(bytes)

    guard tableSize <= size - headerSize - UInt64(least),
      tableSize % UInt64(BlockDescriptor.encodedSize) == 0
    else { throw isMarked ? .checksumMismatch(.trailer) : .truncated(at: size) }
    guard tableSize <= TableOfContents.sizeLimit else {
      throw isMarked ? TableOfContents.tooLarge : .truncated(at: size)
    }
    let tableOffset = trailerOffset - tableSize
    table = try source.bytes(at: tableOffset, count: Int(tableSize))
    var digest = DigestBuilder()
    digest.append(headerBytes[...])
    digest.append(table[...])
    trailer = Trailer(tableSize: tableSize, id: id, after: digest)
    let isIntact = bytes.dropLast(Trailer.magic.count)
      .elementsEqual(trailer.encoded.dropLast(Trailer.magic.count))

    let descriptor = BlockDescriptor(.tableOfContents, stored: table, at: 0)
    offset = tableOffset - UInt64(BlockDescriptor.encodedSize)
    let isDescribed = try source.bytes(at: offset, count: BlockDescriptor.encodedSize)
      .elementsEqual(descriptor.lead)
    switch (isMarked, isIntact) {
    case (true, true): break
    case (true, false): throw .checksumMismatch(isDescribed ? .trailer : .tableOfContents)
    case (false, true): throw .checksumMismatch(.trailer)
    case (false, false): throw .truncated(at: size)
    }
    guard isDescribed else {
      throw .checksumMismatch(.descriptor(table.count / BlockDescriptor.encodedSize))
    }
  }
}
