import LibOS
import Machine
import PosixHost
import Snapshot
import Synchronization

/// Reads the pages that the guest has not needed yet, on a thread of its own.
///
/// The guest's thread says which, and puts them in their frames: nobody else may change those.
final class PagePrefetcher {
  /// Pages to read, then with their bytes.
  struct Batch: Sendable {
    var pages: [(frame: Frame, page: UInt32)]
    var bytes: [UInt8] = []
  }

  private struct Queues {
    var wanted: [Batch] = []
    var read: [Batch] = []
    /// A page of the first of `wanted` that can't be read, and why.
    var failure: (page: UInt32, reason: SnapshotError)?
  }

  private final class Shared: Sendable {
    let queues = Mutex(Queues())
    let isEnding = Atomic(false)
    /// When the guest's thread may take the next batch, in nanoseconds of the host's monotonic time.
    let nextTurn = Atomic<Int64>(0)

    var isDue: Bool { HostProcess.monotonicTime >= nextTurn.load(ordering: .acquiring) }

    func postpone(by nanoseconds: Int64) {
      nextTurn.store(HostProcess.monotonicTime + nanoseconds, ordering: .releasing)
    }
  }

  /// An object that the thread alone uses from now on.
  private struct Handed: @unchecked Sendable { let reader: SnapshotReader }

  private static let batchSize = 256
  private static let batchLimit = 4
  /// For how many times as long as it takes to put a batch in its frames a busy guest runs before the next.
  private static let share: Int64 = 3
  /// Nanoseconds in which the guest gets only what it needs itself, or is expected to need.
  private static let headStart: Int64 = 40_000_000

  private let shared = Shared()
  private let thread: HostThread
  /// Where to look for further frames, and how many batches are under way.
  private var position: UInt32 = 1
  private var batches = 0
  /// The frames of the working set that are still to be read.
  private var expected: ExpectedFrames?

  /// - Parameter expected: what to read first.
  init(_ reader: SnapshotReader, _ wake: Wake, _ expected: WorkingSet?) {
    self.expected = expected.map(ExpectedFrames.init)
    if expected == nil { shared.postpone(by: Self.headStart) }
    let handed = Handed(reader: reader)
    let shared = shared
    thread = HostThread {
      // What the guest waits for it reads itself; and others may be arriving.
      HostThread.lowerPriority()
      while !shared.isEnding.load(ordering: .acquiring) {
        if shared.queues.withLock({ !$0.read.isEmpty }), shared.isDue { wake.call() }
        guard let batch = shared.queues.withLock({ $0.wanted.first }) else {
          HostProcess.sleep(nanoseconds: 1_000_000)
          continue
        }
        var position = 0
        do throws(SnapshotError) {
          let bytes = try Self.read(batch, handed.reader, &position)
          shared.queues.withLock { queues in
            queues.failure = nil
            queues.wanted.removeFirst()
            queues.read.append(Batch(pages: batch.pages, bytes: bytes))
          }
        } catch {
          let page = batch.pages[position].page
          shared.queues.withLock { $0.failure = (page, error) }
          wake.call()
          HostProcess.sleep(nanoseconds: 100_000_000)
        }
      }
    }
  }

  /// - Parameter position: the page that is being read.
  private static func read(_ batch: Batch, _ reader: SnapshotReader, _ position: inout Int)
    throws(SnapshotError) -> [UInt8]
  {
    var bytes = [UInt8](repeating: 0, count: batch.pages.count * Page.size)
    try bytes.withMutableRawSpan { (span) throws(SnapshotError) in
      for (index, entry) in batch.pages.enumerated() {
        position = index
        var page = span._mutatingExtracting(index * Page.size..<(index + 1) * Page.size)
        try reader.page(PageReference(rawValue: UInt64(entry.page)), into: &page)
      }
    }
    return bytes
  }

  /// Puts a batch of pages in their frames, and says which to read next. Called by the guest's thread, at the top
  /// of its loop.
  ///
  /// - Parameter isBusy: the guest has something to do meanwhile.
  /// - Returns: whether more of them are ready.
  func advance(_ arena: FrameArena, _ pages: SnapshotPages, isBusy: Bool) -> Bool {
    // What it is expected to need is worth its time.
    let isPatient = isBusy && expected == nil
    let (batch, more) = shared.queues.withLock { queues in
      let isTaken = !queues.read.isEmpty && (!isPatient || shared.isDue)
      return (isTaken ? queues.read.removeFirst() : nil, !isPatient && !queues.read.isEmpty)
    }
    if let batch {
      batches -= 1
      let began = HostProcess.monotonicTime
      batch.bytes.withRawSpan { bytes in
        for (index, entry) in batch.pages.enumerated() {
          pages.noteRead(entry.page)
          let start = index * Page.size
          arena.deliver(
            bytes.extracting(start..<(start + Page.size)), of: entry.page, to: entry.frame)
        }
      }
      if isPatient { shared.postpone(by: (HostProcess.monotonicTime - began) * Self.share) }
    }
    if let isFound = expected?.look(in: arena), !isFound { return true }
    while batches < Self.batchLimit {
      let next = nextFrames(arena)
      guard !next.isEmpty else { break }
      batches += 1
      shared.queues.withLock { $0.wanted.append(Batch(pages: next)) }
    }
    return more
  }

  private func nextFrames(_ arena: FrameArena) -> [(frame: Frame, page: UInt32)] {
    if let frames = expected?.next(Self.batchSize) { return frames }
    expected = nil
    let next = arena.storedFrames(from: position, atMost: Self.batchSize)
    position = next.end
    return next.frames
  }

  /// A page that can't be read at the moment, and why; nil if there is none.
  var failure: (page: UInt32, reason: SnapshotError)? { shared.queues.withLock { $0.failure } }

  /// Ends the thread.
  func end() {
    shared.isEnding.store(true, ordering: .releasing)
    thread.join()
  }
}

/// The stored frames of a working set, in its order.
private struct ExpectedFrames {
  /// By page: its place in the order.
  private let places: [UInt32: Int]
  private var frames: [(place: Int, frame: Frame, page: UInt32)] = []
  private var position: UInt32 = 1
  private var isComplete = false

  /// Stored frames that are looked at between two looks at the guest: a millisecond.
  private static let step = 16384

  init(_ set: WorkingSet) {
    places = Dictionary(
      zip(set.pages, 0..<set.pages.count), uniquingKeysWith: { first, _ in first })
  }

  /// Looks for some of the frames: a page may have several, or none any more.
  ///
  /// - Returns: whether all are found.
  mutating func look(in arena: FrameArena) -> Bool {
    guard !isComplete else { return true }
    let next = arena.storedFrames(from: position, atMost: Self.step)
    position = next.end
    for (frame, page) in next.frames {
      if let place = places[page] { frames.append((place, frame, page)) }
    }
    isComplete = next.frames.isEmpty
    // Those that are read first stand last.
    if isComplete { frames.sort { $0.place > $1.place } }
    return isComplete
  }

  /// The next frames of the order, at most `limit`, by page: equal chunks are read once. Nil after the last.
  mutating func next(_ limit: Int) -> [(frame: Frame, page: UInt32)]? {
    guard !frames.isEmpty else { return nil }
    let next = frames.suffix(limit)
    frames.removeLast(next.count)
    return next.map { ($0.frame, $0.page) }.sorted { $0.1 < $1.1 }
  }
}
