internal import Zstd

/// Where the contents of blocks are.
package protocol BlockContents: AnyObject {
  /// Fills `buffer` with stored bytes of a block, from `offset` on. It need not check them: who reads a snapshot
  /// does.
  func read(_ block: BlockDescriptor, at offset: UInt64, into buffer: inout MutableRawSpan)
    throws(SnapshotError)
}

/// The file that a manifest and the contents of its blocks are.
package final class ManifestSource: SnapshotSource {
  private enum Piece {
    case bytes([UInt8])
    case contents(BlockDescriptor)
  }

  private let contents: any BlockContents
  /// Where each piece begins, ascending.
  private var starts: [UInt64] = []
  private var pieces: [Piece] = []
  package private(set) var byteCount: UInt64 = 0

  package init(_ manifest: SnapshotManifest, _ contents: any BlockContents) {
    self.contents = contents
    append(manifest.headerBytes)
    for block in manifest.blocks {
      append(block.lead)
      if block.storedSize > 0 { append(.contents(block), block.storedSize) }
    }
    let table = SnapshotManifest.table(manifest.blocks)
    append(BlockDescriptor(.tableOfContents, stored: table, at: 0).lead)
    append(table + manifest.trailer.encoded + manifest.signatureBlock)
  }

  private func append(_ bytes: [UInt8]) { append(.bytes(bytes), UInt64(bytes.count)) }

  /// No sum overflows: `BlockSequence` has bounded sizes and the number of blocks.
  private func append(_ piece: Piece, _ count: UInt64) {
    starts.append(byteCount)
    pieces.append(piece)
    byteCount += count
  }

  package func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(SnapshotError) {
    guard offset <= byteCount, UInt64(buffer.byteCount) <= byteCount - offset else {
      throw .truncated(at: byteCount)
    }
    var done = 0
    var index = index(at: offset)
    while done < buffer.byteCount {
      let end = index + 1 < starts.count ? starts[index + 1] : byteCount
      let place = offset + UInt64(done)
      let count = min(buffer.byteCount - done, Int(end - place))
      // Most reads are of a piece of one block.
      if count == buffer.byteCount, case .contents(let block) = pieces[index] {
        return try contents.read(block, at: place - starts[index], into: &buffer)
      }
      let bytes = try piece(index, place - starts[index], count)
      for (position, byte) in bytes.enumerated() {
        buffer.storeBytes(of: byte, toByteOffset: done + position, as: UInt8.self)
      }
      done += count
      index += 1
    }
  }

  private func piece(_ index: Int, _ offset: UInt64, _ count: Int) throws(SnapshotError) -> [UInt8]
  {
    switch pieces[index] {
    case .bytes(let bytes): return Array(bytes[Int(offset)..<(Int(offset) + count)])
    case .contents(let block):
      var bytes = [UInt8](repeating: 0, count: count)
      try bytes.lendMutable { (buffer) throws(SnapshotError) in
        try contents.read(block, at: offset, into: &buffer)
      }
      return bytes
    }
  }

  /// The piece with the byte at `offset`.
  private func index(at offset: UInt64) -> Int {
    var low = 0
    var high = starts.count
    while low < high {
      let middle = (low + high) / 2
      if starts[middle] <= offset { low = middle + 1 } else { high = middle }
    }
    return low - 1
  }
}
