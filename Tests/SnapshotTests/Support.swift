import Snapshot
import TestSupport
import Zstd

extension SeededNumbers {
  mutating func bytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
      let word = next()
      for shift in stride(from: 0, to: 64, by: 8) {
        bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
      }
    }
    return Array(bytes.prefix(count))
  }
}

/// A page filled with the 16-bit number.
func numberedPage(_ number: Int) -> [UInt8] {
  var page = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 4096)
  page[0] = UInt8(truncatingIfNeeded: number >> 8)
  page[1] = 0xa5
  return page
}

let someHeader = SnapshotHeader(
  id: SnapshotID(high: 0x0123_4567_89ab_cdef, low: 42), parent: SnapshotID(high: 7, low: 8),
  creationSeconds: 1_700_000_000, creationNanoseconds: 123_456_789, guestISA: "aarch64",
  libraryOSVersion: "0.1.0", abiVersion: 3, requiredFeatures: ["threads", "overlay"],
  hostNote: "written on a x86_64 host, Grüße")

/// Calls `body` with a writer and gives the bytes of the finished snapshot.
func write(
  _ header: SnapshotHeader = someHeader, _ body: (SnapshotWriter) throws -> Void
) throws -> [UInt8] {
  let output = Output()
  let writer = try SnapshotWriter(header) { output.bytes.append($0) }
  try body(writer)
  _ = try writer.finish()
  return output.bytes
}

final class Output {
  var bytes: [UInt8] = []
}

extension SnapshotWriter {
  func add(_ page: [UInt8]) throws(SnapshotError) -> PageReference {
    try page.lend { bytes throws(SnapshotError) in try addPage(bytes) }
  }
}

extension SnapshotReader {
  convenience init(_ bytes: [UInt8]) throws(SnapshotError) {
    try self.init(SnapshotBytes(bytes))
  }

  func page(_ reference: PageReference) throws(SnapshotError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0xee, count: 4096)
    try buffer.lendMutable { bytes throws(SnapshotError) in
      try page(reference, into: &bytes)
    }
    return buffer
  }
}

/// All that a snapshot says, to compare it with another.
struct Contents: Equatable {
  var header: SnapshotHeader
  var sections: [SnapshotReader.SectionInfo]
  var sectionBytes: [[UInt8]]
  var pages: [[UInt8]]

  init(_ reader: SnapshotReader) throws(SnapshotError) {
    header = reader.header
    sections = reader.sections
    sectionBytes = []
    pages = []
    for section in sections { sectionBytes.append(try reader.requiredSection(section.id)) }
    for number in 0...reader.pageCount {
      pages.append(try reader.page(PageReference(rawValue: number)))
    }
    try reader.verify()
  }
}
