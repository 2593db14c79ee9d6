import Machine
package import Snapshot

/// The parts of a snapshot, to be reassembled with changes and correct checksums.
package struct SnapshotParts {
  package var header: SnapshotHeader
  package var id: SnapshotID
  package var pages: [[UInt8]] = []
  package var sections: [UInt32: [UInt8]] = [:]

  package init(_ reader: SnapshotReader) throws {
    header = reader.header
    id = reader.id
    for number in 0..<reader.pageCount {
      var page = [UInt8](repeating: 0, count: Page.size)
      try page.withMutableRawSpan { (span) throws(SnapshotError) in
        try reader.page(PageReference(rawValue: number + 1), into: &span)
      }
      pages.append(page)
    }
    for section in reader.sections { sections[section.id] = try reader.section(section.id) }
  }

  package func encoded() throws -> [UInt8] {
    let collector = Collector()
    let writer = try SnapshotWriter(header) { collector.bytes += $0.array }
    for page in pages {
      _ = try page.withRawSpan { (span) throws(SnapshotError) in try writer.addPage(span) }
    }
    for (id, bytes) in sections.sorted(by: { $0.key < $1.key }) {
      try writer.addSection(id, isCritical: true, bytes)
    }
    _ = try writer.finish(id: id)
    return collector.bytes
  }

  private final class Collector {
    var bytes: [UInt8] = []
  }
}
