import LibOSState
import Machine
package import Snapshot

extension SnapshotReader {
  /// Writes the state and all its pages, those of the parents too, with a header that names no parent.
  ///
  /// - Parameters:
  ///   - writer: has written only the header.
  ///   - report: called for each page.
  /// - Throws: `missingParent` if the chain is not complete.
  package func copyWhole(to writer: SnapshotWriter, _ report: () -> Void = {})
    throws(SnapshotError)
  {
    try requireParents()
    for section in sections where !StateSection.pageMaps.numbers.contains(section.id) {
      try writer.addSection(
        section.id, isCritical: section.isCritical, try requiredSection(section.id))
    }
    let maps = try PageMapSections(
      StateLoader.section(.pageMaps, self), storedPages: pageCount)
    var copy = PageCopy(self, writer)
    let sections = try maps.sections { (page) throws(SnapshotError) in
      report()
      return try copy.add(page)
    }
    for (number, contents) in sections {
      try writer.addSection(number, isCritical: true, contents)
    }
  }
}

/// Pages on their way from one snapshot to another.
private struct PageCopy {
  private let reader: SnapshotReader
  private let writer: SnapshotWriter
  /// The new references by the old ones.
  private var references: [PageReference: PageReference] = [:]
  private var page = [UInt8](repeating: 0, count: Page.size)

  init(_ reader: SnapshotReader, _ writer: SnapshotWriter) {
    self.reader = reader
    self.writer = writer
  }

  /// Copies a page that is not of zeroes, once, and returns the new reference.
  mutating func add(_ reference: PageReference) throws(SnapshotError) -> PageReference {
    if let known = references[reference] { return known }
    try page.withMutableRawSpan { (bytes) throws(SnapshotError) in
      try reader.page(reference, into: &bytes)
    }
    let new = try page.withRawSpan { (bytes) throws(SnapshotError) in try writer.addPage(bytes) }
    references[reference] = new
    return new
  }
}
