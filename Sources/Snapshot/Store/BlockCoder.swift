internal import Zstd

/// Makes blocks of contents, and contents of blocks, outside of any snapshot.
package final class BlockCoder {
  private let compressor: ZstdCompressor?
  private let decompressor: ZstdDecompressor

  package init(_ compression: Compression) throws(SnapshotError) {
    do throws(ZstdError) {
      switch compression {
      case .none: compressor = nil
      case .zstd(let level): compressor = try ZstdCompressor(level: level)
      }
      decompressor = try ZstdDecompressor()
    } catch { throw .writeFailed(error.description) }
  }

  /// A block with these contents, and its stored bytes.
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
    return try block.contents(stored, part, decompressor)
  }

  private func block(
    _ kind: BlockDescriptor.Kind, _ id: UInt32, _ isCritical: Bool, _ contents: [UInt8]
  ) throws(SnapshotError) -> (BlockDescriptor, stored: [UInt8]) {
    var stored = contents
    var isCompressed = false
    if let compressor {
      do throws(ZstdError) {
        let compressed = try contents.lend { bytes throws(ZstdError) in
          try compressor.compress(bytes)
        }
        if compressed.count < contents.count {
          stored = compressed
          isCompressed = true
        }
      } catch { throw .writeFailed(error.description) }
    }
    let descriptor = BlockDescriptor(
      kind, id: id, isCritical: isCritical, stored: stored,
      uncompressedSize: isCompressed ? contents.count : nil, at: 0)
    return (descriptor, stored)
  }
}
