import Snapshot

/// What the process that puts a picoprocess's snapshots into a store, each an increment to the one before, knows
/// of the last one.
final class StoreChain {
  /// The content digest of the last snapshot as it came from the picoprocess; nil: the next one must be whole.
  private(set) var digest: Digest?
  /// Where the pages of the chain are, in the order of their numbers.
  private(set) var pages: [PagePlace] = []
  /// The chunks that were written for the chain.
  var own: Set<Int32> = []
  /// Whether chunks that are mostly unused are replaced.
  let compacts: Bool
  /// Of the last snapshot: the pages that its maps refer to.
  private(set) var livePages = 0
  /// What `pages` and `livePages` will be once the next snapshot is committed.
  private var next: (pages: [PagePlace], livePages: Int) = ([], 0)

  init(compacts: Bool = false, own: Set<Int32> = []) {
    self.compacts = compacts
    self.own = own
  }

  func prepare(_ pages: [PagePlace], livePages: Int) { next = (pages, livePages) }

  /// The snapshot is committed.
  func advance(to digest: Digest) {
    self.digest = digest
    (pages, livePages) = next
    next = ([], 0)
  }
}
