import HostABI
import LibOS
import PosixHost
import Snapshot

/// Puts a snapshot into a store as it arrives.
///
/// Pages that the store has are not stored again: the new snapshot takes the chunks that have them, and so has
/// pages in its store that none of its maps refers to. An increment becomes a whole snapshot.
final class StoreWriter: SnapshotSink {
  private let store: SnapshotStore
  private let path: StorePath
  private let lock: FileLock
  private let coder: BlockCoder
  /// What the snapshot may be an increment to.
  private let chain: StoreChain

  private let workers: WorkerThreads?
  private var splitter = SnapshotSplitter()
  /// Blocks of the snapshot that are being decoded.
  private var arriving: OrderedWork<Result<DecodedBlock, SnapshotError>>
  /// Chunks for the store that are being encoded.
  private var leaving: OrderedWork<Result<EncodedChunk, SnapshotError>>
  private var header: SnapshotHeader?
  /// Those of page maps, by number; all others go into the store at once.
  private var mapSections: [UInt32: [UInt8]] = [:]
  private var mapSize = 0
  private var blocks: [BlockDescriptor] = []
  /// Where the pages of the chain are, in the order of their numbers.
  private var pages: [PagePlace]
  private var chunk: ChunkInTheMaking
  private var finished: (manifest: SnapshotManifest, end: SnapshotEnd)?

  /// Bytes of all page maps: more than a message has room for.
  private static let mapLimit = 2 << 30

  init(
    _ store: SnapshotStore, _ path: StorePath, _ compression: Compression,
    _ chain: StoreChain = StoreChain()
  ) throws(Failure) {
    self.store = store
    self.path = path
    self.chain = chain
    pages = chain.pages
    lock = try withFailure("\(path)") { () throws(HostError) in try store.layout.locked(.shared) }
    try store.refresh()
    coder = BlockCoder(compression)
    workers = SnapshotWorkers.threads(isNice: true)
    arriving = OrderedWork(workers)
    leaving = OrderedWork(workers)
    chunk = ChunkInTheMaking(store.beginChunk())
  }

  deinit { workers?.end() }

  private struct DecodedBlock: Sendable {
    let block: BlockDescriptor
    let stored: [UInt8]
    let contents: [UInt8]
    /// Of a page chunk: the digest of each page.
    let pages: [Digest]
  }

  private struct EncodedChunk: Sendable {
    let chunk: ChunkInTheMaking
    let block: BlockDescriptor
    let stored: [UInt8]
  }

  func write(_ bytes: RawSpan) throws(Failure) {
    splitter.append(bytes)
    while let item = try checked({ () throws(SnapshotError) in try splitter.next() }) {
      try take(item)
    }
  }

  private func take(_ item: SnapshotSplitter.Item) throws(Failure) {
    switch item {
    case .header(var header):
      guard header.parent?.contentDigest == chain.digest,
        header.parent?.pageCount ?? 0 == UInt64(chain.pages.count)
      else { throw Failure("\(path): it is an increment to another snapshot") }
      header.parent = nil
      self.header = header
    case .block(let block, let stored):
      let coder = coder
      arriving.append {
        Result { () throws(SnapshotError) in
          let contents = try coder.contents(of: block, stored)
          let pages =
            block.kind == .pageChunk
            ? (0..<(contents.count / Page.size)).map { Digest(ofPageIn: contents, at: $0) } : []
          return DecodedBlock(block: block, stored: stored, contents: contents, pages: pages)
        }
      }
      while arriving.isFull { try takeDecoded() }
    }
  }

  /// Takes the next decoded block; false if there is none.
  @discardableResult
  private func takeDecoded() throws(Failure) -> Bool {
    guard let result = arriving.next() else { return false }
    let decoded = try checked { () throws(SnapshotError) in try result.get() }
    let block = decoded.block
    if block.kind == .pageChunk {
      try takePages(decoded)
    } else if PageMapSections.numbers.contains(block.id) {
      mapSize += decoded.contents.count
      guard mapSize <= Self.mapLimit else { throw Failure("\(path): its page maps are too long") }
      mapSections[block.id] = decoded.contents
    } else if block.isCompressed {
      try add(block, decoded.stored)
    } else {
      try addSection(block.id, isCritical: block.isCritical, decoded.contents)
    }
    return true
  }

  private func takePages(_ decoded: DecodedBlock) throws(Failure) {
    for (slot, digest) in decoded.pages.enumerated() {
      if digest == .zeroPage {
        pages.append(.zero)
      } else if let place = store.place(of: digest) {
        pages.append(place)
      } else {
        pages.append(try addPage(decoded.contents, slot, digest))
      }
    }
  }

  /// Adds a page to the chunk in the making.
  private func addPage(_ contents: [UInt8], _ slot: Int, _ digest: Digest) throws(Failure)
    -> PagePlace
  {
    let page = contents[(slot * Page.size)..<((slot + 1) * Page.size)]
    let place = chunk.append(page, digest)
    store.enter(digest, at: place)
    if chunk.isFull { try endChunk() }
    return place
  }

  private func endChunk() throws(Failure) {
    chunk.pad()
    let coder = coder
    let ended = chunk
    chunk = ChunkInTheMaking(store.beginChunk())
    leaving.append {
      Result { () throws(SnapshotError) in
        let (block, stored) = try coder.pageChunk(ended.contents)
        return EncodedChunk(chunk: ended, block: block, stored: stored)
      }
    }
    while leaving.isFull { try storeChunk() }
  }

