import Snapshot
import TestSupport
import Testing
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
  creationSeconds: 1_700_000_000, creationNanoseconds: 123_456_789, guestISA: "aarch64",
  libraryOSVersion: "0.1.0", abiVersion: 3, requiredFeatures: ["threads", "overlay"],
  hostNote: "written on a x86_64 host, Grüße")

let someID = SnapshotID(high: 0x0123_4567_89ab_cdef, low: 42)

/// Calls `body` with a writer and gives the bytes of the finished snapshot.
func write(
  _ header: SnapshotHeader = someHeader, _ compression: Compression = .standard,
  id: SnapshotID = someID, _ body: (SnapshotWriter) throws -> Void
) throws -> [UInt8] {
  let output = Output()
  let writer = try SnapshotWriter(header, compression: compression) { output.bytes.append($0) }
  try body(writer)
  _ = try writer.finish(id: id)
  #expect(writer.bytesWritten == UInt64(output.bytes.count))
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
  convenience init(_ bytes: [UInt8], parent: SnapshotReader? = nil) throws(SnapshotError) {
    try self.init(SnapshotBytes(bytes), parent: parent)
  }

  func page(_ reference: PageReference) throws(SnapshotError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0xee, count: 4096)
    try buffer.lendMutable { bytes throws(SnapshotError) in
      try page(reference, into: &bytes)
    }
    return buffer
  }

  /// The link of an increment to this.
  func link(_ name: String) throws(SnapshotError) -> ParentLink {
    try ParentLink(id: id, contentDigest: contentDigest, pageCount: pageCount, name: name)
  }
}

extension SnapshotStream {
  /// Reads from memory, at most `pieceSize` bytes at a time.
  convenience init(_ bytes: [UInt8], pieceSize: Int = .max) throws(SnapshotError) {
    var rest = bytes[...]
    try self.init { limit in
      let piece = rest.prefix(min(limit, pieceSize))
      rest = rest.dropFirst(piece.count)
      return Array(piece)
    }
  }
}

/// All that one file says, to compare it with another.
struct Contents: Equatable {
  struct Section: Equatable {
    var id: UInt32
    var isCritical: Bool
    var bytes: [UInt8]
  }

  var header: SnapshotHeader
  var id = SnapshotID(high: 0, low: 0)
  var contentDigest = Digest.zeroPage
  var signature: [UInt8]?
  var sections: [Section] = []
  /// By reference; not those of parents.
  var pages: [UInt64: [UInt8]] = [:]

  init(_ reader: SnapshotReader) throws(SnapshotError) {
    header = reader.header
    id = reader.id
    contentDigest = reader.contentDigest
    signature = reader.signatureBytes
    for section in reader.sections {
      sections.append(
        Section(
          id: section.id, isCritical: section.isCritical,
          bytes: try reader.requiredSection(section.id)))
    }
    let first = reader.pageCount - reader.storedPageCount
    for number in first..<reader.pageCount {
      pages[number + 1] = try reader.page(PageReference(rawValue: number + 1))
    }
    try reader.verifyStored()
  }

  init(_ stream: SnapshotStream) throws(SnapshotError) {
    header = stream.header
    while true {
      switch try stream.next() {
      case .section(let id, let isCritical, let bytes):
        sections.append(Section(id: id, isCritical: isCritical, bytes: bytes))
      case .pages(let first, let bytes):
        for index in 0..<(bytes.count / 4096) {
          pages[first.rawValue + UInt64(index)] = Array(bytes[index * 4096..<(index + 1) * 4096])
        }
      case .end(let id, let digest, let signature):
        self.id = id
        contentDigest = digest
        self.signature = signature
        return
      }
    }
  }
}

/// Reads a file in both ways, which must agree on whether it is good, and on what it says if it is.
///
/// - Returns: the error of each, if there is one.
func readBothWays(_ bytes: [UInt8], _ context: String = "")
  -> (contents: Contents?, file: SnapshotError?, stream: SnapshotError?)
{
  var contents: Contents?
  var streamed: Contents?
  var fileError: SnapshotError?
  var streamError: SnapshotError?
  do throws(SnapshotError) { contents = try Contents(try SnapshotReader(bytes)) } catch {
    fileError = error
  }
  do throws(SnapshotError) { streamed = try Contents(try SnapshotStream(bytes)) } catch {
    streamError = error
  }
  #expect(
    contents == streamed,
    "\(context): \(String(describing: fileError)), \(String(describing: streamError))")
  return (contents, fileError, streamError)
}
