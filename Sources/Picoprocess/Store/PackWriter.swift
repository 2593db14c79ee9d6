import HostABI
import Machine
import PosixHost
import Snapshot

/// A pack in the making, which has no name yet.
final class PackWriter: PackBytes {
  private let file: AtomicFile
  private let input: PackInput
  private let isSealed: Bool
  private let key: StoreKey?
  private var index = PackIndex()
  /// The index of a pack of a sealed store.
  private var sealed = SealedPackIndex()
  /// The blocks that were appended and are known, in order.
  private(set) var entries: [PackIndex.Entry] = []

  /// Bytes of blocks, and of an index, from where on another pack is begun.
  private static let sizeLimit: UInt64 = 1 << 30
  private static let indexLimit = 64 << 20

  /// - Parameter key: of a sealed store; without it, only `appendCopy` is possible there.
  init(_ layout: StoreLayout, _ key: StoreKey?) throws(HostError) {
    self.key = key
    // Names are in the order of time: of two packs with the same block the later one is read.
    let name =
      Self.digits(UInt64(max(0, HostProcess.realTime))) + "-"
      + Self.digits(.random(in: .min ... .max)) + PackFile.suffix
    let file = try AtomicFile(replacing: layout.packs + "/" + name)
    self.file = file
    isSealed = layout.isSealed
    try file.write(PackIndex.header(isSealed: isSealed))
    input = PackInput(try file.input())
  }

  private static func digits(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  var isFull: Bool {
    let (end, count) =
      isSealed ? (sealed.end, sealed.byteCount) : (index.end, index.byteCount)
    return end > Self.sizeLimit || count > Self.indexLimit
  }

  func append(_ block: BlockDescriptor, _ stored: [UInt8], pages: [Digest]) throws(HostError)
    -> PackIndex.Entry
  {
    let entry: PackIndex.Entry
    if let key {
      entry = PackIndex.Entry(block: block, pages: pages, offset: sealed.end)
      let name = key.name(of: block.digest)
      let contents = key.seal(stored, .contents(name))
      try write(contents)
      sealed.append(
        name, digest: Digest(of: contents[...]), byteCount: UInt64(contents.count),
        description: key.seal(entry.description, .description(name)))
    } else {
      try write(stored)
      entry = index.append(block, pages: pages)
    }
    entries.append(entry)
    return entry
  }

  /// Appends a block of another pack of a sealed store, with its bytes there.
  func appendCopy(_ entry: SealedPackIndex.Entry, _ bytes: [UInt8]) throws(HostError) {
    try write(bytes)
    sealed.append(
      entry.name, digest: entry.digest, byteCount: entry.byteCount, description: entry.description)
  }

  private func write(_ bytes: [UInt8]) throws(HostError) { try file.write(bytes) }

  func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(SnapshotError) {
    try input.read(at: offset, into: &buffer)
  }

  /// Has the host begin to bring to storage what was written so far.
  func beginWriteback() { file.beginWriteback() }

  /// Writes the index, brings all to storage and gives the pack its name.
  func commit() throws(HostError) {
    try write(isSealed ? sealed.encoded : index.encoded)
    try file.commit()
  }
}
