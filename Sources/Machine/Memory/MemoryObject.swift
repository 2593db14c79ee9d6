/// The source of a memory object's pages, usually a file.
package protocol PageSource: AnyObject {
  /// Fills `buffer` with the bytes at `offset`; bytes beyond the end of the source are left unchanged.
  /// Returns `false` if the source cannot be read (the guest gets SIGBUS).
  func readPages(at offset: UInt64, into buffer: inout MutableRawSpan) -> Bool

  /// Whether the content never changes, so that pages may be kept for the next process that maps them.
  var isLasting: Bool { get }
}

extension PageSource {
  package var isLasting: Bool { false }
}

/// Memory that several mappings and file descriptors may share: the page cache of one file, a tmpfs
/// file, an anonymous shared mapping.
///
/// A page is either held in a frame, or comes from the source (zeroes without one). Mappings, `read` and
/// `write` use the same frames, so they are coherent as in Linux.
package final class MemoryObject {
  package let arena: FrameArena
  /// The owner of the bytes, shown in lists of mappings: a file's inode.
  package weak var owner: AnyObject?
  package private(set) var source: (any PageSource)?
  /// Length in bytes; pages beyond it give SIGBUS.
  package private(set) var size: UInt64
  /// The number of bytes at the front that come from the source; truncated ones do not come back.
  package private(set) var sourceSize: UInt64
  /// The pages that it holds; dirty ones differ from the source.
  package private(set) var pages: PageTable<16>
  package let lineage: PageLineage
  /// Called when the guest writes through a shared mapping, for the first time since `forgetMappedWrites`.
  package var onMappedWrite: (() -> Void)?
  /// It was called.
  package var hasMappedWrites = false
  /// The address spaces that map it, or have mapped it.
  private var mappers: [ObjectIdentifier: WeakSpace] = [:]
  /// The size of `mappers` at which freed ones are removed.
  private var mapperLimit = 16

  private struct WeakSpace { weak var space: AddressSpace? }

  package init(arena: FrameArena, source: (any PageSource)? = nil, size: UInt64 = 0) {
    self.arena = arena
    pages = PageTable(arena)
    lineage = PageLineage(arena)
    self.source = source
    self.size = size
    self.sourceSize = source == nil ? 0 : size
    if isCached { arena.addCache(self) }
  }

  /// Whether pages read for a private mapping are kept for other processes.
  package var isCached: Bool { source?.isLasting ?? false }

  /// Drops pages that are not mapped and can be read from the source again.
  package func dropCachedPages() {
    guard isCached else { return }
    for index in pages.pages(in: Self.allPages) {
      if pages[index].isDirty || arena.isShared(pages[index].frame) { continue }
      arena.release(pages.remove(index).frame)
    }
  }

  deinit {
    pages.releaseAll()
  }

  private static let allPages = 0..<UInt64.max >> 12

  /// The pages that differ from the source, ascending.
  package var dirtyPages: [UInt64] {
    pages.pages(in: Self.allPages).filter { pages[$0].isDirty }
  }

  /// How many pages differ from the source.
  package var dirtyPageCount: Int { pages.count(where: \.isDirty) }

  // MARK: Pages

  /// The frame of page `index`, allocated and filled if absent; `nil` at the memory limit, or if the source
  /// fails. `isWrite` marks it dirty.
  package func frame(_ index: UInt64, isWrite: Bool) -> Frame? {
    var page = pages[index]
    if page.isPresent {
      arena.require(page.frame)
      guard isWrite, !page.isWritten(in: arena.epoch) else { return page.frame }
      if isInView(page) { arena.makeRoomForViews() }
      if isInView(page) {
        guard let copy = arena.allocate() else { return nil }
        arena.copy(from: page.frame, to: copy)
        leave(page.frame, index)
        page.frame = copy
      }
      arena.markWritten(&page)
      pages[index] = page
      return page.frame
    }
    guard let frame = arena.allocate() else { return nil }
    guard fill(frame, from: index) else {
      arena.release(frame)
      return nil
    }
    page = PageTableEntry(frame: frame, permissions: [])
    if isWrite { arena.markWritten(&page) }
    pages[index] = page
    return frame
  }

  /// Whether an active view has the frame of a page.
  private func isInView(_ page: PageTableEntry) -> Bool {
    guard let newest = arena.newestViewEpoch else { return false }
    return page.isDirty && page.epoch < newest
  }

  /// Unmaps page `index` everywhere and drops the object's reference to its frame, which the views keep.
  private func leave(_ old: Frame, _ index: UInt64) {
    for mapper in mappers.values {
      mapper.space?.dropPages(of: self, in: index..<(index + 1), false)
    }
    pages.thaw(index)
    arena.release(old)
  }

  /// Fills a zeroed frame with page `index` of the source.
  package func fill(_ frame: Frame, from index: UInt64) -> Bool {
    let offset = index << 12
    guard let source, offset < sourceSize else { return true }
    let count = Int(min(UInt64(Frame.size), sourceSize - offset))
    return arena.withMutableBytes(frame, offset: 0, count: count) {
      source.readPages(at: offset, into: &$0)
    }
  }

  package func heldFrame(_ index: UInt64) -> Frame? {
    let page = pages[index]
    return page.isPresent ? page.frame : nil
  }

  /// Restores a page. Takes over the caller's reference.
  package func restorePage(_ index: UInt64, frame: Frame, isDirty: Bool) {
    let old = pages[index]
    var page = PageTableEntry(frame: frame, permissions: [])
    page.isDirty = isDirty
    pages[index] = page
    if old.isPresent { arena.release(old.frame) }
  }

  package func restore(source: (any PageSource)?, sourceSize: UInt64, size: UInt64) {
    self.source = source
    self.sourceSize = sourceSize
    self.size = size
    if isCached { arena.addCache(self) }
  }

  // MARK: Bytes

  /// Copies bytes at `offset` into `buffer`; returns their number, which is smaller at the end of the object,
  /// or `nil` if the source fails before the first byte.
  package func read(at offset: UInt64, into buffer: inout MutableRawSpan) -> Int? {
    guard offset < size else { return 0 }
    let total = Int(min(UInt64(buffer.byteCount), size - offset))
    var done = 0
    while done < total {
      let position = offset + UInt64(done)
      let index = position >> 12
      let inPage = Int(position & 4095)
      if let frame = heldFrame(index) {
        arena.require(frame)
        let count = min(Frame.size - inPage, total - done)
        arena.withBytes(frame, offset: inPage, count: count) {
          buffer.copy(from: $0, at: done)
        }
        done += count
        continue
      }
      // Pages that are not held are read directly from the source.
      var end = (index + 1) << 12
      while end < offset + UInt64(total), !pages[end >> 12].isPresent { end += 4096 }
      let count = Int(min(end, offset + UInt64(total)) - position)
      var part = buffer._mutatingExtracting(done..<(done + count))
      part.fill(0, in: 0..<count)
      if let source, position < sourceSize {
        let available = Int(min(UInt64(count), sourceSize - position))
        var front = part._mutatingExtracting(0..<available)
        guard source.readPages(at: position, into: &front) else { return done == 0 ? nil : done }
      }
      done += count
    }
    return done
  }

  /// Copies `bytes` to `offset`, growing the object; returns their number, which is smaller at the memory
  /// limit.
  package func write(at offset: UInt64, from bytes: RawSpan) -> Int {
    var done = 0
    while done < bytes.byteCount {
      let position = offset + UInt64(done)
      let inPage = Int(position & 4095)
      let count = min(Frame.size - inPage, bytes.byteCount - done)
      let index = position >> 12
      guard pages[index].isPresent || arena.hasRoomForFiles, let frame = frame(index, isWrite: true)
      else { break }
      arena.dropTranslations(of: frame)
      arena.withMutableBytes(frame, offset: inPage, count: count) {
        $0.copy(from: bytes.extracting(done..<(done + count)))
      }
      done += count
      size = max(size, position + UInt64(count))
    }
    return done
  }

  /// Where, from `offset` on, the first page begins that is held or comes from the source; `offset` in such a page;
  /// nil if there is none.
  package func nextData(from offset: UInt64) -> UInt64? {
    if offset < sourceSize || pages[offset >> 12].isPresent { return offset }
    return pages.pages(in: (offset >> 12)..<((size + 4095) >> 12)).first.map { $0 << 12 }
  }

  /// The same of pages that are neither; at the latest behind the last one.
  package func nextHole(from offset: UInt64) -> UInt64 {
    var page = max(offset, sourceSize) >> 12
    while pages[page].isPresent || page << 12 < sourceSize { page += 1 }
    return max(offset, page << 12)
  }

  /// Sets the length. Truncated bytes read as zeroes if the object grows again, and their mappings fault with
  /// SIGBUS.
  package func resize(to newSize: UInt64) {
    if newSize < size {
      drop(((newSize + 4095) >> 12)..<UInt64.max >> 12, withCopies: true)
      sourceSize = min(sourceSize, newSize)
      if newSize & 4095 != 0, let frame = frameToTrim(newSize >> 12) {
        arena.dropTranslations(of: frame)
        let from = Int(newSize & 4095)
        arena.withMutableBytes(frame, offset: 0, count: Frame.size) {
          $0.fill(0, in: from..<Frame.size)
        }
      }
    }
    size = newSize
  }

  /// The frame of a page whose end is cut off. A clean page stays clean: the source is cut off too.
  private func frameToTrim(_ index: UInt64) -> Frame? {
    let page = pages[index]
    return page.isPresent ? frame(index, isWrite: page.isDirty) : nil
  }

  /// Zeroes a range without changing the size (`FALLOC_FL_PUNCH_HOLE`); `false` at the memory limit.
  ///
  /// The work depends on the number of existing pages, here or in the source, not on the length of the range.
  ///
  /// - Parameter isZeroInSource: whether the range was already zeroed in the source.
  package func zero(_ range: Range<UInt64>, isZeroInSource: Bool = false) -> Bool {
    let range = range.clamped(to: 0..<size)
    guard !range.isEmpty else { return true }
    let firstWhole = (range.lowerBound + 4095) >> 12
    // The last page counts as whole up to the end of the object.
    let behindWhole = (range.upperBound == size ? range.upperBound + 4095 : range.upperBound) >> 12
    guard firstWhole < behindWhole else {
      let middle = min(firstWhole << 12, range.upperBound)
      return clear(range.lowerBound..<middle) && clear(middle..<range.upperBound)
    }
    guard clear(range.lowerBound..<(firstWhole << 12)),
      behindWhole << 12 >= range.upperBound || clear((behindWhole << 12)..<range.upperBound)
    else { return false }
    var firstGone = firstWhole
    if !isZeroInSource, firstWhole << 12 < sourceSize {
      if isCached, behindWhole << 12 >= sourceSize {
        sourceSize = firstWhole << 12
      } else {
        // The source still has these.
        firstGone = min(behindWhole, (sourceSize + 4095) >> 12)
        for index in firstWhole..<firstGone {
          guard clear((index << 12)..<((index + 1) << 12)) else { return false }
        }
      }
    }
    drop(firstGone..<behindWhole, withCopies: false)
    return true
  }

  /// Zeroes bytes of one page, which stays held.
  private func clear(_ range: Range<UInt64>) -> Bool {
    guard !range.isEmpty else { return true }
    let index = range.lowerBound >> 12
    // An absent page without a source is zero already.
    if !pages[index].isPresent, index << 12 >= sourceSize { return true }
    guard let frame = frame(index, isWrite: true) else { return false }
    arena.dropTranslations(of: frame)
    let start = Int(range.lowerBound & 4095)
    arena.withMutableBytes(frame, offset: start, count: range.count) {
      $0.fill(0, in: 0..<$0.byteCount)
    }
    return true
  }

  /// Drops the pages in `range` and unmaps them everywhere; with `withCopies` also private copies of them.
  private func drop(_ range: Range<UInt64>, withCopies: Bool) {
    let held = heldPages(in: range)
    guard withCopies || !held.isEmpty else { return }
    for mapper in mappers.values { mapper.space?.dropPages(of: self, in: range, withCopies) }
    for index in held { arena.release(pages.remove(index).frame) }
  }

  /// The indices of the held pages in `range`, ascending.
  package func heldPages(in range: Range<UInt64>) -> [UInt64] { pages.pages(in: range) }

  // MARK: Mappings

  func noteMappedWrite() {
    guard !hasMappedWrites, let onMappedWrite else { return }
    hasMappedWrites = true
    onMappedWrite()
  }

  /// Has the next write through any mapping noticed.
  package func forgetMappedWrites() {
    guard hasMappedWrites else { return }
    hasMappedWrites = false
    for mapper in mappers.values { mapper.space?.dropPages(of: self, in: Self.allPages, false) }
  }

  package func addMapper(_ space: AddressSpace) {
    mappers[ObjectIdentifier(space)] = WeakSpace(space: space)
    guard mappers.count > mapperLimit else { return }
    mappers = mappers.filter { $0.value.space != nil }
    mapperLimit = max(16, 2 * mappers.count)
  }
}
