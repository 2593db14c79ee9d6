/// Where a memory object's untouched pages come from: a file, usually.
package protocol PageSource: AnyObject {
  /// Fills `buffer` with the bytes at `offset`; what lies beyond the source's end stays as it is.
  /// Returns `false` when the source can't be read (the guest gets SIGBUS).
  func readPages(at offset: UInt64, into buffer: inout MutableRawSpan) -> Bool

  /// What is read stays true, so that the pages may be kept for the next process that maps them.
  var isLasting: Bool { get }
}

extension PageSource {
  package var isLasting: Bool { false }
}

/// Memory that several mappings and file descriptors may share: the page cache of one file, a tmpfs
/// file, an anonymous shared mapping.
///
/// A page is either held in a frame here, or comes from the source (zeroes without one). Mappings of
/// the object, `read` and `write` all see the same frames, so they are coherent as in Linux.
package final class MemoryObject {
  /// A frame that the object holds.
  package struct Page: Sendable {
    package var frame: Frame
    /// Differs from the source.
    package var isDirty: Bool
  }

  package let arena: FrameArena
  /// Whose bytes these are, for whoever lists mappings: a file's inode.
  package weak var owner: AnyObject?
  package private(set) var source: (any PageSource)?
  /// Length in bytes; pages beyond it give SIGBUS.
  package private(set) var size: UInt64
  /// Bytes at the front that come from the source; what a truncation cut off does not come back.
  package private(set) var sourceSize: UInt64
  package private(set) var pages: [UInt64: Page] = [:]
  /// The address spaces that map it or once did.
  private var mappers: [ObjectIdentifier: WeakSpace] = [:]
  /// When `mappers` has grown to this, those that are gone are forgotten.
  private var mapperLimit = 16

  private struct WeakSpace { weak var space: AddressSpace? }

  package init(arena: FrameArena, source: (any PageSource)? = nil, size: UInt64 = 0) {
    self.arena = arena
    self.source = source
    self.size = size
    self.sourceSize = source == nil ? 0 : size
    if isCached { arena.addCache(self) }
  }

  /// Whether pages that are read for a private mapping are kept for others.
  package var isCached: Bool { source?.isLasting ?? false }

  /// Gives up the pages that nobody maps and that the source can bring back.
  package func dropCachedPages() {
    guard isCached else { return }
    for (index, page) in pages where !page.isDirty && !arena.isShared(page.frame) {
      pages[index] = nil
      arena.release(page.frame)
    }
  }

  deinit {
    for page in pages.values { arena.release(page.frame) }
  }

  /// The pages that differ from the source, ascending.
  package var dirtyPages: [UInt64] { pages.filter { $0.value.isDirty }.keys.sorted() }

  /// How many pages differ from the source.
  package var dirtyPageCount: Int { pages.values.count(where: \.isDirty) }

  // MARK: Pages

  /// The frame of page `index`, made and filled when absent; `nil` at the memory limit or when the
  /// source fails. `isWrite` marks it dirty.
  package func frame(_ index: UInt64, isWrite: Bool) -> Frame? {
    if let page = pages[index] {
      if isWrite, !page.isDirty { pages[index]!.isDirty = true }
      return page.frame
    }
    guard let frame = arena.allocate() else { return nil }
    guard fill(frame, from: index) else {
      arena.release(frame)
      return nil
    }
    pages[index] = Page(frame: frame, isDirty: isWrite)
    return frame
  }

  /// Fills a zeroed frame with page `index` as the source has it.
  package func fill(_ frame: Frame, from index: UInt64) -> Bool {
    let offset = index << 12
    guard let source, offset < sourceSize else { return true }
    let count = Int(min(UInt64(Frame.size), sourceSize - offset))
    return arena.withMutableBytes(frame, offset: 0, count: count) {
      source.readPages(at: offset, into: &$0)
    }
  }

  package func heldFrame(_ index: UInt64) -> Frame? { pages[index]?.frame }

  /// Puts a page in place as a snapshot had it. Takes over the caller's reference.
  package func restorePage(_ index: UInt64, frame: Frame, isDirty: Bool) {
    if let old = pages.updateValue(Page(frame: frame, isDirty: isDirty), forKey: index) {
      arena.release(old.frame)
    }
  }

  package func restore(source: (any PageSource)?, sourceSize: UInt64, size: UInt64) {
    self.source = source
    self.sourceSize = sourceSize
    self.size = size
    if isCached { arena.addCache(self) }
  }

  // MARK: Bytes

  /// Copies bytes at `offset` into `buffer`; returns how many: short at the end of the object, `nil`
  /// when the source fails before the first byte.
  package func read(at offset: UInt64, into buffer: inout MutableRawSpan) -> Int? {
    guard offset < size else { return 0 }
    let total = Int(min(UInt64(buffer.byteCount), size - offset))
    var done = 0
    while done < total {
      let position = offset + UInt64(done)
      let index = position >> 12
      let inPage = Int(position & 4095)
      if let page = pages[index] {
        let count = min(Frame.size - inPage, total - done)
        arena.withBytes(page.frame, offset: inPage, count: count) {
          buffer.copy(from: $0, at: done)
        }
        done += count
        continue
      }
      // A run of pages that are not held: straight from the source.
      var end = (index + 1) << 12
      while end < offset + UInt64(total), pages[end >> 12] == nil { end += 4096 }
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

  /// Copies `bytes` to `offset`, growing the object; returns how many: short near the memory limit.
  package func write(at offset: UInt64, from bytes: RawSpan) -> Int {
    var done = 0
    while done < bytes.byteCount {
      let position = offset + UInt64(done)
      let inPage = Int(position & 4095)
      let count = min(Frame.size - inPage, bytes.byteCount - done)
      let index = position >> 12
      guard pages[index] != nil || arena.hasRoomForFiles, let frame = frame(index, isWrite: true)
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

  /// Sets the length. What is cut off reads as zeroes should the object grow again, and mappings of
  /// it fault with SIGBUS.
  package func resize(to newSize: UInt64) {
    if newSize < size {
      drop(((newSize + 4095) >> 12)..<UInt64.max >> 12, withCopies: true)
      sourceSize = min(sourceSize, newSize)
      if newSize & 4095 != 0, let page = pages[newSize >> 12] {
        arena.dropTranslations(of: page.frame)
        let from = Int(newSize & 4095)
        arena.withMutableBytes(page.frame, offset: 0, count: Frame.size) {
          $0.fill(0, in: from..<Frame.size)
        }
      }
    }
    size = newSize
  }

  /// Zeroes a range without changing the size (`FALLOC_FL_PUNCH_HOLE`); `false` at the memory limit.
  ///
  /// The work goes by the pages that exist, here or in the source, not by the length of the range.
  ///
  /// - Parameter isZeroInSource: the range was zeroed in the source before.
  package func zero(_ range: Range<UInt64>, isZeroInSource: Bool = false) -> Bool {
    let range = range.clamped(to: 0..<size)
    guard !range.isEmpty else { return true }
    let firstWhole = (range.lowerBound + 4095) >> 12
    // The last page of the object is whole as far as it goes.
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
        // The source would bring these back.
        firstGone = min(behindWhole, (sourceSize + 4095) >> 12)
        for index in firstWhole..<firstGone {
          guard clear((index << 12)..<((index + 1) << 12)) else { return false }
        }
      }
    }
    drop(firstGone..<behindWhole, withCopies: false)
    return true
  }

  /// Zeroes bytes of one page, which stays.
  private func clear(_ range: Range<UInt64>) -> Bool {
    guard !range.isEmpty else { return true }
    let index = range.lowerBound >> 12
    // What nobody has written to, and no source has, is zero already.
    if pages[index] == nil, index << 12 >= sourceSize { return true }
    guard let frame = frame(index, isWrite: true) else { return false }
    arena.dropTranslations(of: frame)
    let start = Int(range.lowerBound & 4095)
    arena.withMutableBytes(frame, offset: start, count: range.count) {
      $0.fill(0, in: 0..<$0.byteCount)
    }
    return true
  }

  /// Gives up the pages in `range`, and takes them from whoever maps them; `withCopies` also what
  /// private mappings have in place of them.
  private func drop(_ range: Range<UInt64>, withCopies: Bool) {
    let held = heldPages(in: range)
    guard withCopies || !held.isEmpty else { return }
    for mapper in mappers.values { mapper.space?.dropPages(of: self, in: range, withCopies) }
    for index in held { arena.release(pages.removeValue(forKey: index)!.frame) }
  }

  /// The numbers of the held pages in `range`, in no order.
  package func heldPages(in range: Range<UInt64>) -> [UInt64] {
    range.count < pages.count
      ? range.filter { pages[$0] != nil } : pages.keys.filter { range.contains($0) }
  }

  // MARK: Mappings

  package func addMapper(_ space: AddressSpace) {
    mappers[ObjectIdentifier(space)] = WeakSpace(space: space)
    guard mappers.count > mapperLimit else { return }
    mappers = mappers.filter { $0.value.space != nil }
    mapperLimit = max(16, 2 * mappers.count)
  }
}
