/// The entry of a page: its frame, the allowed accesses and when it was last written.
///
/// From the lowest bit: flags, the permissions (from bit 4), the epoch (from bit 8), the frame (from bit 32).
package struct PageTableEntry: Hashable, Sendable, BitwiseCopyable {
  package var rawValue: UInt64
  @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static var absent: PageTableEntry { PageTableEntry(rawValue: 0) }

  private static let presentBit: UInt64 = 1
  private static let dirtyBit: UInt64 = 2
  private static let copyBit: UInt64 = 4
  private static let sharedBit: UInt64 = 8

  package init(frame: Frame, permissions: Permissions) {
    rawValue =
      UInt64(frame.index) << 32 | UInt64(permissions.rawValue) << 4 | Self.presentBit
  }

  package var isPresent: Bool { rawValue & Self.presentBit != 0 }

  package var frame: Frame {
    get { Frame(UInt32(truncatingIfNeeded: rawValue >> 32)) }
    set { rawValue = rawValue & 0xffff_ffff | UInt64(newValue.index) << 32 }
  }

  /// The permissions of the mapping (not those granted to the engine).
  package var permissions: Permissions {
    get { Permissions(rawValue: UInt8(truncatingIfNeeded: rawValue >> 4) & 7) }
    set { rawValue = rawValue & ~0x70 | UInt64(newValue.rawValue) << 4 }
  }

  /// It differs from its backing: it was written since it was mapped.
  package var isDirty: Bool {
    get { rawValue & Self.dirtyBit != 0 }
    set { set(Self.dirtyBit, newValue) }
  }

  /// The frame must be copied before the first write.
  package var isCopyOnWrite: Bool {
    get { rawValue & Self.copyBit != 0 }
    set { set(Self.copyBit, newValue) }
  }

  /// The frame belongs to a shared `MemoryObject`.
  package var isShared: Bool {
    get { rawValue & Self.sharedBit != 0 }
    set { set(Self.sharedBit, newValue) }
  }

  /// The epoch in which a dirty page was last written; 0: before this picoprocess.
  package var epoch: Epoch {
    get { UInt32(truncatingIfNeeded: rawValue >> 8) & Epoch.last }
    set { rawValue = rawValue & ~(UInt64(Epoch.last) << 8) | UInt64(newValue & Epoch.last) << 8 }
  }

  /// Marks the page as written in `epoch`, in a frame of its own.
  package mutating func markWritten(in epoch: Epoch) {
    isDirty = true
    isCopyOnWrite = false
    self.epoch = epoch
  }

  /// Whether nothing remains to be done before a write in `epoch`.
  package func isWritten(in epoch: Epoch) -> Bool {
    isDirty && !isCopyOnWrite && self.epoch == epoch
  }

  private mutating func set(_ bit: UInt64, _ on: Bool) {
    if on { rawValue |= bit } else { rawValue &= ~bit }
  }
}

