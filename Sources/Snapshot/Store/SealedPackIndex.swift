/// The end of a pack of a sealed store. It says of each block only its name, which is a keyed digest, and its size: so
/// much is needed to collect what no snapshot refers to. What the blocks are is sealed, each for itself: so a block
/// can be copied to another pack by somebody who can't read it.
package struct SealedPackIndex: Sendable {
  package struct Entry: Sendable {
    package let name: Digest
    /// The digest of the sealed contents, so that anybody can tell whether they are what was written.
    package let digest: Digest
    /// Bytes of the sealed contents.
    package let byteCount: UInt64
    /// The descriptor and the digests of pages, sealed.
    package let description: [UInt8]
    /// Where the sealed contents begin in the pack.
    package let offset: UInt64
  }

  package private(set) var entries: [Entry] = []
  /// Where the next block goes.
  package private(set) var end = UInt64(PackIndex.headerSize)
  /// Bytes of the index in the file, without the trailer.
  package private(set) var byteCount = 0

  /// Bytes of an entry without the description.
  private static var fixedSize: Int { 2 * Digest.size + 12 }
  private static var sizeLimit: UInt64 {
    BlockDescriptor.sectionLimit + UInt64(MessageKey.overhead)
  }
  private static var descriptionLimit: Int {
    BlockDescriptor.encodedSize + BlockDescriptor.pagesPerChunk * Digest.size + MessageKey.overhead
  }

  package init() {}

  /// Adds the block whose sealed contents were written at `end`.
  package mutating func append(
    _ name: Digest, digest: Digest, byteCount size: UInt64, description: [UInt8]
  ) {
    entries.append(
      Entry(name: name, digest: digest, byteCount: size, description: description, offset: end))
    end += size
    byteCount += Self.fixedSize + description.count
  }

  /// The index and the trailer, as they stand behind the blocks.
  package var encoded: [UInt8] {
    var bytes: [UInt8] = []
    for entry in entries {
      bytes += entry.name.bytes + entry.digest.bytes
      bytes.append(littleEndian: entry.byteCount)
      bytes.append(littleEndian: UInt32(entry.description.count))
      bytes += entry.description
    }
    return bytes + PackIndex.trailer(of: bytes)
  }

  /// Reads an index.
  ///
  /// - Parameter offset: where it begins in the pack, which is where the last block must end.
  package init(decoding bytes: [UInt8], trailer: [UInt8], at offset: UInt64) throws(SnapshotError) {
    try PackIndex.check(bytes, trailer)
    var cursor = ByteCursor(bytes[...], of: "index")
    while cursor.remaining > 0 {
      let name = try cursor.digest()
      let digest = try cursor.digest()
      let size = try cursor.integer(UInt64.self)
      let count = Int(try cursor.integer(UInt32.self))
      guard size >= UInt64(MessageKey.overhead), size <= Self.sizeLimit, size <= offset,
        end <= offset - size, count <= Self.descriptionLimit
      else { throw .malformed("the index of the pack has an impossible block") }
      append(name, digest: digest, byteCount: size, description: Array(try cursor.take(count)))
    }
    guard end == offset else { throw .malformed("the pack has bytes in no block") }
  }
}

extension SealedPackIndex.Entry {
  /// What the block is, for who has the key.
  package func opened(with key: StoreKey) throws(SnapshotError) -> PackIndex.Entry {
    guard let bytes = key.open(description, .description(name)) else {
      throw .malformed("what the pack says of a block was altered, or is another store's")
    }
    var cursor = ByteCursor(bytes[...], of: "description")
    let (block, pages) = try PackIndex.description(from: &cursor)
    guard cursor.remaining == 0, key.name(of: block.digest) == name,
      byteCount == block.storedSize + UInt64(MessageKey.overhead)
    else { throw .malformed("what the pack says of a block contradicts itself") }
    return PackIndex.Entry(block: block, pages: pages, offset: offset)
  }
}
