internal import Zstd

/// Reads a snapshot, any part of it alone.
///
/// An increment and its parents form a chain, which is read as one snapshot. The last link has the sections;
/// the page store is that of all links.
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

  /// Oldest first, never empty. The list is flat because a chain may be too long for recursion.
  let links: [ChainLink]
  let decompressors: Stash<ZstdDecompressor>
  private var cache = ChunkCache()

  /// Opens a snapshot.
  ///
  /// - Parameter parent: the snapshot that this one is an increment to. Without it, everything but the
  ///   parent's pages can be read.
  /// - Throws: `wrongParent` if the snapshot names another parent, `refused` if it names none.
  package init(_ source: any SnapshotSource, parent: SnapshotReader? = nil) throws(SnapshotError) {
    decompressors = .decompressors
    let link = try ChainLink(source)
    if let parent { try link.require(parent.link) }
    links = (parent?.links ?? []) + [link]
  }

  /// The chain of a snapshot that was opened alone, and its parent.
  ///
  /// - Throws: as above.
  package init(_ snapshot: SnapshotReader, parent: SnapshotReader) throws(SnapshotError) {
    decompressors = snapshot.decompressors
    try snapshot.link.require(parent.link)
    links = parent.links + [snapshot.link]
  }

  /// A reader of the same snapshot, to be used on another thread.
  package func another() -> SnapshotReader { SnapshotReader(links, decompressors) }

  private init(_ links: [ChainLink], _ decompressors: Stash<ZstdDecompressor>) {
    self.links = links
    self.decompressors = decompressors
  }

  /// The file of the snapshot itself.
  private var link: ChainLink { links[links.count - 1] }

  package var header: SnapshotHeader { link.header }
  package var id: SnapshotID { link.id }
  /// Stands for the whole snapshot and its parents: snapshots with equal digests are equal.
  package var contentDigest: Digest { link.contentDigest }
  /// Bytes of this file and its parents.
  package var chainByteCount: UInt64 { links.reduce(0) { $0 &+ $1.byteCount } }
  /// Bytes of this file.
  package var byteCount: UInt64 { link.byteCount }
  /// The signature behind the trailer, as it stands in the file; nil when there is none. See `signature`.
  package var signatureBytes: [UInt8]? { link.signatureBytes }
  /// Pages in the store of the whole chain; references from 0 to this number are valid.
  package var pageCount: UInt64 { link.pageCount }
  /// Pages in this file.
  package var storedPageCount: UInt64 { link.storedPageCount }
  /// Bytes that the page store takes in this file.
  package var storedPageBytes: UInt64 { link.chunks.reduce(0) { $0 + $1.descriptor.storedSize } }

  /// The sections in the order they were written.
  package var sections: [SectionInfo] {
    link.sections.map {
      SectionInfo(
        id: $0.descriptor.id, isCritical: $0.descriptor.isCritical,
        byteCount: $0.descriptor.size, storedByteCount: $0.descriptor.storedSize)
    }
  }

  /// The contents of a section; `nil` when there is none of that number.
  package func section(_ id: UInt32) throws(SnapshotError) -> [UInt8]? {
    guard let block = link.sections.first(where: { $0.descriptor.id == id }) else { return nil }
    return try link.contents(of: block, decompressors)
  }

  /// The contents of a section that must be there; else `missingSection`.
  package func requiredSection(_ id: UInt32) throws(SnapshotError) -> [UInt8] {
    guard let bytes = try section(id) else { throw .missingSection(id) }
    return bytes
  }

  /// Fills `buffer` (4,096 bytes) with a page. Pages that were stored together are cheap to read
  /// together: the chunks used last are kept.
  ///
  /// - Throws: `missingParent` if the page is in a parent that was not given.
  package func page(_ reference: PageReference, into buffer: inout MutableRawSpan)
    throws(SnapshotError)
  {
    precondition(buffer.byteCount == Page.size)
    guard !reference.isZero else {
      buffer.clear()
      return
    }
    guard reference.rawValue <= pageCount else { throw .noSuchPage(reference.rawValue) }
    let index = try linkIndex(ofPage: reference)
    let number = Int(reference.rawValue - 1 - links[index].firstPage)
    let place = ChunkCache.Place(
      link: index, chunk: number / BlockDescriptor.pagesPerChunk)
    let chunk: [UInt8]
    if let cached = cache[place] {
      chunk = cached
    } else {
      chunk = try naming(index) { (link) throws(SnapshotError) in
        try link.contents(of: link.chunks[place.chunk], decompressors)
      }
      cache[place] = chunk
    }
    let start = number % BlockDescriptor.pagesPerChunk * Page.size
    chunk.lend { buffer.replace(with: $0.extracting(start..<(start + Page.size))) }
  }

  /// The index of the last link whose pages begin at or before this one. An empty link begins where the
  /// next one does, so it is never the last.
  func linkIndex(ofPage reference: PageReference) throws(SnapshotError) -> Int {
    var low = 0
    var high = links.count
    while low < high {
      let middle = (low + high) / 2
      if links[middle].firstPage < reference.rawValue { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { throw missingParent ?? .noSuchPage(reference.rawValue) }
    return low - 1
  }

  /// The error for pages of a parent that was not given; nil if the chain is complete.
  private var missingParent: SnapshotError? {
    links[0].header.parent.map { .missingParent(name: $0.name, id: $0.id) }
  }

  /// Throws `missingParent` unless the chain is complete.
  package func requireParents() throws(SnapshotError) {
    if let missingParent { throw missingParent }
  }

  /// References up to this number mean the same pages in both snapshots: those of the parents that they share.
  package func sharedPageCount(with other: SnapshotReader) -> UInt64 {
    let digests = Set(other.links.map(\.contentDigest))
    return links.last { digests.contains($0.contentDigest) }?.pageCount ?? 0
  }

  /// Reads and checks everything, including the parents.
  ///
  /// - Parameter report: called with how many bytes of the files were checked since the last time.
  package func verify(on workers: (any Workers)? = nil, _ report: (UInt64) -> Void = { _ in })
    throws(SnapshotError)
  {
    try requireParents()
    for index in links.indices {
      try naming(index) { (link) throws(SnapshotError) in
        try link.verify(decompressors, on: workers, report)
      }
    }
  }

  /// Reads every block of this file and checks that it is what was written. Parents are not read, and nothing
  /// is decompressed: a block with the right digest is what the writer compressed.
  package func verifyStored(on workers: (any Workers)? = nil, _ report: (UInt64) -> Void = { _ in })
    throws(SnapshotError)
  {
    try link.verifyStored(on: workers, report)
  }

  /// Runs `body` on a link. Errors in parents name the parent.
  func naming<R>(_ index: Int, _ body: (ChainLink) throws(SnapshotError) -> R)
    throws(SnapshotError) -> R
  {
    do throws(SnapshotError) { return try body(links[index]) } catch {
      // Only the next link knows the parent's name.
      guard index + 1 < links.count, let parent = links[index + 1].header.parent else {
        throw error
      }
      throw .inParent(name: parent.name, id: parent.id, error)
    }
  }
}

/// The few chunks of pages used last, decompressed.
private struct ChunkCache {
  struct Place: Equatable {
    var link: Int
    var chunk: Int
  }

  /// 2 MiB in all: enough for a reader that hops between a few places.
  private static let limit = 8
  /// The one used last is at the end.
  private var entries: [(place: Place, chunk: [UInt8])] = []

  subscript(place: Place) -> [UInt8]? {
    mutating get {
      guard let found = entries.lastIndex(where: { $0.place == place }) else { return nil }
      if found != entries.count - 1 { entries.append(entries.remove(at: found)) }
      return entries[entries.count - 1].chunk
    }
    set {
      guard let newValue else { return }
      if entries.count == ChunkCache.limit { entries.removeFirst() }
      entries.append((place, newValue))
    }
  }
}
