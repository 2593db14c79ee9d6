// A chunk of pages that travels alone, outside of any snapshot: its descriptor as in a snapshot, without the padding
// behind it, and the stored bytes.

extension BlockCoder {
  /// The most bytes of such a chunk.
  package static let travellingLimit = BlockDescriptor.encodedSize + BlockDescriptor.chunkSize

  /// A chunk of these pages, at most `BlockDescriptor.pagesPerChunk` of them.
  package func travelling(_ pages: [UInt8]) throws(SnapshotError) -> [UInt8] {
    let (descriptor, stored) = try pageChunk(pages)
    return Array(descriptor.encoded) + stored
  }

  /// The pages of a chunk that came. No byte of it is trusted.
  ///
  /// - Parameter count: the pages that it must have.
  /// - Throws: `malformed`, `checksumMismatch`.
  package func pages(ofTravelling bytes: [UInt8], count: Int) throws(SnapshotError) -> [UInt8] {
    var cursor = ByteCursor(bytes[...], of: "chunk of pages")
    let descriptor = try BlockDescriptor(from: &cursor)
    guard descriptor.kind == .pageChunk, descriptor.size == UInt64(count * Page.size),
      descriptor.storedSize == UInt64(cursor.remaining)
    else { throw .malformed("a chunk of pages has the wrong size") }
    return try contents(of: descriptor, Array(bytes[BlockDescriptor.encodedSize...]))
  }
}
