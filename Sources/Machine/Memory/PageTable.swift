/// The entry of a page: its frame and the allowed accesses.
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
      UInt64(frame.index) << 32 | UInt64(permissions.rawValue) << 8 | Self.presentBit
  }

  package var isPresent: Bool { rawValue & Self.presentBit != 0 }

  package var frame: Frame {
    get { Frame(UInt32(truncatingIfNeeded: rawValue >> 32)) }
    set { rawValue = rawValue & 0xffff_ffff | UInt64(newValue.index) << 32 }
  }

  /// The permissions of the mapping (not those granted to the engine).
  package var permissions: Permissions {
    get { Permissions(rawValue: UInt8(truncatingIfNeeded: rawValue >> 8) & 7) }
    set { rawValue = rawValue & ~0x700 | UInt64(newValue.rawValue) << 8 }
  }

  /// Written since it was mapped or since the bit was last cleared by a snapshot.
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

  private mutating func set(_ bit: UInt64, _ on: Bool) {
    if on { rawValue |= bit } else { rawValue &= ~bit }
  }
}

/// A sparse map from guest page numbers to entries: a dictionary of leaves of 512 pages (2 MiB), with the
/// most recently used leaf cached.
package struct PageTable {
  private final class Leaf {
    var entries = InlineArray<512, PageTableEntry>(repeating: .absent)
    var present = 0
  }

  private var leaves: [UInt64: Leaf] = [:]
  private var lastKey: UInt64 = .max
  private var lastLeaf: Leaf?

  /// Pages present.
  package private(set) var count = 0
  /// The account for its leaves.
  private let memory: MemoryCharge?

  package init(memory: MemoryCharge? = nil) { self.memory = memory }

  /// Bytes of all leaves.
  var memoryInUse: Int { leaves.count * Self.leafSize }

  /// Bytes of a leaf.
  private static var leafSize: Int { 4096 + 64 }

  private func accountForLeaves() { memory?.set(leaves.count * Self.leafSize) }

  /// Whether an entry for `page` needs no further memory.
  package func hasLeaf(for page: UInt64) -> Bool {
    let key = page >> 9
    return key == lastKey || leaves[key] != nil
  }

  private mutating func leaf(_ key: UInt64) -> Leaf? {
    if key == lastKey { return lastLeaf }
    guard let leaf = leaves[key] else { return nil }
    lastKey = key
    lastLeaf = leaf
    return leaf
  }

  package subscript(page: UInt64) -> PageTableEntry {
    mutating get { leaf(page >> 9)?.entries[Int(page & 511)] ?? .absent }
    set {
      let key = page >> 9
      let leaf: Leaf
      if let existing = self.leaf(key) {
        leaf = existing
      } else {
        guard newValue.isPresent else { return }
        leaf = Leaf()
        leaves[key] = leaf
        lastKey = key
        lastLeaf = leaf
        accountForLeaves()
      }
      let was = leaf.entries[Int(page & 511)].isPresent
      leaf.entries[Int(page & 511)] = newValue
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

  /// A copy of the table in which, as in this one from now on, private pages are copied on write.
  ///
  /// - Parameter memory: the account for the copy.
  /// - Parameter retain: called for the frame of every page.
  /// - Returns: whether any page was writable and no longer is.
  package mutating func fork(memory: MemoryCharge? = nil, _ retain: (Frame) -> Void)
    -> (table: PageTable, hasLostWrites: Bool)
  {
    var child = PageTable(memory: memory)
    child.count = count
    var hasLostWrites = false
    for (key, leaf) in leaves {
      let copy = Leaf()
      copy.present = leaf.present
      for index in 0..<512 where leaf.entries[index].isPresent {
        var entry = leaf.entries[index]
        retain(entry.frame)
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

  /// The pages present in `range`, in ascending order.
  package func pages(in range: Range<UInt64>) -> [UInt64] {
    guard !range.isEmpty, count > 0 else { return [] }
    let first = range.lowerBound >> 9
    let last = (range.upperBound - 1) >> 9
    let keys: [UInt64] =
      last - first < UInt64(leaves.count)
      ? (first...last).filter { leaves[$0] != nil }
      : leaves.keys.filter { $0 >= first && $0 <= last }.sorted()
    var result: [UInt64] = []
    for key in keys {
      guard let leaf = leaves[key] else { continue }
      for index in 0..<512 where leaf.entries[index].isPresent {
        let page = key << 9 | UInt64(index)
        if range.contains(page) { result.append(page) }
      }
    }
    return result
  }
}
