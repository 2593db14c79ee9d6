internal import Zstd

/// Precedes the contents of a block, and says what they are, how long they are and how to check them. The table
/// of contents repeats the descriptors of all blocks before it.
package struct BlockDescriptor: Hashable, Sendable {
  package enum Kind: UInt32, Sendable {
    case section = 1
    case pageChunk = 2
    case tableOfContents = 3
  }

  /// Bytes of a descriptor in the file.
  static let encodedSize = 64
  /// The largest section, decompressed; bounds what a hostile file can make a reader allocate.
  static let sectionLimit: UInt64 = 128 << 20
  /// Pages in every chunk but the last.
  package static let pagesPerChunk = 64
  /// Bytes of every page chunk but the last.
  package static let chunkSize = pagesPerChunk * Page.size

  package internal(set) var kind: Kind
  /// A section's number; 0 for all others.
  package internal(set) var id: UInt32
  package internal(set) var isCritical: Bool
  package internal(set) var isCompressed: Bool
  /// What was compressed are the bytes of the pages' words in groups: see `RawSpan.shuffled`.
  package internal(set) var isShuffled: Bool
  /// Zero bytes between the descriptor and the contents.
  var padding: UInt32
  /// Bytes in the file.
  package internal(set) var storedSize: UInt64
  /// Bytes after decompression.
  package internal(set) var size: UInt64
  /// Of the stored bytes.
  package internal(set) var digest: Digest

  /// Describes a block of the file that begins at `offset`.
  init(
    _ kind: Kind, id: UInt32 = 0, isCritical: Bool = false, stored: [UInt8],
    uncompressedSize: Int? = nil, isShuffled: Bool = false, at offset: UInt64
  ) {
    self.kind = kind
    self.id = id
    self.isCritical = isCritical
    isCompressed = uncompressedSize != nil
    self.isShuffled = isShuffled
    padding = 0
    storedSize = UInt64(stored.count)
    size = UInt64(uncompressedSize ?? stored.count)
    digest = Digest(of: stored[...])
    padding = requiredPadding(at: offset)
  }

  /// The padding of a block that begins at `offset`. Uncompressed pages begin at a multiple of the page size,
  /// so that they can be mapped.
  func requiredPadding(at offset: UInt64) -> UInt32 {
    guard kind == .pageChunk, !isCompressed else { return 0 }
    let end = offset + UInt64(BlockDescriptor.encodedSize)
    return UInt32((0 &- end) % UInt64(Page.size))
  }

  /// The descriptor and the padding: all bytes in front of the contents.
  var lead: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: kind.rawValue)
    bytes.append(littleEndian: id)
    let flags: UInt32 = (isCritical ? 1 : 0) | (isCompressed ? 2 : 0) | (isShuffled ? 4 : 0)
    bytes.append(littleEndian: flags)
    bytes.append(littleEndian: padding)
    bytes.append(littleEndian: storedSize)
    bytes.append(littleEndian: size)
    bytes += digest.bytes
    return bytes + [UInt8](repeating: 0, count: Int(padding))
  }

  /// The descriptor as it stands in the file.
  var encoded: ArraySlice<UInt8> { lead.prefix(BlockDescriptor.encodedSize) }

  /// Checks the stored bytes and decompresses them.
  func contents(_ stored: [UInt8], _ part: SnapshotPart, _ decompressor: ZstdDecompressor)
    throws(SnapshotError) -> [UInt8]
  {
    guard Digest(of: stored[...]) == digest else { throw .checksumMismatch(part) }
    guard isCompressed else { return stored }
    let contents: [UInt8]
    do throws(ZstdError) {
      contents = try stored.lend { bytes throws(ZstdError) in
        try decompressor.decompress(bytes, count: Int(size))
      }
    } catch {
      throw .malformed("its \(part) does not decompress: \(error)")
    }
    return isShuffled ? contents.lend { $0.unshuffled() } : contents
  }

  /// Reads a descriptor and checks everything that does not depend on other blocks. `storedSize` is then at
  /// most `size`, and `size` is within the limit for its kind.
  init(from cursor: inout ByteCursor) throws(SnapshotError) {
    guard let kind = Kind(rawValue: try cursor.integer()) else {
      throw .malformed("it has a block of an unknown kind")
    }
    self.kind = kind
    id = try cursor.integer()
    let flags = try cursor.integer(UInt32.self)
    guard flags <= 7 else { throw .malformed("a block has an unknown flag") }
    isCritical = flags & 1 != 0
    isCompressed = flags & 2 != 0
    isShuffled = flags & 4 != 0
    padding = try cursor.integer()
    storedSize = try cursor.integer()
    size = try cursor.integer()
    digest = try cursor.digest()

    guard padding < Page.size else { throw .malformed("a block has too much padding") }
    guard !isShuffled || kind == .pageChunk && isCompressed else {
      throw .malformed("a block is shuffled that may not be")
    }
    // Compression that does not shrink is not used.
    guard isCompressed ? storedSize < size : storedSize == size else {
      throw .malformed("a block's sizes contradict each other")
    }
    switch kind {
    case .section:
      guard size <= BlockDescriptor.sectionLimit else {
        throw .tooLarge(what: "section \(id)", size: size, limit: BlockDescriptor.sectionLimit)
      }
    case .pageChunk:
      guard id == 0, !isCritical, size > 0, size % UInt64(Page.size) == 0,
        size <= UInt64(BlockDescriptor.chunkSize)
      else { throw .malformed("a page chunk is not made of pages") }
    case .tableOfContents:
      guard id == 0, flags == 0, size % UInt64(BlockDescriptor.encodedSize) == 0 else {
        throw .malformed("its table of contents is not made of descriptors")
      }
      guard size <= TableOfContents.sizeLimit else {
        throw .tooLarge(what: "the table of contents", size: size, limit: TableOfContents.sizeLimit)
      }
    }
  }
}
