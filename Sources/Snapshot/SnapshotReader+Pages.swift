internal import Zstd

extension SnapshotReader {
  /// Reads many pages, a chunk at a time.
  ///
  /// - Parameters:
  ///   - pages: the numbers of their references, ascending. A page may be there several times.
  ///   - workers: they read, check and decompress chunks, and call `place`.
  ///   - place: called with the bytes of each page and its index in `pages`, on any thread. As long as there are
  ///     workers it may be called again.
  ///   - report: called on this thread with how many pages were placed since the last time.
  /// - Throws: the error of the first chunk, in the order of the chain, that has one. Some pages behind it
  ///   may have been placed.
  package func readPages(
    _ pages: [UInt64], on workers: (any Workers)?, _ report: (Int) -> Void = { _ in },
    _ place: @escaping @Sendable (_ index: Int, RawSpan) -> Void
  ) throws(SnapshotError) {
    typealias Placed = (link: Int, outcome: Result<Int, SnapshotError>)
    var work = OrderedWork<Placed>(workers)
    func take(_ placed: Placed) throws(SnapshotError) {
      report(try naming(placed.link) { (_) throws(SnapshotError) in try placed.outcome.get() })
    }
    let decompressors = decompressors
    var start = 0
    while start < pages.count {
      let (index, block, range) = try chunk(of: pages[start])
      let first = start
      while start < pages.count, range.contains(pages[start]) { start += 1 }
      let indices = first..<start
      let link = links[index]
      work.append {
        let outcome = Result { () throws(SnapshotError) in
          let contents = try link.contents(of: block, decompressors)
          contents.lend { bytes in
            for index in indices {
              let offset = Int(pages[index] - range.lowerBound) * Page.size
              place(index, bytes.extracting(offset..<(offset + Page.size)))
            }
          }
          return indices.count
        }
        return (index, outcome)
      }
      while work.isFull, let placed = work.next() { try take(placed) }
    }
    while let placed = work.next() { try take(placed) }
  }

  /// The chunk of a page: its link, and the numbers of its pages.
  func chunk(of page: UInt64) throws(SnapshotError) -> (Int, Block, Range<UInt64>) {
    let reference = PageReference(rawValue: page)
    guard !reference.isZero, reference.rawValue <= pageCount else {
      throw .noSuchPage(reference.rawValue)
    }
    let index = try linkIndex(ofPage: reference)
    let link = links[index]
    let number = Int(reference.rawValue - 1 - link.firstPage) / BlockDescriptor.pagesPerChunk
    let block = link.chunks[number]
    let first = link.firstPage + UInt64(number * BlockDescriptor.pagesPerChunk) + 1
    return (index, block, first..<(first + block.descriptor.size / UInt64(Page.size)))
  }
}
