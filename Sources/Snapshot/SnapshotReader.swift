internal import Zstd

/// Reads a snapshot, any part of it alone.
///
/// Opening checks header, table of contents and trailer; each section and chunk of pages is checked
/// when it is read, and `verify` checks them all. Nothing in the file is trusted: sizes are bounded
/// before anything is allocated, and every damage is a `SnapshotError`.
package final class SnapshotReader {
  /// What can be known of a section without reading it.
  package struct SectionInfo: Hashable, Sendable {
    package var id: UInt32
    package var isCritical: Bool
    /// Bytes after decompression.
    package var byteCount: UInt64
    /// Bytes in the file.
    package var storedByteCount: UInt64
  }

  package let header: SnapshotHeader
  /// Stands for the whole snapshot: equal digests, equal snapshots.
  package let contentDigest: Digest
  /// Bytes of the whole file.
  package let byteCount: UInt64
  /// The signature behind the trailer, as it stands in the file; nil when there is none. See `signature`.
  package let signatureBytes: [UInt8]?
  /// Pages in the store; references from 1 to this number are valid, and 0.
  package let pageCount: UInt64

  private let source: any SnapshotSource
  private let decompressor: ZstdDecompressor
  private let sectionBlocks: [Block]
  private let chunkBlocks: [Block]
  private var cache = ChunkCache()

  package init(_ source: any SnapshotSource) throws(SnapshotError) {
    do throws(ZstdError) {
      decompressor = try ZstdDecompressor()
    } catch {
      throw .readFailed(error.description)
    }
    let size = source.byteCount
    let prefix = try source.bytes(
      at: 0, count: Int(min(size, UInt64(SnapshotHeader.prefixSize))))
    let headerSize = try SnapshotHeader.encodedSize(prefix: prefix)
    guard UInt64(headerSize) <= size else { throw .truncated(at: size) }
    let headerBytes = try source.bytes(at: 0, count: headerSize)
    header = try SnapshotHeader(decoding: headerBytes)

    let (signature, end) = try SignatureBlock.find(in: source)
    signatureBytes = signature
    let table = try TableOfContents(source, size: end, headerBytes: headerBytes)
    sectionBlocks = table.sections
    chunkBlocks = table.chunks
    contentDigest = table.contentDigest
    pageCount = table.chunks.reduce(0) { $0 + $1.size } / UInt64(Page.size)
    byteCount = size
    self.source = source
  }

  /// The sections in the order they were written.
  package var sections: [SectionInfo] {
    sectionBlocks.map {
      SectionInfo(
        id: $0.id, isCritical: $0.isCritical, byteCount: $0.size, storedByteCount: $0.storedSize)
    }
  }

  /// Bytes that the page store takes in the file.
  package var storedPageBytes: UInt64 { chunkBlocks.reduce(0) { $0 + $1.storedSize } }

  /// The contents of a section; `nil` when there is none of that number.
  package func section(_ id: UInt32) throws(SnapshotError) -> [UInt8]? {
    guard let block = sectionBlocks.first(where: { $0.id == id }) else { return nil }
    return try contents(of: block, .section(id))
  }

  /// The contents of a section that must be there; else `missingSection`.
  package func requiredSection(_ id: UInt32) throws(SnapshotError) -> [UInt8] {
    guard let bytes = try section(id) else { throw .missingSection(id) }
    return bytes
  }

  /// Fills `buffer` (4,096 bytes) with a page. Pages that were stored together are cheap to read
  /// together: the chunks used last are kept.
  package func page(_ reference: PageReference, into buffer: inout MutableRawSpan)
    throws(SnapshotError)
  {
    precondition(buffer.byteCount == Page.size)
    guard !reference.isZero else {
      buffer.clear()
      return
    }
    guard reference.rawValue <= pageCount else { throw .noSuchPage(reference.rawValue) }
    let number = Int(reference.rawValue - 1)
    let index = number / Block.pagesPerChunk
    let chunk: [UInt8]
    if let cached = cache[index] {
      chunk = cached
    } else {
      chunk = try contents(of: chunkBlocks[index], .pageChunk(index))
      cache[index] = chunk
    }
    let start = number % Block.pagesPerChunk * Page.size
    chunk.lend { buffer.replace(with: $0.extracting(start..<(start + Page.size))) }
  }

  /// Reads everything and checks it.
  package func verify() throws(SnapshotError) {
    for block in sectionBlocks { _ = try contents(of: block, .section(block.id)) }
    for (index, block) in chunkBlocks.enumerated() {
      _ = try contents(of: block, .pageChunk(index))
    }
  }

  /// Reads every block and checks that it is what was written. Nothing is decompressed: what the writer
  /// compressed is what these bytes stand for.
  package func verifyStored() throws(SnapshotError) {
    for block in sectionBlocks { try checkDigest(of: block, .section(block.id)) }
    for (index, block) in chunkBlocks.enumerated() {
      try checkDigest(of: block, .pageChunk(index))
    }
  }

  private func checkDigest(of block: Block, _ part: SnapshotPart) throws(SnapshotError) {
    var digest = DigestBuilder()
    var done: UInt64 = 0
    while done < block.storedSize {
      let count = min(block.storedSize - done, Self.pieceSize)
      digest.append(try source.bytes(at: block.offset + done, count: Int(count))[...])
      done += count
    }
    guard digest.finish() == block.digest else { throw .checksumMismatch(part) }
  }

  /// Bytes of a block that are read at a time when all that is wanted is their digest.
  private static let pieceSize: UInt64 = 1 << 20

  private func contents(of block: Block, _ part: SnapshotPart) throws(SnapshotError) -> [UInt8] {
    // Both sizes were bounded when the table was read.
    let stored = try source.bytes(at: block.offset, count: Int(block.storedSize))
    guard Digest(of: stored[...]) == block.digest else { throw .checksumMismatch(part) }
    guard block.isCompressed else { return stored }
    do throws(ZstdError) {
      return try stored.lend { bytes throws(ZstdError) in
        try decompressor.decompress(bytes, count: Int(block.size))
      }
    } catch {
      throw .malformed("its \(part) does not decompress: \(error)")
    }
  }
}

/// The few chunks of pages used last, decompressed.
private struct ChunkCache {
  /// 2 MiB in all: enough for a reader that hops between a few places.
  private static let limit = 8
  /// The one used last is at the end.
  private var entries: [(index: Int, chunk: [UInt8])] = []

  subscript(index: Int) -> [UInt8]? {
    mutating get {
      guard let place = entries.lastIndex(where: { $0.index == index }) else { return nil }
      if place != entries.count - 1 { entries.append(entries.remove(at: place)) }
      return entries[entries.count - 1].chunk
    }
    set {
      guard let newValue else { return }
      if entries.count == ChunkCache.limit { entries.removeFirst() }
      entries.append((index, newValue))
    }
  }
}
