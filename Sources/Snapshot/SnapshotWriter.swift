internal import Zstd

/// Writes a snapshot from front to back, without ever going back, so that it may go to a file or down
/// a wire.
///
/// The same header, sections and pages in the same order give the same bytes on every host (with the
/// same version of libzstd), whoever encodes the blocks. A snapshot is whole only once `finish` has
/// returned: making it appear under its name only then is the business of whoever owns the sink.
package final class SnapshotWriter {
  private let sink: (RawSpan) throws -> Void
  private let coder: BlockCoder
  /// Blocks that are being encoded, in the order of the file.
  private var blocks = OrderedWork<EncodedBlock>(nil)
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
    coder = BlockCoder(compression)
    self.sink = sink
    firstPage = header.parent?.pageCount ?? 0
    headerBytes = try header.encoded()
    chunk.reserveCapacity(BlockDescriptor.chunkSize)
    try write(headerBytes)
  }

  private typealias EncodedBlock = Result<(BlockDescriptor, stored: [UInt8]), SnapshotError>

  /// Who encodes blocks on other processors; nil: nobody.
  package var workers: (any Workers)? { blocks.workers }

  /// Writes the blocks that are being encoded, and has `workers` encode those that follow.
  package func use(_ workers: (any Workers)?) throws(SnapshotError) {
    try writeEncoded()
    blocks = OrderedWork(workers)
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
    let coder = coder
    try add { () throws(SnapshotError) in try coder.section(id, isCritical: isCritical, bytes) }
  }

  /// Adds a block of another snapshot with the same header as it is. Chunks of pages come in their order, and no
  /// pages are added otherwise.
  ///
  /// - Parameter stored: its stored contents.
  package func addBlock(_ block: BlockDescriptor, stored: [UInt8]) throws(SnapshotError) {
    if block.kind == .section, !sections.insert(block.id).inserted {
      throw .malformed("it has two sections \(block.id)")
    }
    try add { (block, stored) }
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
    try writeEncoded()
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
    let coder = coder
    let pages = chunk
    chunk = []
    chunk.reserveCapacity(BlockDescriptor.chunkSize)
    try add { () throws(SnapshotError) in try coder.pageChunk(pages) }
  }

  /// Adds the block that `encode` gives, on any thread.
  private func add(
    _ encode: @escaping @Sendable () throws(SnapshotError) -> (BlockDescriptor, stored: [UInt8])
  ) throws(SnapshotError) {
    precondition(!isFinished, "snapshot written to after its end")
    blocks.append { EncodedBlock(catching: encode) }
    while blocks.isFull { try writeNext() }
  }

  private func writeEncoded() throws(SnapshotError) {
    while try writeNext() {}
  }

  /// Writes the next block, once it is encoded; false if there is none.
  @discardableResult
  private func writeNext() throws(SnapshotError) -> Bool {
    guard let block = blocks.next() else { return false }
    var (descriptor, stored) = try block.get()
    guard table.count < TableOfContents.sizeLimit else { throw TableOfContents.tooLarge }
    descriptor.padding = descriptor.requiredPadding(at: bytesWritten)
    table += descriptor.encoded
    try write(descriptor.lead)
    try write(stored)
    return true
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
