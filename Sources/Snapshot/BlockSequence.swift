/// A section or a page chunk at its place in the file.
struct Block: Sendable {
  let descriptor: BlockDescriptor
  /// Its number among all blocks of the file; the first is 0.
  let number: Int
  /// Its name in errors.
  let part: SnapshotPart
  /// Where its contents begin, from the start of the file.
  let offset: UInt64

  /// Where its descriptor begins.
  var leadOffset: UInt64 {
    offset - UInt64(descriptor.padding) - UInt64(BlockDescriptor.encodedSize)
  }
}

/// Checks the blocks of a file in order and computes their offsets. Both readers use it, so they refuse the same
/// files.
struct BlockSequence {
  /// Where the descriptor of the next block begins.
  private(set) var offset: UInt64
  /// Sections and page chunks so far.
  private(set) var blockCount = 0
  /// Pages so far.
  private(set) var pageCount: UInt64 = 0

  private var sections: Set<UInt32> = []
  private var chunkCount = 0
  private var endsInShortChunk = false

  /// - Parameter headerSize: where the first block begins.
  init(headerSize: Int) { offset = UInt64(headerSize) }

  /// Adds the next section or page chunk. No sum overflows, since sizes and the number of blocks are bounded.
  mutating func place(_ descriptor: BlockDescriptor) throws(SnapshotError) -> Block {
    guard blockCount < TableOfContents.countLimit else { throw TableOfContents.tooLarge }
    let part: SnapshotPart
    switch descriptor.kind {
    case .section:
      guard sections.insert(descriptor.id).inserted else {
        throw .malformed("it has two sections \(descriptor.id)")
      }
      part = .section(descriptor.id)
    case .pageChunk:
      // The chunk of a page is found by division, so only the last may be short.
      guard !endsInShortChunk else {
        throw .malformed("a page chunk before the last is short")
      }
      endsInShortChunk = descriptor.size < UInt64(BlockDescriptor.chunkSize)
      pageCount += descriptor.size / UInt64(Page.size)
      part = .pageChunk(chunkCount)
      chunkCount += 1
    case .tableOfContents:
      throw .malformed("its table of contents is not its last block")
    }
    guard descriptor.padding == descriptor.requiredPadding(at: offset) else {
      throw .malformed("its \(part) has the wrong padding")
    }
    let contents = offset + UInt64(BlockDescriptor.encodedSize) + UInt64(descriptor.padding)
    let block = Block(descriptor: descriptor, number: blockCount, part: part, offset: contents)
    offset = contents + descriptor.storedSize
    blockCount += 1
    return block
  }
}
