/// The advisory locks on one inode: `flock(2)` on the whole file, and record locks of `fcntl(2)`.
/// The two kinds know nothing of each other.
package final class FileLocks {
  /// Who holds a lock.
  package enum Owner: Hashable {
    /// A process, whatever descriptor it used (`F_SETLK`).
    case process(Int32)
    /// An open file description (`F_OFD_SETLK`, `flock`).
    case file(ObjectIdentifier)
  }

  /// A range of bytes that is locked.
  package struct Record {
    package var range: Range<UInt64>
    package var isExclusive: Bool
    package var owner: Owner

    package init(range: Range<UInt64>, isExclusive: Bool, owner: Owner) {
      self.range = range
      self.isExclusive = isExclusive
      self.owner = owner
    }
  }

  /// Sorted by where they start; those of one owner never overlap.
  package private(set) var records: [Record] = []
  package private(set) var whole: [(owner: Owner, isExclusive: Bool)] = []
  /// Woken when a lock goes or shrinks.
  package let waitQueue = WaitQueue()

  package init() {}

  // MARK: Records

  /// A lock of another owner that keeps `wanted` from being had.
  package func conflict(with wanted: Record) -> Record? {
    records.first {
      $0.owner != wanted.owner && $0.range.overlaps(wanted.range)
        && ($0.isExclusive || wanted.isExclusive)
    }
  }

  /// Gives `owner` the lock, in place of what it held there. The caller has looked for conflicts.
  package func set(_ record: Record) {
    remove(record.range, ownedBy: record.owner)
    var merged = record
    // Locks of one kind that touch are one.
    records.removeAll {
      guard $0.owner == record.owner, $0.isExclusive == record.isExclusive,
        $0.range.upperBound == merged.range.lowerBound
          || $0.range.lowerBound == merged.range.upperBound
      else { return false }
      merged.range =
        min(
          $0.range.lowerBound, merged.range.lowerBound)..<max(
          $0.range.upperBound, merged.range.upperBound)
      return true
    }
    let index =
      records.firstIndex { $0.range.lowerBound > merged.range.lowerBound } ?? records.count
    records.insert(merged, at: index)
    // A lock may have become weaker.
    waitQueue.wake()
  }

  /// Unlocks `range`, cutting locks that reach beyond it.
  package func remove(_ range: Range<UInt64>, ownedBy owner: Owner) {
    var changed = false
    var kept: [Record] = []
    for record in records {
      guard record.owner == owner, record.range.overlaps(range) else {
        kept.append(record)
        continue
      }
      changed = true
      if record.range.lowerBound < range.lowerBound {
        var front = record
        front.range = record.range.lowerBound..<range.lowerBound
        kept.append(front)
      }
      if record.range.upperBound > range.upperBound {
        var back = record
        back.range = range.upperBound..<record.range.upperBound
        kept.append(back)
      }
    }
    guard changed else { return }
    kept.sort { $0.range.lowerBound < $1.range.lowerBound }
    records = kept
    waitQueue.wake()
  }

  // MARK: Whole files

  /// Locks the whole file; `false`, with any lock held before given up, when others are in the way
  /// (converting a lock is not atomic, flock(2)).
  package func lockWhole(_ owner: Owner, isExclusive: Bool) -> Bool {
    if let held = whole.first(where: { $0.owner == owner }) {
      if held.isExclusive == isExclusive { return true }
      unlockWhole(owner)
    }
    if whole.contains(where: { isExclusive || $0.isExclusive }) { return false }
    whole.append((owner, isExclusive))
    return true
  }

  package func unlockWhole(_ owner: Owner) {
    let before = whole.count
    whole.removeAll { $0.owner == owner }
    if whole.count != before { waitQueue.wake() }
  }

  /// Drops all that `owner` holds: the process closed a descriptor, or the description is gone.
  package func release(ownedBy owner: Owner) {
    if records.isEmpty, whole.isEmpty { return }
    remove(0..<UInt64.max, ownedBy: owner)
    unlockWhole(owner)
  }
}
