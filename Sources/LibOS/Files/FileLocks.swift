import Machine

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
    /// Those of who has had any for longest are told of first: its owner's number.
    fileprivate var sequence: UInt64 = 0

    package init(range: Range<UInt64>, isExclusive: Bool, owner: Owner) {
      self.range = range
      self.isExclusive = isExclusive
      self.owner = owner
    }
  }

  /// Of each owner: ascending, and never overlapping.
  private var held: [Owner: [Record]] = [:]
  private var sequence: UInt64 = 0
  private var count = 0 { didSet { memory?.set(count * Self.recordSize) } }
  private var memory: MemoryCharge?
  /// Bytes that the library OS has for a lock.
  private static let recordSize = 128
  /// A lock of the whole file.
  package struct Whole {
    package var owner: Owner
    package var isExclusive: Bool
    /// The process that took it.
    package var pid: Int32
  }

  package private(set) var whole: [Whole] = []
  package internal(set) var leases: [Lease] = []
  /// Woken when a lease goes or shrinks.
  let leaseQueue = WaitQueue()
  /// Woken when a lock goes or shrinks.
  package let waitQueue = WaitQueue()

  package init() {}

  // MARK: Records

  /// All of them, in the order in which they are told of.
  package var records: [Record] { held.values.joined().sorted { $0.isBefore($1) } }

  /// A lock of another owner that keeps `wanted` from being had: the first one of who has had any for longest.
  package func conflict(with wanted: Record) -> Record? {
    var first: Record?
    for (owner, records) in held where owner != wanted.owner {
      let start = records.firstIndex(endingAbove: wanted.range.lowerBound)
      for record in records[start...] {
        guard record.range.lowerBound < wanted.range.upperBound else { break }
        guard record.isExclusive || wanted.isExclusive else { continue }
        if first.map({ record.isBefore($0) }) ?? true { first = record }
        break
      }
    }
    return first
  }

  /// Whether there is memory for two more: a lock may cut another one in two.
  func hasRoom(in arena: FrameArena) -> Bool {
    if memory == nil { memory = MemoryCharge(arena, .locks, bytes: count * Self.recordSize) }
    return arena.hasRoom(forKernel: 2 * Self.recordSize)
  }

  /// Gives `owner` the lock, in place of what it held there. The caller has looked for conflicts.
  package func set(_ record: Record) {
    let known = held[record.owner]?.first?.sequence
    remove(record.range, ownedBy: record.owner)
    if known == nil { sequence += 1 }
    var merged = record
    merged.sequence = known ?? sequence
    var records = held.removeValue(forKey: record.owner) ?? []
    let before = records.count
    var place = records.firstIndex(endingAbove: record.range.lowerBound)
    // Locks of one kind that touch are one.
    if place < records.count, records[place].isExclusive == merged.isExclusive,
      records[place].range.lowerBound == merged.range.upperBound
    {
      merged.range = merged.range.lowerBound..<records.remove(at: place).range.upperBound
    }
    if place > 0, records[place - 1].isExclusive == merged.isExclusive,
      records[place - 1].range.upperBound == merged.range.lowerBound
    {
      place -= 1
      merged.range = records.remove(at: place).range.lowerBound..<merged.range.upperBound
    }
    records.insert(merged, at: place)
    held[record.owner] = records
    count += records.count - before
    // A lock may have become weaker.
    waitQueue.wake()
  }

  /// Unlocks `range`, cutting locks that reach beyond it.
  package func remove(_ range: Range<UInt64>, ownedBy owner: Owner) {
    guard var records = held.removeValue(forKey: owner) else { return }
    let start = records.firstIndex(endingAbove: range.lowerBound)
    let end =
      records[start...].firstIndex { $0.range.lowerBound >= range.upperBound }
      ?? records.count
    var rest: [Record] = []
    for record in records[start..<end] {
      for part in [
        record.range.clamped(to: 0..<range.lowerBound),
        record.range.clamped(to: range.upperBound..<UInt64.max),
      ] where !part.isEmpty {
        rest.append(record)
        rest[rest.count - 1].range = part
      }
    }
    records.replaceSubrange(start..<end, with: rest)
    count += rest.count - (end - start)
    if !records.isEmpty { held[owner] = records }
    if start < end { waitQueue.wake() }
  }

  // MARK: Whole files

  /// Locks the whole file; `false`, with any lock held before given up, when others are in the way
  /// (converting a lock is not atomic, flock(2)).
  package func lockWhole(_ owner: Owner, isExclusive: Bool, by pid: Int32) -> Bool {
    if let held = whole.first(where: { $0.owner == owner }) {
      if held.isExclusive == isExclusive { return true }
      unlockWhole(owner)
    }
    if whole.contains(where: { isExclusive || $0.isExclusive }) { return false }
    whole.append(Whole(owner: owner, isExclusive: isExclusive, pid: pid))
    return true
  }

  package func unlockWhole(_ owner: Owner) {
    let before = whole.count
    whole.removeAll { $0.owner == owner }
    if whole.count != before { waitQueue.wake() }
  }

  /// Drops all that `owner` holds: the process closed a descriptor, or the description is gone.
  package func release(ownedBy owner: Owner) {
    if held.isEmpty, whole.isEmpty, leases.isEmpty { return }
    let before = leases.count
    leases.removeAll { .file(ObjectIdentifier($0.file)) == owner }
    if leases.count < before { leaseQueue.wake() }
    remove(0..<UInt64.max, ownedBy: owner)
    unlockWhole(owner)
  }
}

extension FileLocks.Record {
  fileprivate func isBefore(_ other: Self) -> Bool {
    (sequence, range.lowerBound) < (other.sequence, other.range.lowerBound)
  }
}

extension [FileLocks.Record] {
  /// The first of an owner's records that ends above `position`.
  fileprivate func firstIndex(endingAbove position: UInt64) -> Int {
    partitioningIndex { $0.range.upperBound > position }
  }
}
