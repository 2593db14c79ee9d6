import Synchronization

// Frames whose bytes are not here yet.
//
// A resumed guest may run before its pages are read. Page tables and objects then refer to frames as ever, and
// a *stored* frame is one that also has the number of a page in the snapshot. So fork, mremap, discard, mincore
// and reference counts need to know nothing of it. Bytes are loaded by those who need them:
//
// - `AddressSpace.translate`, before it grants an access to an engine or to the library OS. If they can't be had
//   now, it answers `notHere`: a task waits and repeats its instruction; a copy by the library OS waits.
// - `MemoryObject`, before it reads or changes bytes.
//
// The guest's thread loads. The reader of a view (see `FrozenView`) loads nothing: if a frame has a number, it
// reads that page from the snapshot itself. The number goes only after the bytes have come.

/// Has the bytes of stored frames: a snapshot.
package protocol StoredPageSource: AnyObject {
  /// Fills `buffer` (4,096 bytes) with a page; false if it can't be had now.
  func load(_ page: UInt32, into buffer: inout MutableRawSpan) -> Bool

  /// Called after a failure by a caller that can't go on without the page: returns when it is time to try again.
  func waitUntilWorthwhile()

  /// Whether pages may be mapped in place of being read.
  var shares: Bool { get }

  /// Pages around this one that can be mapped; nil: none can.
  func shared(_ page: UInt32) -> SharedPages?
}

extension StoredPageSource {
  package var shares: Bool { false }
  package func shared(_ page: UInt32) -> SharedPages? { nil }
}

/// Consecutive frames for consecutive pages.
package struct StoredRun {
  fileprivate var first: UInt32
  fileprivate var page: UInt32
  fileprivate var count: UInt32
  fileprivate var end: UInt32 { first + count }

  package var pages: Range<UInt32> { page..<page + count }

  /// - Parameter page: one of `pages`.
  package func frame(of page: UInt32) -> Frame { Frame(first + (page - self.page)) }
}

/// The numbers of the stored frames of an arena.
///
/// All of them are known before the guest runs. From then on other threads may ask for them.
final class StoredFrames {
  let source: any StoredPageSource
  /// In ascending order. A guest has far fewer of them than frames.
  private(set) var runs: ContiguousArray<StoredRun> = []
  /// A bit for each frame: its bytes are here, or nobody needs them any more.
  private let here: AtomicBits
  private(set) var count = 0

  /// - Parameter capacity: frames of the arena.
  init?(_ source: any StoredPageSource, capacity: Int) {
    guard let here = AtomicBits(capacity) else { return nil }
    self.here = here
    self.source = source
  }

  /// The page of a stored frame; nil if its bytes are here. May be called from any thread.
  func page(of frame: Frame) -> UInt32? {
    let place = place(of: frame.index)
    guard place < runs.count, runs[place].first <= frame.index, !here[Int(frame.index)] else {
      return nil
    }
    return runs[place].page + (frame.index - runs[place].first)
  }

  /// The number of runs that end before a frame.
  private func place(of frame: UInt32) -> Int { runs.partitioningIndex { $0.end > frame } }

  /// Gives consecutive frames from `first` on consecutive pages.
  ///
  /// - Returns: false for frames before those that have some already.
  func set(_ first: Frame, _ pages: Range<UInt32>) -> Bool {
    let count = UInt32(pages.count)
    let last = runs.last ?? StoredRun(first: 0, page: 0, count: 0)
    guard first.index >= last.end else { return false }
    if first.index == last.end, pages.lowerBound == last.page + last.count, last.count > 0 {
      runs[runs.count - 1].count += count
    } else {
      runs.append(StoredRun(first: first.index, page: pages.lowerBound, count: count))
    }
    self.count += pages.count
    return true
  }

  /// Forgets the page of a frame: its bytes are here, or nobody needs them any more.
  ///
  /// - Returns: whether its bytes had not come.
  @discardableResult func clear(_ frame: Frame) -> Bool {
    guard page(of: frame) != nil else { return false }
    here.set(Int(frame.index))
    count -= 1
    return true
  }

  /// The next stored frames from `start` on, at most `limit`, with their pages, and where to look for others.
  func frames(from start: UInt32, atMost limit: Int) -> (
    frames: [(frame: Frame, page: UInt32)], end: UInt32
  ) {
    var found: [(frame: Frame, page: UInt32)] = []
    var index = start
    for run in runs[place(of: start)...] {
      index = max(index, run.first)
      while index < run.end, found.count < limit {
        if !here[Int(index)] { found.append((Frame(index), run.page + (index - run.first))) }
        index += 1
      }
      if found.count >= limit { break }
    }
    return (found, index)
  }
}

/// Bits that are set once, at first none of them. Any thread may read them.
@safe private struct AtomicBits: ~Copyable {
  private let words: UnsafeMutablePointer<Atomic<UInt64>>
  private let count: Int

