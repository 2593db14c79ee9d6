internal import Zstd

/// Writes a snapshot from front to back, without ever going back, so that it may go to a file or down
/// a wire.
///
/// The same header, sections and pages in the same order give the same bytes on every host (with the
/// same version of libzstd). A snapshot is whole only once `finish` has returned: making it appear
/// under its name only then is the business of whoever owns the sink.
package final class SnapshotWriter {
  private let sink: (RawSpan) throws -> Void
  private let compressor: ZstdCompressor
  private let headerBytes: [UInt8]
  private var blocks: [Block] = []
  private var sections: Set<UInt32> = []
  private var isFinished = false

  /// Bytes handed to the sink so far.
  package private(set) var bytesWritten: UInt64 = 0

  /// Pages of the chunk being filled.
  private var chunk: [UInt8] = []
  private var references: [Digest: PageReference] = [:]
  /// Different pages that are not zero.
  package private(set) var storedPages: UInt64 = 0
  /// Pages added, however stored.
  package private(set) var addedPages: UInt64 = 0

  private static let chunkSize = Block.pagesPerChunk * Page.size

  /// Writes the header.
  ///
  /// - Parameters:
  ///   - level: zstd's compression level.
  ///   - sink: takes the bytes in order. What it throws comes back as `writeFailed`, unless it is a
  ///     `SnapshotError` itself.
  /// - Throws: `tooLarge` when a text of the header is; `writeFailed`.
  package init(
    _ header: SnapshotHeader, level: Int32 = 1, to sink: @escaping (RawSpan) throws -> Void
  ) throws(SnapshotError) {
    do throws(ZstdError) {
      compressor = try ZstdCompressor(level: level)
    } catch {
      throw .writeFailed(error.description)
    }
    self.sink = sink
    headerBytes = try header.encoded()
    chunk.reserveCapacity(SnapshotWriter.chunkSize)
    try write(headerBytes)
  }

  /// Adds a section. Numbers are the caller's; each may be used once.
  ///
  /// - Parameter isCritical: a reader that does not know the section must refuse the snapshot.
  /// - Throws: `tooLarge` above 128 MiB; `writeFailed`.
  package func addSection(_ id: UInt32, isCritical: Bool, _ bytes: [UInt8]) throws(SnapshotError) {
    precondition(sections.insert(id).inserted, "section written twice")
    guard UInt64(bytes.count) <= Block.sectionLimit else {
      throw .tooLarge(
        what: "section \(id)", size: UInt64(bytes.count), limit: Block.sectionLimit)
    }
    try add(.section, id: id, isCritical: isCritical, bytes)
  }

  /// Adds a page of 4,096 bytes to the store, unless an equal one is there.
  ///
  /// - Parameter digest: the page's, where it is known; `Digest.zeroPage` for one of zeroes.
  package func addPage(_ page: RawSpan, digest: Digest? = nil)
    throws(SnapshotError) -> PageReference
  {
    precondition(page.byteCount == Page.size)
    addedPages += 1
    let digest = digest ?? Digest(ofPage: page)
    if digest == .zeroPage { return .zero }
    if let known = references[digest] { return known }
    chunk.append(page)
    storedPages += 1
    let reference = PageReference(rawValue: storedPages)
    references[digest] = reference
    if chunk.count == SnapshotWriter.chunkSize { try writeChunk() }
    return reference
  }

  /// Writes the table of contents and the trailer. Nothing may be added afterwards.
  ///
  /// - Returns: the digest that stands for the whole snapshot.
  package func finish() throws(SnapshotError) -> Digest {
    if !chunk.isEmpty { try writeChunk() }
    isFinished = true
    var table: [UInt8] = []
    for block in blocks { block.encode(into: &table) }
    let digest = Trailer.digest(header: headerBytes, table: table)
    try write(table)
    try write(Trailer(tableSize: table.count, contentDigest: digest).encoded)
    return digest
  }

  private func writeChunk() throws(SnapshotError) {
    try add(.pageChunk, id: 0, isCritical: false, chunk)
    chunk.removeAll(keepingCapacity: true)
  }

  private func add(_ kind: Block.Kind, id: UInt32, isCritical: Bool, _ bytes: [UInt8])
    throws(SnapshotError)
  {
    precondition(!isFinished, "snapshot written to after its end")
    var stored = bytes
    var isCompressed = false
    do throws(ZstdError) {
      let compressed = try bytes.lend { bytes throws(ZstdError) in
        try compressor.compress(bytes)
      }
      if compressed.count < bytes.count {
        stored = compressed
        isCompressed = true
      }
    } catch {
      throw .writeFailed(error.description)
    }
    blocks.append(
      Block(
        kind: kind, id: id, isCritical: isCritical, isCompressed: isCompressed, stored: stored,
        size: bytes.count, offset: bytesWritten))
    try write(stored)
  }

  private func write(_ bytes: [UInt8]) throws(SnapshotError) {
    do {
      try bytes.lend { bytes in try sink(bytes) }
    } catch let error as SnapshotError {
      throw error
    } catch {
      throw .writeFailed(String(describing: error))
    }
    bytesWritten += UInt64(bytes.count)
  }
}
