/// Pages that stand in a file as they are.
package struct PlainPages: Sendable {
  /// The open file.
  package var descriptor: Int32
  /// Where the first of them begins: a multiple of the page size.
  package var offset: UInt64
  /// The numbers of their references.
  package var pages: Range<UInt64>
}

extension SnapshotReader {
  /// Whether all pages can be mapped.
  package var hasOnlyPlainPages: Bool {
    links.allSatisfy { link in
      link.descriptor != nil && link.chunks.allSatisfy { !$0.descriptor.isCompressed }
    }
  }

  /// The pages of the chunk of `page`, all of which were checked just now; nil if they can't be mapped.
  package func plainPages(around page: UInt64) throws(SnapshotError) -> PlainPages? {
    let (index, block, pages) = try chunk(of: page)
    guard let descriptor = links[index].descriptor, !block.descriptor.isCompressed,
      block.offset % UInt64(Page.size) == 0
    else { return nil }
    try naming(index) { (link) throws(SnapshotError) in
      _ = try link.contents(of: block, decompressors)
    }
    return PlainPages(descriptor: descriptor, offset: block.offset, pages: pages)
  }
}
