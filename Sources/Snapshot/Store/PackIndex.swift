/// The end of a pack: what blocks are in it, one behind the other, and which pages.
package struct PackIndex: Sendable {
  package struct Entry: Sendable {
    /// Without padding, and for sections without the number: a block is stored once, whoever refers to it.
    package let block: BlockDescriptor
    /// Of a page chunk: the digest of each page, `zeroPage` for one of zeroes.
    package let pages: [Digest]
    /// Where its contents begin in the pack.
    package let offset: UInt64

    package init(block: BlockDescriptor, pages: [Digest], offset: UInt64) {
      self.block = block.anonymous
      self.pages = pages
      self.offset = offset
    }

    /// What the index says of it.
    package var description: [UInt8] { block.encoded + pages.flatMap(\.bytes) }
  }

  package private(set) var entries: [Entry] = []
  /// Where the next block goes.
  package private(set) var end = UInt64(Self.headerSize)
  /// Bytes of the index in the file, without the trailer.
  package private(set) var byteCount = 0

  package init() {}

  /// Adds the block that was written at `end`.
  @discardableResult
  package mutating func append(_ block: BlockDescriptor, pages: [Digest]) -> Entry {
    let entry = Entry(block: block, pages: pages, offset: end)
    entries.append(entry)
    end += block.storedSize
    byteCount += BlockDescriptor.encodedSize + pages.count * Digest.size
    return entry
  }
}

extension BlockDescriptor {
  /// The same contents in no particular place.
  fileprivate var anonymous: BlockDescriptor {
    var block = self
    block.padding = 0
    block.id = 0
    block.isCritical = false
    return block
  }
}

extension PackIndex {
  package static var headerSize: Int { 16 }
  package static var trailerSize: Int { 48 }
  /// Bytes of an index. A writer begins another pack long before.
  private static var sizeLimit: UInt64 { 256 << 20 }
  private static var magic: [UInt8] { [0x89] + Array("GODPAK\n".utf8) }
  private static var endMagic: [UInt8] { Array("\nGODPAK".utf8) + [0x89] }
  private static var version: UInt32 { 1 }
  private static var sealedVersion: UInt32 { 2 }

  /// What a pack begins with.
  package static func header(isSealed: Bool) -> [UInt8] {
    var bytes = magic
    bytes.append(littleEndian: isSealed ? sealedVersion : version)
    bytes.append(littleEndian: 0 as UInt32)
    return bytes
  }

  /// The index and the trailer, as they stand behind the blocks.
  package var encoded: [UInt8] {
    let bytes = entries.flatMap(\.description)
    return bytes + Self.trailer(of: bytes)
  }

  /// What follows an index.
  static func trailer(of index: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt64(index.count))
    return bytes + Digest(of: index[...]).bytes + endMagic
  }

  /// Where the index of a pack begins, by its header and its trailer.
  ///
  /// - Parameter isSealed: whether it is of a sealed store.
  package static func place(
    header: [UInt8], trailer: [UInt8], size: UInt64, isSealed: Bool = false
  ) throws(SnapshotError) -> UInt64 {
    guard header.starts(with: magic), header.count == headerSize else {
      throw .malformed("it is not a pack")
    }
    var cursor = ByteCursor(header[magic.count...], of: "header")
    let version = try cursor.integer(UInt32.self)
    let expected = isSealed ? sealedVersion : Self.version
    guard version == expected, try cursor.integer(UInt32.self) == 0 else {
      throw .malformed("the pack has version \(version), not \(expected)")
    }
    guard trailer.count == trailerSize, trailer.suffix(endMagic.count).elementsEqual(endMagic)
    else { throw .truncated(at: size) }
    cursor = ByteCursor(trailer[...], of: "trailer")
    let count = try cursor.integer(UInt64.self)
    let least = UInt64(headerSize + trailerSize)
    guard count <= sizeLimit, size >= least, count <= size - least else {
      throw .malformed("the index of the pack is longer than it can be")
    }
    return size - UInt64(trailerSize) - count
  }

  /// Reads an index.
  ///
  /// - Parameter offset: where it begins in the pack, which is where the last block must end.
  package init(decoding bytes: [UInt8], trailer: [UInt8], at offset: UInt64) throws(SnapshotError) {
    try Self.check(bytes, trailer)
    var cursor = ByteCursor(bytes[...], of: "index")
    while cursor.remaining > 0 {
      let (block, pages) = try Self.description(from: &cursor)
      guard block.storedSize <= offset, end <= offset - block.storedSize else {
        throw .malformed("the index of the pack has an impossible block")
      }
      append(block, pages: pages)
    }
    guard end == offset else { throw .malformed("the pack has bytes in no block") }
  }

  static func check(_ index: [UInt8], _ trailer: [UInt8]) throws(SnapshotError) {
    guard Digest(of: index[...]) == Digest(Array(trailer[8..<(8 + Digest.size)])) else {
      throw .malformed("the index of the pack is damaged")
    }
  }

  /// Reads what an index says of a block.
  static func description(from cursor: inout ByteCursor) throws(SnapshotError)
    -> (BlockDescriptor, pages: [Digest])
  {
    let block = try BlockDescriptor(from: &cursor)
    guard block.kind != .tableOfContents, block.padding == 0, block.id == 0, !block.isCritical
    else { throw .malformed("the index of the pack has an impossible block") }
    var pages: [Digest] = []
    if block.kind == .pageChunk {
      for _ in 0..<(Int(block.size) / Page.size) { pages.append(try cursor.digest()) }
    }
    return (block, pages)
  }
}
