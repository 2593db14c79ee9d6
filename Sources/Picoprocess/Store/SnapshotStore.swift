import HostABI
import Machine
import PosixHost
import Snapshot

/// The blocks in a store, as one process sees them.
///
/// Nothing in a store is trusted. What an index says of a block is believed only after the block was read and
/// compared with it, once in a process.
final class SnapshotStore {
  let layout: StoreLayout
  /// Of a sealed store; nil: nothing in it can be read, though what nothing refers to can be removed.
  let key: StoreKey?

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

  init(_ layout: StoreLayout, _ key: StoreKey?) {
    self.layout = layout
    self.key = key
  }

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
        if let known = known[name] {
          pack = known
        } else {
          pack = try PackFile(layout.packs, name, isSealed: layout.isSealed, key)
        }
        packs.append(pack)
        for entry in pack.entries { enter(entry, .pack(packs.count - 1, entry)) }
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

  /// Why a block of a pack, by its number there, is not what its index says; nil if it is. Without the key of a sealed
  /// store that is only whether its bytes are those that were written.
  func fault(in index: Int, of pack: PackFile) -> SnapshotError? {
    if let sealed = pack.sealed?.entries[index] {
      do throws(SnapshotError) {
        let bytes = try pack.input.bytes(at: sealed.offset, Int(sealed.byteCount))
        guard Digest(of: bytes[...]) == sealed.digest else {
          return .malformed("a sealed block is not what was written")
        }
      } catch { return error }
    }
    return pack.entries.isEmpty ? nil : fault(in: pack.entries[index], of: pack)
  }

  /// Why a block of a pack is not what its index says; nil if it is.
  func fault(in entry: PackIndex.Entry, of pack: PackFile) -> SnapshotError? {
    do throws(SnapshotError) {
      let contents = try coder.contents(of: entry.block, try pack.input.contents(of: entry, key))
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
      let writer = try writer()
      let entry = try writer.append(block, stored, pages: pages)
      places[block.digest] = .pending(writer, entry)
    }
    trusted.insert(block.digest)
  }

  /// The pack in the making that has room.
  private func writer() throws(HostError) -> PackWriter {
    if let last = pending.last, !last.isFull { return last }
    let writer = try PackWriter(layout, key)
    pending.append(writer)
    return writer
  }

  /// Copies a block of a pack, which is to be removed, to one in the making. What the block is need not be known.
  ///
  /// - Parameter index: its number in the pack.
  /// - Returns: why it can't be copied, since it is damaged; nil if it was.
  func copy(_ index: Int, of pack: PackFile) throws(Failure) -> SnapshotError? {
    if let fault = fault(in: index, of: pack) { return fault }
    let bytes: [UInt8]
    do throws(SnapshotError) {
      let block = pack.blocks[index]
      bytes = try pack.input.bytes(at: block.offset, Int(block.byteCount))
    } catch { return error }
    try withFailure(layout.path) { () throws(HostError) in
      if let entry = pack.sealed?.entries[index] {
        try writer().appendCopy(entry, bytes)
      } else {
        let entry = pack.entries[index]
        _ = try writer().append(entry.block, bytes, pages: entry.pages)
      }
    }
    return nil
  }

  /// Where the contents of a block are; nil if the store lacks them.
  func packed(_ block: BlockDescriptor) -> (pack: any PackBytes, entry: PackIndex.Entry)? {
    switch places[block.digest] {
    case nil: nil
    case .pack(let pack, let entry): (packs[pack].input, entry)
    case .pending(let writer, let entry): (writer, entry)
    }
  }

  /// The contents of a block, checked and decompressed.
  func contents(of block: BlockDescriptor) throws(SnapshotError) -> [UInt8] {
    guard let (pack, entry) = packed(block), entry.block.storedSize == block.storedSize else {
      throw .readFailed("the store lacks the contents \(block.digest)")
    }
    return try coder.contents(of: block, try pack.contents(of: entry, key))
  }

  /// Bytes of the store in which a block's contents are; 0 if it lacks them.
  func storedSize(of block: BlockDescriptor) -> UInt64 {
    places[block.digest] == nil ? 0 : block.storedSize
  }

  // MARK: Commit

  /// Reads back all blocks that were added.
  func verifyPending() throws(SnapshotError) {
    for writer in pending {
      writer.beginWriteback()
      for entry in writer.entries {
        guard Digest(of: try writer.contents(of: entry, key)[...]) == entry.block.digest else {
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
