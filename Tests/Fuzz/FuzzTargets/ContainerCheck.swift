import LibOS
import LibOSState
import Machine
import Snapshot

/// Reads the container in both ways, which must agree on what it says and on whether it is whole.
enum ContainerCheck {
  /// All that a snapshot says. What is in its parents is left out.
  private struct Contents: Equatable {
    struct Section: Equatable {
      var id: UInt32
      var isCritical: Bool
      var bytes: [UInt8]
    }

    var header: SnapshotHeader
    var id: SnapshotID
    var contentDigest: Digest
    var signature: [UInt8]?
    var sections: [Section] = []
    var pages: [UInt8] = []
  }

  static func run(_ bytes: [UInt8]) throws(SnapshotError) {
    var file: Contents?
    var fileError: SnapshotError?
    do throws(SnapshotError) { file = try read(SnapshotReader(SnapshotBytes(bytes))) } catch {
      fileError = error
    }
    let stream = try? readStream(bytes)
    guard file == stream else { fatalError("the two ways to read it differ: \(fileError as Any)") }
    checkSignature(bytes)
    if let fileError { throw fileError }
    try checkPageMaps(SnapshotReader(SnapshotBytes(bytes)))
  }

  private static func read(_ reader: SnapshotReader) throws(SnapshotError) -> Contents {
    var contents = Contents(
      header: reader.header, id: reader.id, contentDigest: reader.contentDigest,
      signature: reader.signatureBytes)
    for section in reader.sections {
      contents.sections.append(
        Contents.Section(
          id: section.id, isCritical: section.isCritical,
          bytes: try reader.requiredSection(section.id)))
    }
    let first = reader.pageCount - reader.storedPageCount
    var page = [UInt8](repeating: 0, count: Page.size)
    for number in first..<reader.pageCount {
      try page.withMutableRawSpan { (span) throws(SnapshotError) in
        try reader.page(PageReference(rawValue: number + 1), into: &span)
      }
      contents.pages += page
    }
    try reader.verifyStored()
    _ = reader.signature
    // None is an increment to itself.
    guard (try? SnapshotReader(reader, parent: reader)) == nil else { fatalError("its own parent") }
    if reader.header.parent == nil { try reader.verify() }
    return contents
  }

  private static func readStream(_ bytes: [UInt8]) throws(SnapshotError) -> Contents {
    var rest = bytes[...]
    let stream = try SnapshotStream { (limit) throws(SnapshotError) in
      let piece = rest.prefix(min(limit, 1000))
      rest = rest.dropFirst(piece.count)
      return Array(piece)
    }
    var contents = Contents(
      header: stream.header, id: SnapshotID(high: 0, low: 0), contentDigest: .zeroPage)
    while true {
      switch try stream.next() {
      case .section(let id, let isCritical, let bytes):
        contents.sections.append(.init(id: id, isCritical: isCritical, bytes: bytes))
      case .pages(_, let bytes): contents.pages += bytes
      case .end(let id, let digest, let signature):
        contents.id = id
        contents.contentDigest = digest
        contents.signature = signature
        return contents
      }
    }
  }

  /// What is at the end of the file, also as a signature and as a file of keys without a snapshot.
  private static func checkSignature(_ bytes: [UInt8]) {
    let end = Array(bytes.suffix(512))
    for start in 0..<min(end.count, 512) where end[start...].starts(with: "SSHSIG".utf8) {
      _ = try? SSHSignature(decoding: Array(end[start...]))
    }
    _ = try? KnownKeys(end)
  }

  /// A map that can be read has one encoding.
  private static func checkPageMaps(_ reader: SnapshotReader) throws(SnapshotError) {
    let maps: Godwit_State_PageMaps = try StateLoader.section(.pageMaps, reader)
    _ = try SavedPages(maps)
    for owner in maps.owners {
      let map = try PageMap(
        decoding: Array(owner.pages), storedPages: reader.pageCount, limit: 1 << 36)
      guard map.encoded == Array(owner.pages) else { fatalError("a page map of two encodings") }
    }
  }
}
