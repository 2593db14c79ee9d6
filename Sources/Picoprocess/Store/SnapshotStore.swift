import HostABI
import Machine
import PosixHost
import Snapshot

/// The blocks in a store, as one process sees them.
///
/// Nothing in a store is trusted. What an index says of a block is believed only after the block was read and
/// compared with it, once in a process.
final class SnapshotStore: BlockContents {
  let layout: StoreLayout

  /// Where the contents of a block are.
  private enum Place {
    /// In a pack, by its number.
    case pack(Int, PackIndex.Entry)
    case pending(PackWriter, PackIndex.Entry)
  }

  private(set) var packs: [PackFile] = []
  /// Packs that can't be read, each with the reason.
  private(set) var faults: [(name: String, reason: SnapshotError)] = []
  private var places: [Digest: Place] = [:]
  private var pages: [Digest: PagePlace] = [:]
  /// All page chunks that were ever met, so that a number stands for one. Nil for one that is being filled.
  private var chunks: [BlockDescriptor?] = []
  private var chunkNumbers: [Digest: Int32] = [:]
  /// The blocks that this process has written or checked.
  private var trusted: Set<Digest> = []
  /// The packs in the making; blocks go to the last one.
  private var pending: [PackWriter] = []
  private let coder = BlockCoder(.none)

  init(_ layout: StoreLayout) { self.layout = layout }

  /// Reads the indexes of packs that came, and forgets packs that went. A lock must be held.
  func refresh() throws(Failure) {
    let names = try withFailure(layout.path) { () throws(HostError) in
      try directoryNames(layout.packs)
    }.map { String(decoding: $0, as: UTF8.self) }
      .filter { $0.hasSuffix(PackFile.suffix) && !$0.hasPrefix(".") }
    if names == packs.map(\.name), faults.isEmpty { return }
    let known = Dictionary(packs.map { ($0.name, $0) }) { first, _ in first }
    packs = []
    faults = []
    places = [:]
    pages = [:]
    for name in names {
      do throws(SnapshotError) {
        let pack: PackFile
        if let known = known[name] { pack = known } else { pack = try PackFile(layout.packs, name) }
        packs.append(pack)
        for entry in pack.index.entries { enter(entry, .pack(packs.count - 1, entry)) }
      } catch { faults.append((name, error)) }
    }
  }

  private func enter(_ entry: PackIndex.Entry, _ place: Place) {
    places[entry.block.digest] = place
    guard entry.pages.count == BlockDescriptor.pagesPerChunk else { return }
    let chunk = number(of: entry.block)
    for (slot, page) in entry.pages.enumerated() where page != .zeroPage {
      pages[page] = PagePlace(chunk: chunk, slot: UInt8(slot))
    }
  }

  // MARK: Chunks

  private func number(of chunk: BlockDescriptor) -> Int32 {
    if let number = chunkNumbers[chunk.digest] { return number }
    let number = beginChunk()
    endChunk(number, chunk)
    return number
  }

  /// The number of a chunk whose contents are not known yet.
  func beginChunk() -> Int32 {
    chunks.append(nil)
    return Int32(chunks.count - 1)
  }

  func endChunk(_ number: Int32, _ chunk: BlockDescriptor) {
    chunks[Int(number)] = chunk
    chunkNumbers[chunk.digest] = number
  }

  /// The chunk of that number; nil as long as it is being filled.
  func chunk(_ number: Int32) -> BlockDescriptor? { chunks[Int(number)] }

  /// Where a page is, if the store has it whole.
  func place(of page: Digest) -> PagePlace? {
    guard let place = pages[page] else { return nil }
    if let chunk = chunk(place.chunk), !holds(chunk) { return nil }
    // The index may have been wrong.
    return pages[page]
  }

  func enter(_ page: Digest, at place: PagePlace) { pages[page] = place }

  // MARK: Blocks

  /// Whether the store has the contents of a block, and they are whole.
  func holds(_ block: BlockDescriptor) -> Bool {
    switch places[block.digest] {
    case nil: return false
    case .pending: return true
    case .pack(let pack, let entry):
      if trusted.contains(block.digest) { return true }
      if entry.block.storedSize == block.storedSize, fault(in: entry, of: packs[pack]) == nil {
        trusted.insert(block.digest)
        return true
      }
      places[block.digest] = nil
      for page in entry.pages { pages[page] = nil }
      return false
    }
  }

  /// Why a block of a pack is not what its index says; nil if it is.
  func fault(in entry: PackIndex.Entry, of pack: PackFile) -> SnapshotError? {
    do throws(SnapshotError) {
      let contents = try coder.contents(of: entry.block, try pack.contents(of: entry))
      for (slot, page) in entry.pages.enumerated() {
        guard Digest(ofPageIn: contents, at: slot) == page else {
          throw .malformed("page \(slot) of a chunk is not the one in the index")
        }
      }
      return nil
    } catch { return error }
  }

