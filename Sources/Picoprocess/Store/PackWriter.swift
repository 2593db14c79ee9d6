import HostABI
import Machine
import PosixHost
import Snapshot

/// A pack in the making, which has no name yet.
final class PackWriter {
  private let file: AtomicFile
  private let input: InputFile
  private(set) var index = PackIndex()

  /// Bytes of blocks, and of an index, from where on another pack is begun.
  private static let sizeLimit: UInt64 = 1 << 30
  private static let indexLimit = 64 << 20

  init(_ layout: StoreLayout) throws(HostError) {
    // Names are in the order of time: of two packs with the same block the later one is read.
    let name =
      Self.digits(UInt64(max(0, HostProcess.realTime))) + "-"
      + Self.digits(.random(in: .min ... .max)) + PackFile.suffix
    let file = try AtomicFile(replacing: layout.packs + "/" + name)
    self.file = file
    try PackIndex.header.withRawSpan { (bytes) throws(HostError) in try file.write(bytes) }
    input = try file.input()
  }

  private static func digits(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  var isFull: Bool { index.end > Self.sizeLimit || index.byteCount > Self.indexLimit }

  func append(_ block: BlockDescriptor, _ stored: [UInt8], pages: [Digest]) throws(HostError)
    -> PackIndex.Entry
  {
    try stored.withRawSpan { (bytes) throws(HostError) in try file.write(bytes) }
    index.append(block, pages: pages)
    return index.entries[index.entries.count - 1]
  }

  func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(SnapshotError) {
    try PackFile.read(input, at: offset, into: &buffer)
  }

  /// Has the host begin to bring to storage what was written so far.
  func beginWriteback() { file.beginWriteback() }

  /// Writes the index, brings all to storage and gives the pack its name.
  func commit() throws(HostError) {
    try index.encoded.withRawSpan { (bytes) throws(HostError) in try file.write(bytes) }
    try file.commit()
  }
}