/// A sparse map from page numbers to entries: a dictionary of leaves, with the most recently used leaf
/// cached.
///
/// - Parameter leafPages: how many pages have their entries in one leaf; a power of two. Large leaves suit
///   address spaces, small ones the many small files.
///
/// While a view is active (see `FrozenView`), leaves from before it are the view's too: they are copied before
/// their first change.
package struct PageTable<let leafPages: Int> {
  fileprivate final class Leaf {
    var entries: InlineArray<leafPages, PageTableEntry>
    var present: Int
    /// The epoch in which the leaf was made.
    let epoch: Epoch

    init(epoch: Epoch) {
      entries = InlineArray(repeating: .absent)
      present = 0
      self.epoch = epoch
    }

    init(copying leaf: Leaf, epoch: Epoch) {
      entries = leaf.entries
      present = leaf.present
      self.epoch = epoch
    }

    /// Sets `count` entries from `first` on. `entry` gets the position of each among them.
    func fill(_ first: Int, _ count: Int, _ entry: (Int) -> PageTableEntry) {
      // One access for all: each is checked for exclusivity.
      func fill(_ entries: inout InlineArray<leafPages, PageTableEntry>) {
        for offset in 0..<count { entries[first + offset] = entry(offset) }
      }
      fill(&entries)
    }
  }

  private let arena: FrameArena
  private var leaves: [UInt64: Leaf] = [:]
  private var lastKey: UInt64 = .max
  private var lastLeaf: Leaf?

  /// Pages present.
  package private(set) var count = 0
  /// The account for its leaves.
  private let memory: MemoryCharge?

  package init(_ arena: FrameArena, memory: MemoryCharge? = nil) {
    self.arena = arena
    self.memory = memory
  }

  private static var shift: UInt64 { UInt64(leafPages.trailingZeroBitCount) }
  private static func index(_ page: UInt64) -> Int { Int(page & UInt64(leafPages - 1)) }

  /// Bytes of all leaves.
  var memoryInUse: Int { leaves.count * Self.leafSize }

  /// Bytes of a leaf.
  private static var leafSize: Int { 8 * leafPages + 64 }

  private func accountForLeaves() { memory?.set(memoryInUse) }

  /// Whether an entry for `page` needs no further memory.
  package func hasLeaf(for page: UInt64) -> Bool {
    let key = page >> Self.shift
    return key == lastKey || leaves[key] != nil
  }

  // MARK: Leaves

  private mutating func leaf(_ key: UInt64) -> Leaf? {
    if key == lastKey { return lastLeaf }
    guard let leaf = leaves[key] else { return nil }
    lastKey = key
    lastLeaf = leaf
    return leaf
  }

  private mutating func put(_ leaf: Leaf, _ key: UInt64) {
    leaves[key] = leaf
    lastKey = key
    lastLeaf = leaf
  }

  /// The leaf, for changing it: a copy if a view has it.
  private mutating func ownLeaf(_ key: UInt64) -> Leaf? {
    guard let leaf = leaf(key) else { return nil }
    guard let newest = arena.newestViewEpoch, leaf.epoch < newest else { return leaf }
    hold(leaf)
    let copy = Leaf(copying: leaf, epoch: arena.epoch)
    put(copy, key)
    return copy
  }

  /// Gives the views that have a leaf references of their own to the frames that they read.
  private func hold(_ leaf: Leaf) {
    let frames = (0..<leafPages).lazy.filter { leaf.entries[$0].isInView }
      .map { leaf.entries[$0].frame }
    arena.hold(frames, madeIn: leaf.epoch)
  }

  /// Ensures that the views have references of its own to the frames around `page`, so that a frame with one
  /// reference can be written.
  mutating func thaw(_ page: UInt64) { _ = ownLeaf(page >> Self.shift) }

  package subscript(page: UInt64) -> PageTableEntry {
    mutating get { leaf(page >> Self.shift)?.entries[Self.index(page)] ?? .absent }
    set {
      let key = page >> Self.shift
      let leaf: Leaf
      if let existing = ownLeaf(key) {
        leaf = existing
      } else {
        guard newValue.isPresent else { return }
        leaf = Leaf(epoch: arena.epoch)
        put(leaf, key)
        accountForLeaves()
      }
      let was = leaf.entries[Self.index(page)].isPresent
      leaf.entries[Self.index(page)] = newValue
      let change = (newValue.isPresent ? 1 : 0) - (was ? 1 : 0)
      leaf.present += change
      count += change
      if leaf.present == 0 {
        leaves[key] = nil
        accountForLeaves()
        if lastKey == key {
          lastKey = .max
          lastLeaf = nil
        }
      }
    }
  }

  /// Sets the entries of `pages`, which are absent. `entry` gets the position of each among them.
  mutating func fill(_ pages: Range<UInt64>, _ entry: (UInt64) -> PageTableEntry) {
    var page = pages.lowerBound
    while page < pages.upperBound {
      let key = page >> Self.shift
      let leaf = ownLeaf(key) ?? Leaf(epoch: arena.epoch)
      put(leaf, key)
      let end = min(pages.upperBound, (key + 1) << Self.shift)
      leaf.fill(Self.index(page), Int(end - page)) { entry(page - pages.lowerBound + UInt64($0)) }
      leaf.present += Int(end - page)
      count += Int(end - page)
      page = end
    }
    accountForLeaves()
  }

  /// Removes an entry, whose frame the caller then releases: not before, since the view may need it.
  mutating func remove(_ page: UInt64) -> PageTableEntry {
    let entry = self[page]
    self[page] = .absent
    return entry
  }

  // MARK: All of it

  /// A copy of the table in which, as in this one from now on, private pages are copied on write. Every frame
  /// gets another reference.
  ///
  /// - Parameter memory: the account for the copy.
  /// - Returns: whether any page was writable and no longer is.
  package mutating func fork(memory: MemoryCharge? = nil)
    -> (table: PageTable, hasLostWrites: Bool)
  {
    var child = PageTable(arena, memory: memory)
    child.count = count
    var hasLostWrites = false
    for key in Array(leaves.keys) {
      guard let leaf = ownLeaf(key) else { continue }
      let copy = Leaf(epoch: arena.epoch)
      copy.present = leaf.present
      for index in 0..<leafPages where leaf.entries[index].isPresent {
        var entry = leaf.entries[index]
        arena.retain(entry.frame)
        if !entry.isShared, !entry.isCopyOnWrite {
          entry.isCopyOnWrite = true
          leaf.entries[index] = entry
          hasLostWrites = true
        }
        copy.entries[index] = entry
      }
      child.leaves[key] = copy
    }
    child.accountForLeaves()
    return (child, hasLostWrites)
  }

  /// Releases the frames of all entries, which nobody will use any more.
  mutating func releaseAll() {
    for leaf in leaves.values {
      hold(leaf)
      for index in 0..<leafPages where leaf.entries[index].isPresent {
        arena.release(leaf.entries[index].frame)
      }
    }
    leaves = [:]
    lastKey = .max
    lastLeaf = nil
    count = 0
    accountForLeaves()
  }

  /// How many entries satisfy `isCounted`.
  package func count(where isCounted: (PageTableEntry) -> Bool) -> Int {
    var count = 0
    for leaf in leaves.values {
      for index in 0..<leafPages where isCounted(leaf.entries[index]) { count += 1 }
    }
    return count
  }

  /// The pages present in `range`, in ascending order.
  package func pages(in range: Range<UInt64>) -> [UInt64] {
    guard !range.isEmpty, count > 0 else { return [] }
    let first = range.lowerBound >> Self.shift
    let last = (range.upperBound - 1) >> Self.shift
    let keys: [UInt64] =
      last - first < UInt64(leaves.count)
      ? (first...last).filter { leaves[$0] != nil }
      : leaves.keys.filter { $0 >= first && $0 <= last }.sorted()
    var result: [UInt64] = []
    for key in keys {
      guard let leaf = leaves[key] else { continue }
      for index in 0..<leafPages where leaf.entries[index].isPresent {
        let page = key << Self.shift | UInt64(index)
        if range.contains(page) { result.append(page) }
      }
    }
    return result
  }
}