  /// Adds a block, unless it is there.
  func add(_ block: BlockDescriptor, _ stored: [UInt8], pages: [Digest]) throws(Failure) {
    if holds(block) { return }
    try withFailure(layout.path) { () throws(HostError) in
      if pending.last?.isFull ?? true { pending.append(try PackWriter(layout)) }
      let writer = pending[pending.count - 1]
      let entry = try writer.append(block, stored, pages: pages)
      places[block.digest] = .pending(writer, entry)
    }
    trusted.insert(block.digest)
  }

  /// Adds a block that has a place in a pack, which is to be removed.
  func addCopy(_ entry: PackIndex.Entry, _ stored: [UInt8]) throws(Failure) {
    places[entry.block.digest] = nil
    try add(entry.block, stored, pages: entry.pages)
  }

  func read(_ block: BlockDescriptor, at offset: UInt64, into buffer: inout MutableRawSpan)
    throws(SnapshotError)
  {
    switch places[block.digest] {
    case .pack(let pack, let entry) where entry.block.storedSize == block.storedSize:
      try packs[pack].read(at: entry.offset + offset, into: &buffer)
    case .pending(let writer, let entry) where entry.block.storedSize == block.storedSize:
      try writer.read(at: entry.offset + offset, into: &buffer)
    default: throw .readFailed("the store lacks the contents \(block.digest)")
    }
  }

  /// The contents of a block, checked and decompressed.
  func contents(of block: BlockDescriptor) throws(SnapshotError) -> [UInt8] {
    try coder.contents(of: block, try stored(block))
  }

  private func stored(_ block: BlockDescriptor) throws(SnapshotError) -> [UInt8] {
    var stored = [UInt8](repeating: 0, count: Int(block.storedSize))
    try stored.withMutableRawSpan { (buffer) throws(SnapshotError) in
      try read(block, at: 0, into: &buffer)
    }
    return stored
  }

  /// Bytes of the store in which a block's contents are; 0 if it lacks them.
  func storedSize(of block: BlockDescriptor) -> UInt64 {
    places[block.digest] == nil ? 0 : block.storedSize
  }

  /// The number of the pack that has a block.
  func pack(of digest: Digest) -> Int? {
    if case .pack(let pack, _)? = places[digest] { pack } else { nil }
  }

  // MARK: Commit

  /// Reads back all blocks that were added.
  func verifyPending() throws(SnapshotError) {
    for writer in pending {
      writer.beginWriteback()
      for entry in writer.index.entries {
        guard Digest(of: try stored(entry.block)[...]) == entry.block.digest else {
          throw .malformed("a block is not what was written")
        }
      }
    }
  }

  /// Brings all blocks that were added to storage.
  func commitPending() throws(Failure) {
    for writer in pending {
      try withFailure(layout.path) { () throws(HostError) in try writer.commit() }
    }
    pending = []
    try refresh()
  }

  /// Bytes of a manifest: a table of contents, and little more.
  private static let manifestLimit: UInt64 = 260 << 20

  /// Reads the manifest of the snapshot `name`.
  func manifest(_ name: String) throws(Failure) -> SnapshotManifest {
    let path = try StorePath(layout.path, name: name)
    let bytes = try withFailure("\(path)") { () throws(HostError) in
      let file = try InputFile(layout.manifest(name))
      guard file.size <= Self.manifestLimit else { throw .fileTooLarge }
      return try file.read(at: 0, count: Int(file.size))
    }
    do throws(SnapshotError) { return try SnapshotManifest(decoding: bytes) } catch {
      throw Failure("\(path)", error)
    }
  }
}

extension SnapshotStore {
  /// The manifest of a snapshot that was listed; nil if somebody has removed it since, which takes no lock.
  func manifest(ifPresent name: String) throws(Failure) -> SnapshotManifest? {
    do throws(Failure) { return try manifest(name) } catch {
      guard try layout.names().contains(name) else { return nil }
      throw error
    }
  }
}

/// A page in a store: the number of its chunk, and its place in it.
struct PagePlace: Hashable {
  var chunk: Int32
  var slot: UInt8

  /// The page of zeroes, which is nowhere.
  static let zero = PagePlace(chunk: -1, slot: 0)
}

extension Digest {
  /// The digest of a page in the contents of a chunk.
  init(ofPageIn chunk: [UInt8], at slot: Int) {
    let page = chunk[(slot * Page.size)..<((slot + 1) * Page.size)]
    self = page.allSatisfy { $0 == 0 } ? .zeroPage : Digest(of: page)
  }
}
