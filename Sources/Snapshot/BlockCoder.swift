internal import Zstd

/// Makes blocks of contents, and contents of blocks, outside of any snapshot. May be used by any thread.
package final class BlockCoder: Sendable {
  private let compression: Compression
  private let compressors: Stash<ZstdCompressor>
  private let decompressors = Stash.decompressors

  package init(_ compression: Compression) {
    self.compression = compression
    compressors = Stash { () throws(SnapshotError) in
      guard case .zstd(let level) = compression else { preconditionFailure("no compression") }
      do throws(ZstdError) { return try ZstdCompressor(level: level) } catch {
        throw .writeFailed(error.description)
      }
    }
  }

  /// A block with these contents, and its stored bytes. Its padding is that of a block at the start of a file.
  package func section(_ id: UInt32, isCritical: Bool, _ contents: [UInt8])
    throws(SnapshotError) -> (BlockDescriptor, stored: [UInt8])
  {
    try block(.section, id, isCritical, contents)
  }

  package func pageChunk(_ contents: [UInt8])
    throws(SnapshotError) -> (BlockDescriptor, stored: [UInt8])
  {
    try block(.pageChunk, 0, false, contents)
  }

  /// Checks the stored bytes of a block and decompresses them.
  package func contents(of block: BlockDescriptor, _ stored: [UInt8])
    throws(SnapshotError) -> [UInt8]
  {
    let part = block.kind == .section ? SnapshotPart.section(block.id) : .pageChunk(0)
    return try decompressors.use { (decompressor) throws(SnapshotError) in
      try block.contents(stored, part, decompressor)
    }
  }

  private func block(
    _ kind: BlockDescriptor.Kind, _ id: UInt32, _ isCritical: Bool, _ contents: [UInt8]
  ) throws(SnapshotError) -> (BlockDescriptor, stored: [UInt8]) {
    let compressed = try compress(contents, isOfPages: kind == .pageChunk)
    let stored = compressed?.bytes ?? contents
    let descriptor = BlockDescriptor(
      kind, id: id, isCritical: isCritical, stored: stored,
      uncompressedSize: compressed == nil ? nil : contents.count,
      isShuffled: compressed?.isShuffled ?? false, at: 0)
    return (descriptor, stored)
  }

  /// Returns nil if compression is off or does not help.
  private func compress(_ bytes: [UInt8], isOfPages: Bool) throws(SnapshotError) -> (
    bytes: [UInt8], isShuffled: Bool
  )? {
    guard compression != .none else { return nil }
    return try compressors.use { (compressor) throws(SnapshotError) in
      do throws(ZstdError) {
        let isShuffled = isOfPages ? try Self.isSmallerShuffled(bytes, compressor) : false
        let compressed = try bytes.lend { bytes throws(ZstdError) in
          try compressor.compress(bytes, shuffled: isShuffled)
        }
        return compressed.count < bytes.count ? (compressed, isShuffled) : nil
      } catch { throw .writeFailed(error.description) }
    }
  }

  /// Pages of a chunk by which is decided how the chunk is compressed.
  private static let samplePages = 4

  private static func isSmallerShuffled(_ pages: [UInt8], _ compressor: ZstdCompressor)
    throws(ZstdError) -> Bool
  {
    let count = pages.count / Page.size
    let chosen = min(count, samplePages)
    var sample: [UInt8] = []
    for index in 0..<chosen {
      let start = index * count / chosen * Page.size
      sample += pages[start..<start + Page.size]
    }
    return try sample.lend { sample throws(ZstdError) in
      try compressor.compress(sample, shuffled: true).count
        < compressor.compress(sample, shuffled: false).count
    }
  }
}

extension ZstdCompressor {
  fileprivate func compress(_ bytes: RawSpan, shuffled isShuffled: Bool) throws(ZstdError)
    -> [UInt8]
  {
    guard isShuffled else { return try compress(bytes) }
    return try bytes.shuffled().lend { bytes throws(ZstdError) in try compress(bytes) }
  }
}

extension Stash<ZstdDecompressor> {
  static var decompressors: Stash {
    Stash { () throws(SnapshotError) in
      do throws(ZstdError) { return try ZstdDecompressor() } catch {
        throw .readFailed(error.description)
      }
    }
  }
}
