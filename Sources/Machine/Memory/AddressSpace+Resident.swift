// Information about pages for snapshots and /proc.

extension AddressSpace {
  /// The number of private pages that differ from their backing.
  package var privatePages: Int {
    mappings.reduce(0) { $0 + privatePages(of: $1) }
  }

  package func privatePages(of vma: VMA) -> Int {
    if vma.flags.contains(.shared) { return 0 }
    return table.pages(in: vma.pages).count { table[$0].isDirty }
  }

  package func isResident(_ page: UInt64) -> Bool { table[page].isPresent }

  /// Whether the page that contains `address` was written to, or belongs to a file mapping.
  package func isKept(_ address: GuestAddress) -> Bool {
    if table[address.page].isDirty { return true }
    guard case .object = mapping(at: address)?.backing else { return false }
    return true
  }

  /// Restores a private page. Takes over the caller's reference.
  ///
  /// - Parameter permissions: those of the mapping that it is in.
  package func restorePage(_ page: UInt64, frame: Frame, _ permissions: Permissions) {
    table[page] = Self.restored(frame, permissions)
  }

  /// Restores private pages that are absent, in consecutive frames or all in the zero frame.
  package func restorePages(_ pages: Range<UInt64>, first: Frame, _ permissions: Permissions) {
    table.fill(pages) { Self.restored(first.following(Int($0)), permissions) }
  }

  private static func restored(_ frame: Frame, _ permissions: Permissions) -> PageTableEntry {
    var entry = PageTableEntry(frame: frame, permissions: permissions)
    entry.isDirty = true
    // The frame may be shared; a sole owner keeps it on a write.
    entry.isCopyOnWrite = true
    return entry
  }

  /// Whether the page that contains `address` is present (`mincore`).
  package func isResident(_ address: GuestAddress) -> Bool {
    table[address.page].isPresent
  }

  /// Makes the page at `address` resident, writable if the guest may write it; `false` if that is impossible.
  package func populate(_ address: GuestAddress) -> Bool {
    if isResident(address) { return true }
    switch translate(address, .write) {
    case .frame, .retry, .notHere: return true
    case .refused(.protection): break
    case .refused: return false
    }
    switch translate(address, .read) {
    case .frame, .retry, .notHere: return true
    case .refused: return false
    }
  }
}
