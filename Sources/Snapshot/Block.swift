/// One entry of the table of contents: where a section or a chunk of pages lies and how to check it.
struct Block {
  enum Kind: UInt32 {
    case section = 1
    case pageChunk = 2
  }

  /// Bytes of an entry in the file.
  static let encodedSize = 64
  /// The largest section, decompressed; bounds what a hostile file can make a reader allocate.
  static let sectionLimit: UInt64 = 128 << 20
  /// Pages in every chunk but the last.
  static let pagesPerChunk = 64

  var kind: Kind
  /// A section's number; 0 for a chunk.
  var id: UInt32
  var isCritical: Bool
  var isCompressed: Bool
  /// Bytes in the file.
  var storedSize: UInt64
  /// Bytes after decompression.
  var size: UInt64
  /// Of the stored bytes.
  var digest: Digest
  /// From the start of the file; not in the entry, since blocks follow each other without a gap.
  var offset: UInt64

  func encode(into bytes: inout [UInt8]) {
    bytes.append(littleEndian: kind.rawValue)
    bytes.append(littleEndian: id)
    bytes.append(littleEndian: (isCritical ? 1 : 0) | (isCompressed ? 2 : 0) as UInt32)
    bytes.append(littleEndian: 0 as UInt32)
    bytes.append(littleEndian: storedSize)
    bytes.append(littleEndian: size)
    bytes += digest.bytes
  }

  /// Reads an entry and checks all that can be said of it alone.
  init(from cursor: inout ByteCursor, offset: UInt64) throws(SnapshotError) {
    guard let kind = Kind(rawValue: try cursor.integer()) else {
      throw .malformed("its table of contents names an unknown kind of block")
    }
    self.kind = kind
    self.offset = offset
    id = try cursor.integer()
    let flags = try cursor.integer(UInt32.self)
    guard flags <= 3, try cursor.integer(UInt32.self) == 0 else {
      throw .malformed("its table of contents has an unknown flag")
    }
    isCritical = flags & 1 != 0
    isCompressed = flags & 2 != 0
    storedSize = try cursor.integer()
    size = try cursor.integer()
    guard let digest = Digest(Array(try cursor.take(Digest.size))) else {
      throw .malformed("its table of contents ends early")
    }
    self.digest = digest

    // Compression that does not shrink is not used.
    guard isCompressed ? storedSize < size : storedSize == size else {
      throw .malformed("a block's sizes contradict each other")
    }
    switch kind {
    case .section:
      guard size <= Block.sectionLimit else {
        throw .tooLarge(what: "section \(id)", size: size, limit: Block.sectionLimit)
      }
    case .pageChunk:
      guard id == 0, !isCritical, size > 0, size & 4095 == 0,
        size <= UInt64(Block.pagesPerChunk * Page.size)
      else { throw .malformed("a page chunk is not made of pages") }
    }
  }

  init(
    kind: Kind, id: UInt32, isCritical: Bool, isCompressed: Bool, stored: [UInt8], size: Int,
    offset: UInt64
  ) {
    self.kind = kind
    self.id = id
    self.isCritical = isCritical
    self.isCompressed = isCompressed
    self.storedSize = UInt64(stored.count)
    self.size = UInt64(size)
    self.digest = Digest(of: stored[...])
    self.offset = offset
  }
}
