import Machine

// Robust futexes: those held by an ending thread are marked, and their waiters woken. See
// Documentation/locking/robust-futexes.rst and set_robust_list(2).

extension Task {
  private static let waitersBit: UInt32 = 0x8000_0000
  private static let ownerDiedBit: UInt32 = 0x4000_0000
  private static let tidMask: UInt32 = 0x3fff_ffff
  /// Linux's limit of list entries (ROBUST_LIST_LIMIT).
  private static let listLimit = 2048

  /// Walks the thread's robust list and marks the futexes it holds as owner-died.
  func releaseRobustFutexes() {
    guard !robustList.isNull else { return }
    let space = process.space
    let head = robustList
    robustList = .null
    guard var entry = try? space.load(UInt64.self, at: head),
      let offset = try? space.load(Int64.self, at: head + 8)
    else { return }
    let pending = (try? space.load(UInt64.self, at: head + 16)) ?? 0
    var steps = 0
    while entry & ~1 != head.rawValue, steps < Self.listLimit {
      // Read the next link first: a woken thread may free this entry.
      let next = try? space.load(UInt64.self, at: GuestAddress(entry & ~1))
      if entry & ~1 != pending & ~1 { release(entry, offset) }
      guard let next else { break }
      entry = next
      steps += 1
    }
    if pending & ~1 != 0 { release(pending, offset) }
  }

  private func release(_ entry: UInt64, _ offset: Int64) {
    let address = GuestAddress((entry & ~1) &+ UInt64(bitPattern: offset))
    let space = process.space
    guard address.rawValue & 3 == 0, let value = try? space.load(UInt32.self, at: address),
      value & Self.tidMask == UInt32(bitPattern: tid)
    else { return }
    try? space.store(value & Self.waitersBit | Self.ownerDiedBit, to: address)
    if value & Self.waitersBit != 0 {
      _ = kernel.futexes.wake(FutexKey(space, address), count: 1, bitset: .max)
    }
  }
}