  init?(_ count: Int) {
    let words = (count + 63) / 64
    // SAFETY: zeroes are atomics of value 0; nobody else has this memory.
    guard let memory = unsafe HostMemory.reserve(words * MemoryLayout<UInt64>.stride) else {
      return nil
    }
    unsafe self.words = memory.bindMemory(to: Atomic<UInt64>.self, capacity: words)
    self.count = count
  }

  deinit {
    // SAFETY: exactly what init reserved.
    unsafe HostMemory.release(words, (count + 63) / 64 * MemoryLayout<UInt64>.stride)
  }

  subscript(index: Int) -> Bool {
    precondition(index >= 0 && index < count)
    // SAFETY: within the table.
    let word = unsafe words[index / 64].load(ordering: .acquiring)
    return word & 1 << UInt64(index % 64) != 0
  }

  func set(_ index: Int) {
    precondition(index >= 0 && index < count)
    // SAFETY: within the table.
    unsafe words[index / 64].bitwiseOr(1 << UInt64(index % 64), ordering: .releasing)
  }
}

extension FrameArena {
  /// Frames may be stored from now on, with their pages in `source`. `false` if the host has no room for the
  /// table.
  package func beginStoring(in source: any StoredPageSource) -> Bool {
    precondition(stored == nil)
    stored = StoredFrames(source, capacity: capacity / Frame.size)
    return stored != nil
  }

  /// Forgets the source, once no frame is stored.
  package func endStoring() {
    precondition(storedFrameCount == 0)
    stored = nil
  }

  /// Frames whose bytes are still to come.
  package var storedFrameCount: Int { stored?.count ?? 0 }

  /// Consecutive frames with one reference each, for consecutive pages of the source; nil if there are none, which
  /// says nothing of single frames.
  package func allocate(stored pages: Range<UInt32>) -> Frame? {
    guard let first = allocateUnused(pages.count) else { return nil }
    // No frame that was never used is before one that was.
    _ = stored!.set(first, pages)
    return first
  }

  /// A frame with one reference whose bytes are page `page` of the source, from 1; `nil` at the memory limit, or if there
  /// is none but such as were used before.
  package func allocate(stored page: UInt32) -> Frame? {
    guard let frame = allocate() else { return nil }
    guard stored!.set(frame, page..<page + 1) else {
      release(frame)
      return nil
    }
    return frame
  }

  /// Loads the bytes of a frame unless they are here; false if they can't be had now.
  func load(_ frame: Frame) -> Bool {
    guard let stored, let page = stored.page(of: frame) else { return true }
    if share(frame, page, stored) { return true }
    let isLoaded = withMutableBytes(frame, offset: 0, count: Frame.size) {
      stored.source.load(page, into: &$0)
    }
    if isLoaded { stored.clear(frame) }
    return isLoaded
  }

  /// The same; waits until they are here.
  func require(_ frame: Frame) {
    while !load(frame) { waitForStoredPages() }
  }

  /// Waits as a caller must that can't go on without a page.
  package func waitForStoredPages() { stored?.source.waitUntilWorthwhile() }

  /// The next stored frames from `start` on, at most `limit`, with their pages, and where to look for others.
  package func storedFrames(from start: UInt32, atMost limit: Int) -> (
    frames: [(frame: Frame, page: UInt32)], end: UInt32
  ) {
    stored?.frames(from: start, atMost: limit) ?? ([], endOfFrames)
  }

  /// All frames that were stored, whether their bytes are here by now or not.
  package var storedRuns: some Sequence<StoredRun> { stored?.runs ?? [] }

  /// Access to stored frames for those who load all of them, while nothing else uses memory.
  package var storedBytes: StoredBytes { StoredBytes(self) }

  /// Forgets the pages of frames that have their bytes now.
  package func noteLoaded(_ frames: [Frame]) {
    for frame in frames { stored?.clear(frame) }
  }

  /// Gives a frame the bytes of `page`, if it is still stored and that is its page.
  package func deliver(_ bytes: RawSpan, of page: UInt32, to frame: Frame) {
    guard let stored, stored.page(of: frame) == page else { return }
    withMutableBytes(frame, offset: 0, count: Frame.size) { $0.copy(from: bytes) }
    stored.clear(frame)
  }
}

/// The bytes of stored frames that are to come.
@safe package struct StoredBytes: @unchecked Sendable {
  private let arena: FrameArena

  fileprivate init(_ arena: FrameArena) { self.arena = arena }

  /// Fills a stored frame. May be called from any thread, with the same bytes from several.
  package func fill(_ frame: Frame, with bytes: RawSpan) {
    // Of the arena this uses constants only.
    arena.withMutableBytes(frame, offset: 0, count: Frame.size) { $0.copy(from: bytes) }
  }
}