extension PageTable {
  /// The entries of the moment, for the view that has just begun.
  package var frozen: any FrozenPages { Frozen(leaves: leaves) }

  /// Leaves that nobody changes while the view is active.
  private struct Frozen: FrozenPages, @unchecked Sendable {
    let leaves: [UInt64: Leaf]

    func forEachPage<E: Error>(_ body: (UInt64, PageTableEntry) throws(E) -> Void) throws(E) {
      for key in leaves.keys.sorted() {
        let entries = leaves[key]!.entries
        for index in 0..<leafPages where entries[index].isInView {
          try body(key << PageTable.shift | UInt64(index), entries[index])
        }
      }
    }

    func forEachRun(_ body: (Range<UInt64>, Frame) -> Void) {
      for key in leaves.keys.sorted() {
        let entries = leaves[key]!.entries
        var index = 0
        while index < leafPages {
          guard entries[index].isInView else {
            index += 1
            continue
          }
          let first = entries[index].frame
          var end = index + 1
          while end < leafPages, entries[end].continues(first, by: end - index) { end += 1 }
          let page = key << PageTable.shift | UInt64(index)
          body(page..<page + UInt64(end - index), first)
          index = end
        }
      }
    }
  }
}

extension PageTableEntry {
  /// Whether a snapshot has the page as one of this table: a shared one belongs to its object.
  fileprivate var isInView: Bool { isPresent && isDirty && !isShared }

  /// Whether it belongs to the run that begins with `first`.
  fileprivate func continues(_ first: Frame, by offset: Int) -> Bool {
    isInView && frame == first.following(offset)
  }
}
