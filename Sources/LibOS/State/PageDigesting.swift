import Machine
import Snapshot

/// Digests the pages of a view, in their order, on all processors that there are for it.
struct PageDigesting {
  struct Page: Sendable {
    let number: UInt64
    let entry: PageTableEntry
    /// What the earlier snapshot has at the page's place.
    let old: PageReference?
    /// Nil if the bytes are still in a snapshot.
    var digest: Digest?

    init(number: UInt64, entry: PageTableEntry, old: PageReference?) {
      self.number = number
      self.entry = entry
      self.old = old
    }
  }

  enum Item: Sendable {
    case page(Page)
    /// Pages that need no digest, since their references are known.
    case known(PageMap.Run)
  }

  private let frames: FrozenBytes
  private var work: OrderedWork<[Item]>
  private var batch: [Item] = []

  /// Items that are taken together: enough to be worth the trouble.
  private static let batchSize = 64

  /// - Parameter workers: must not be in use any more when the view ends.
  init(_ frames: FrozenBytes, _ workers: (any Workers)?) {
    self.frames = frames
    work = OrderedWork(workers)
  }

  mutating func append(_ page: Page) { append(.page(page)) }

  mutating func append(_ page: UInt64, _ reference: PageReference) {
    let next = PageMap.Run(page: page, count: 1, reference: reference)
    if case .known(var run)? = batch.last, run.join(next) {
      batch[batch.count - 1] = .known(run)
    } else {
      append(.known(next))
    }
  }

  private mutating func append(_ item: Item) {
    if batch.count == Self.batchSize { submit() }
    batch.append(item)
  }

  /// The next items with their digests, if they must be taken before others are appended.
  mutating func nextIfFull() -> [Item]? { work.isFull ? work.next() : nil }

  /// The next items with their digests; nil after the last.
  mutating func next() -> [Item]? {
    submit()
    return work.next()
  }

  private mutating func submit() {
    if batch.isEmpty { return }
    let items = batch
    let frames = frames
    batch = []
    work.append {
      items.map { item in
        guard case .page(var page) = item, frames.storedPage(of: page.entry.frame) == nil else {
          return item
        }
        page.digest = frames.withBytes(page.entry.frame) { Digest(ofPage: $0) }
        return .page(page)
      }
    }
  }
}
