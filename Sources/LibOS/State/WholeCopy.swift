import LibOSState
import Machine
package import Snapshot

extension SnapshotReader {
  /// Writes the state and all its pages, those of the parents too, with a header that names no parent.
  ///
  /// - Parameter writer: has written only the header.
  /// - Throws: `missingParent` if the chain is not complete.
  package func copyWhole(to writer: SnapshotWriter) throws(SnapshotError) {
    try requireParents()
    for section in sections where !StateSection.pageMaps.numbers.contains(section.id) {
      try writer.addSection(
        section.id, isCritical: section.isCritical, try requiredSection(section.id))
    }
    var maps: Godwit_State_PageMaps = try StateLoader.section(.pageMaps, self)
    var copy = PageCopy(self, writer)
    for index in maps.owners.indices {
      maps.owners[index].pages = data(try copy.add(Array(maps.owners[index].pages)))
    }
    try writer.add(.pageMaps, maps)
  }
}

/// Pages on their way from one snapshot to another.
private struct PageCopy {
  private let reader: SnapshotReader
  private let writer: SnapshotWriter
  /// The new references by the old ones.
  private var references: [PageReference: PageReference] = [:]
  private var pagesLeft = SavedPages.pageLimit
  private var page = [UInt8](repeating: 0, count: Page.size)

  init(_ reader: SnapshotReader, _ writer: SnapshotWriter) {
    self.reader = reader
    self.writer = writer
  }

  /// Copies the pages of an encoded map, and returns the new map.
  mutating func add(_ bytes: [UInt8]) throws(SnapshotError) -> [UInt8] {
    let old = try PageMap(decoding: bytes, storedPages: reader.pageCount, limit: pagesLeft)
    pagesLeft -= old.pageCount
    var new = PageMap()
    for run in old.runs {
      for page in run.pages { new.append(page, try copy(run.reference(of: page))) }
    }
    return new.encoded
  }

  private mutating func copy(_ reference: PageReference) throws(SnapshotError) -> PageReference {
    if reference.isZero { return .zero }
    if let known = references[reference] { return known }
    try page.withMutableRawSpan { (bytes) throws(SnapshotError) in
      try reader.page(reference, into: &bytes)
    }
    let new = try page.withRawSpan { (bytes) throws(SnapshotError) in try writer.addPage(bytes) }
    references[reference] = new
    return new
  }
}
