internal import Zstd

/// Writes a snapshot from front to back, without ever going back, so that it may go to a file or down
/// a wire.
///
/// The same header, sections and pages in the same order give the same bytes on every host (with the
/// same version of libzstd). A snapshot is whole only once `finish` has returned: making it appear
/// under its name only then is the business of whoever owns the sink.
package final class SnapshotWriter {
  private let sink: (RawSpan) throws -> Void
  /// Nil if blocks are not to be compressed.
  private let compressor: ZstdCompressor?
  /// Pages in the parents.
  private let firstPage: UInt64
  private let headerBytes: [UInt8]
  private var table: [UInt8] = []
  private var sections: Set<UInt32> = []
  private var isFinished = false

  /// Bytes handed to the sink so far.
  package private(set) var bytesWritten: UInt64 = 0

  /// Pages of the chunk being filled.
  private var chunk: [UInt8] = []
  private var references: [Digest: PageReference] = [:]
  /// Different pages that are not zero, in this file.
  package private(set) var storedPages: UInt64 = 0
  /// Pages added, however stored.
  package private(set) var addedPages: UInt64 = 0

  /// Writes the header.
  ///
  /// - Parameters:
  ///   - header: if it has a parent, the pages are numbered after the parent's.
  ///   - sink: takes the bytes in order. What it throws comes back as `writeFailed`, unless it is a
  ///     `SnapshotError` itself.
  /// - Throws: `tooLarge` when a text of the header is; `writeFailed`.
  package init(
    _ header: SnapshotHeader, compression: Compression = .standard,
    to sink: @escaping (RawSpan) throws -> Void
  ) throws(SnapshotError) {
    do throws(ZstdError) {
      switch compression {
      case .none: compressor = nil
      case .zstd(let level): compressor = try ZstdCompressor(level: level)
      }
    } catch {
      throw .writeFailed(error.description)
    }
    self.sink = sink
    firstPage = header.parent?.pageCount ?? 0
    headerBytes = try header.encoded()
    chunk.reserveCapacity(BlockDescriptor.chunkSize)
    try write(headerBytes)
  }

  /// Adds a section. Numbers are the caller's; each may be used once.
  ///
  /// - Parameter isCritical: a reader that does not know the section must refuse the snapshot.
  /// - Throws: `tooLarge` above 128 MiB; `writeFailed`.
  package func addSection(_ id: UInt32, isCritical: Bool, _ bytes: [UInt8]) throws(SnapshotError) {
    precondition(sections.insert(id).inserted, "section written twice")
    guard UInt64(bytes.count) <= BlockDescriptor.sectionLimit else {
      throw .tooLarge(
        what: "section \(id)", size: UInt64(bytes.count), limit: BlockDescriptor.sectionLimit)
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
    let reference = PageReference(rawValue: firstPage + storedPages)
    references[digest] = reference
    if chunk.count == BlockDescriptor.chunkSize { try writeChunk() }
    return reference
  }

  /// Writes the table of contents and the trailer. Nothing may be added afterwards.
  ///
  /// - Parameter id: the snapshot's name. It may depend on the state that was just written.
  /// - Returns: the digest that stands for the whole snapshot.
  package func finish(id: SnapshotID) throws(SnapshotError) -> Digest {
    if !chunk.isEmpty { try writeChunk() }
    precondition(!isFinished, "snapshot finished twice")
    isFinished = true
    var digest = DigestBuilder()
    digest.append(headerBytes[...])
    digest.append(table[...])
    let trailer = Trailer(tableSize: UInt64(table.count), id: id, after: digest)
    try write(BlockDescriptor(.tableOfContents, stored: table, at: bytesWritten).lead)
    try write(table)
    try write(trailer.encoded)
    return trailer.contentDigest
  }

  private func writeChunk() throws(SnapshotError) {
    try add(.pageChunk, id: 0, isCritical: false, chunk)
    chunk.removeAll(keepingCapacity: true)
  }

  private func add(_ kind: BlockDescriptor.Kind, id: UInt32, isCritical: Bool, _ bytes: [UInt8])
    throws(SnapshotError)
  {
    precondition(!isFinished, "snapshot written to after its end")
    guard table.count < TableOfContents.sizeLimit else { throw TableOfContents.tooLarge }
    let compressed = try compress(bytes)
    let stored = compressed ?? bytes
    let descriptor = BlockDescriptor(
      kind, id: id, isCritical: isCritical, stored: stored,
      uncompressedSize: compressed == nil ? nil : bytes.count, at: bytesWritten)
    table += descriptor.encoded
    try write(descriptor.lead)
    try write(stored)
  }

  /// Returns nil if compression is off or does not help.
  private func compress(_ bytes: [UInt8]) throws(SnapshotError) -> [UInt8]? {
    guard let compressor else { return nil }
    do throws(ZstdError) {
      let compressed = try bytes.lend { bytes throws(ZstdError) in
        try compressor.compress(bytes)
      }
      return compressed.count < bytes.count ? compressed : nil
    } catch {
      throw .writeFailed(error.description)
    }
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
