import Snapshot

/// A chunk of pages that is being filled.
struct ChunkInTheMaking {
  let number: Int32
  private(set) var pages: [Digest] = []
  private var bytes: [UInt8] = []

  init(_ number: Int32) { self.number = number }

  var isEmpty: Bool { pages.isEmpty }
  var isFull: Bool { pages.count == BlockDescriptor.pagesPerChunk }

  mutating func append(_ page: ArraySlice<UInt8>, _ digest: Digest) -> PagePlace {
    bytes += page
    pages.append(digest)
    return PagePlace(chunk: number, slot: UInt8(pages.count - 1))
  }

  /// Fills the rest with pages of zeroes. Other snapshots may take the chunk, and only the last one of a snapshot
  /// may be short.
  mutating func pad() {
    while !isFull {
      bytes += repeatElement(0, count: Page.size)
      pages.append(.zeroPage)
    }
  }

  /// Those of a full chunk.
  var contents: [UInt8] { bytes }
}
