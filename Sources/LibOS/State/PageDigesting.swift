import Machine
import Snapshot

/// Digests the pages of a view, in their order, on all processors that there are for it.
struct PageDigesting {
  struct Page: Sendable {
    let number: UInt64
    let entry: PageTableEntry
    /// What the earlier snapshot has at the page's place.
    let old: PageReference?
    var isWanted = true
    /// Nil if it was not wanted, or the bytes are still in a snapshot.
    var digest: Digest?

    init(number: UInt64, entry: PageTableEntry, old: PageReference?) {
      self.number = number
      self.entry = entry
      self.old = old
    }
  }

  private let frames: FrozenBytes
  private var work: OrderedWork<[Page]>
  private var batch: [Page] = []

  /// Pages that are digested together: enough to be worth the trouble.
  private static let batchSize = 64

  /// - Parameter workers: must not be in use any more when the view ends.
  init(_ frames: FrozenBytes, _ workers: (any Workers)?) {
    self.frames = frames
    work = OrderedWork(workers)
  }

  mutating func append(_ page: Page) {
    batch.append(page)
    if batch.count == Self.batchSize { submit() }
  }

  /// The next digested pages, if they must be taken before others are appended.
  mutating func nextIfFull() -> [Page]? { work.isFull ? work.next() : nil }

  /// The next digested pages; nil after the last.
  mutating func next() -> [Page]? {
    submit()
    return work.next()
  }

  private mutating func submit() {
    if batch.isEmpty { return }
    let pages = batch
    let frames = frames
    batch = []
    work.append {
      pages.map { page in
        guard page.isWanted, frames.storedPage(of: page.entry.frame) == nil else { return page }
        var digested = page
        digested.digest = frames.withBytes(page.entry.frame) { Digest(ofPage: $0) }
        return digested
      }
    }
  }
}