  /// Stores the next encoded chunk; false if there is none.
  @discardableResult
  private func storeChunk() throws(Failure) -> Bool {
    guard let result = leaving.next() else { return false }
    let encoded = try checked { () throws(SnapshotError) in try result.get() }
    try store.add(encoded.block, encoded.stored, pages: encoded.chunk.pages)
    store.endChunk(encoded.chunk.number, encoded.block)
    chain.own.insert(encoded.chunk.number)
    return true
  }

  private func addSection(_ id: UInt32, isCritical: Bool, _ contents: [UInt8]) throws(Failure) {
    let (block, stored) = try checked { () throws(SnapshotError) in
      try coder.section(id, isCritical: isCritical, contents)
    }
    try add(block, stored)
  }

  private func add(_ section: BlockDescriptor, _ stored: [UInt8]) throws(Failure) {
    try store.add(section, stored, pages: [])
    blocks.append(section)
  }

  private func checked<R>(_ body: () throws(SnapshotError) -> R) throws(Failure) -> R {
    do throws(SnapshotError) { return try body() } catch { throw unusable("\(path)", error) }
  }

  /// - Parameter parent: not needed: the chain is known.
  func readBack(_ parent: SnapshotReader?) throws(Failure) -> SnapshotReader {
    while try takeDecoded() {}
    let end = try checked { () throws(SnapshotError) in
      let end = try splitter.finish()
      guard end.signature == nil else { throw .malformed("it is signed already") }
      return end
    }
    let manifest = try manifest(end)
    finished = (manifest, end)
    return try checked { () throws(SnapshotError) in
      try store.verifyPending()
      return try SnapshotReader(ManifestSource(manifest, try SnapshotBlocks(manifest, store)))
    }
  }

  /// Gives the pages the numbers that follow from their chunks.
  private func manifest(_ end: SnapshotEnd) throws(Failure) -> SnapshotManifest {
    let maps = try checked { () throws(SnapshotError) in
      try PageMapSections(mapSections, storedPages: UInt64(pages.count))
    }
    if chain.compacts {
      while try storeChunk() {}
      try compact(maps)
    }
    if !chunk.isEmpty { try endChunk() }
    while try storeChunk() {}

    var order: [Int32] = []
    var ranks: [Int32: UInt64] = [:]
    var livePages = 0
    maps.forEachReference { reference in
      livePages += 1
      let chunk = pages[Int(reference.rawValue - 1)].chunk
      guard chunk >= 0, ranks[chunk] == nil else { return }
      ranks[chunk] = UInt64(order.count)
      order.append(chunk)
    }
    let sections = try checked { () throws(SnapshotError) in
      try maps.sections { reference in
        let place = pages[Int(reference.rawValue - 1)]
        guard let rank = ranks[place.chunk] else { return .zero }
        let before = rank * UInt64(BlockDescriptor.pagesPerChunk)
        return PageReference(rawValue: before + UInt64(place.slot) + 1)
      }
    }
    for number in order {
      guard let block = store.chunk(number), store.holds(block) else {
        throw Failure("\(path): pages of the last checkpoint have gone from the store")
      }
      blocks.append(block)
    }
    for (number, contents) in sections { try addSection(number, isCritical: true, contents) }
    chain.prepare(pages, livePages: livePages)
    guard let header else { throw Failure("\(path): it has no header") }
    return try checked { () throws(SnapshotError) in
      try SnapshotManifest(header, blocks, id: end.id)
    }
  }

  /// Copies pages out of chunks of which the snapshot uses less than half, so that the last snapshot of a chain of
  /// any length needs at most twice the room of its pages.
  private func compact(_ maps: PageMapSections) throws(Failure) {
    // A bit for each page of a chunk.
    var used: [Int32: UInt64] = [:]
    maps.forEachReference { reference in
      let place = pages[Int(reference.rawValue - 1)]
      if chain.own.contains(place.chunk) {
        used[place.chunk, default: 0] |= 1 << UInt64(place.slot)
      }
    }
    var moved: [PagePlace: PagePlace] = [:]
    for (number, slots) in used.sorted(by: { $0.key < $1.key })
    where slots.nonzeroBitCount < BlockDescriptor.pagesPerChunk / 2 {
      guard let block = store.chunk(number) else { continue }
      let contents = try checked { () throws(SnapshotError) in try store.contents(of: block) }
      for slot in 0..<BlockDescriptor.pagesPerChunk where slots & 1 << UInt64(slot) != 0 {
        moved[PagePlace(chunk: number, slot: UInt8(slot))] = try addPage(
          contents, slot, Digest(ofPageIn: contents, at: slot))
      }
      chain.own.remove(number)
    }
    if moved.isEmpty { return }
    for index in pages.indices { if let place = moved[pages[index]] { pages[index] = place } }
  }

  func commit(signature: [UInt8]) throws(Failure) {
    guard let finished else { throw Failure("\(path): it was not read back") }
    var manifest = finished.manifest
    manifest.signatureBlock = signature
    try store.commitPending()
    try store.commit(manifest, as: path.name)
    chain.advance(to: finished.end.contentDigest)
  }
}
