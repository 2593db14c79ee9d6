// Editing the mappings: what mmap, munmap, mprotect, mremap and madvise need.

extension AddressSpace {
  /// Adds a mapping where nothing is mapped, merging with its neighbours.
  ///
  /// Returns `false`, and changes nothing, when the memory limit or `mappingLimit` forbids it.
  package func map(_ vma: VMA) -> Bool {
    var vma = vma
    if locksMappings { vma.flags.insert(.locked) }
    precondition(vma.start < vma.end && vma.start.isPageAligned && vma.end.isPageAligned)
    precondition(isFree(vma.start, vma.end))
    guard mappings.count <= Self.mappingLimit, hasRoom(forMappings: 1) else { return false }
    if vma.isCommitted {
      guard committedBytes + vma.length <= UInt64(arena.byteLimit) else { return false }
      committedBytes += vma.length
    }
    if case .object(let object, _) = vma.backing { object.addMapper(self) }
    mappings.insert(vma)
    mergeNeighbours(vma.start, vma.end)
    accountForMappings()
    return true
  }

  /// Removes all mappings in `start..<end`, splitting those that cross its ends.
  ///
  /// Returns `false`, and changes nothing, if there would be more than `mappingLimit` mappings.
  @discardableResult
  package func unmap(_ start: GuestAddress, _ end: GuestAddress) -> Bool {
    guard split(start, end) else { return false }
    let before = mappings.count
    mappings.removeAll(from: start, to: end) { vma in
      if vma.isCommitted { committedBytes -= vma.length }
    }
    if mappings.count < before { dropPages(start.page..<end.page) }
    accountForMappings()
    return true
  }

  /// Sets the permissions of all mappings in `start..<end`, which must be fully mapped. Returns `false`, and
  /// changes nothing, if the memory limit or `mappingLimit` forbids it.
  package func protect(_ start: GuestAddress, _ end: GuestAddress, _ permissions: Permissions)
    -> Bool
  {
    var before: UInt64 = 0
    var after: UInt64 = 0
    for vma in mappings.overlapping(start, end) {
      var changed = vma.clipped(to: start, end)
      if changed.isCommitted { before += changed.length }
      changed.permissions = permissions
      if changed.isCommitted { after += changed.length }
    }
    guard after <= before || committedBytes + after - before <= UInt64(arena.byteLimit),
      split(start, end)
    else { return false }
    committedBytes = committedBytes + after - before
    var changed = false
    updateAll(start, end) { vma in
      guard vma.permissions != permissions else { return }
      vma.permissions = permissions
      for page in table.pages(in: vma.pages) {
        table[page].permissions = permissions
        changed = true
      }
    }
    if changed { flushTLB() }
    return true
  }

  /// Changes the flags of all mappings in `start..<end`. Returns `false`, and changes nothing, if there would
  /// be more than `mappingLimit` mappings.
  @discardableResult
  package func updateFlags(
    _ start: GuestAddress, _ end: GuestAddress, _ change: (inout VMA.Flags) -> Void
  ) -> Bool {
    guard split(start, end) else { return false }
    updateAll(start, end) { change(&$0.flags) }
    return true
  }

  /// Names the mappings in `start..<end`, but for the stack and the heap. Returns `false`, and changes nothing, if
  /// there would be more than `mappingLimit` mappings.
  package func rename(_ start: GuestAddress, _ end: GuestAddress, _ name: String) -> Bool {
    guard start < end else { return true }
    guard split(start, end) else { return false }
    updateAll(start, end) { if $0.flags.isDisjoint(with: [.stack, .heap]) { $0.name = name } }
    return true
  }

  /// Gives the mapping at `address` what it holds.
  package func hold(_ holder: AnyObject, at address: GuestAddress) {
    mappings.update(at: mappings.firstIndex(endingAbove: address)) { $0.holder = holder }
  }

  /// Changes the mappings in `start..<end`, none of which crosses its ends, and merges them where possible.
  private func updateAll(
    _ start: GuestAddress, _ end: GuestAddress, _ change: (inout VMA) -> Void
  ) {
    var index = mappings.firstIndex(endingAbove: start)
    while index < mappings.endIndex, mappings[index].start < end {
      mappings.update(at: index, change)
      index = mappings.index(after: index)
    }
    mergeNeighbours(start, end)
    accountForMappings()
  }

  /// Moves the pages and the mapping of `start..<start+oldLength` (inside one mapping) to `target` (free,
  /// `newLength` bytes), extending or truncating it to the new length. With `keepOld` the old range stays
  /// mapped, without its pages (`MREMAP_DONTUNMAP`).
  package func move(
    from start: GuestAddress, oldLength: UInt64, to target: GuestAddress, newLength: UInt64,
    keepOld: Bool = false
  ) -> Bool {
    // As in mremap(2): a split must not fail half way.
    guard let whole = mapping(at: start), mappings.count < Self.mappingLimit - 3 else {
      return false
    }
    var vma = whole.clipped(to: start, start + oldLength)
    vma.start = target
    vma.end = target + newLength
    if vma.isCommitted {
      let gone = keepOld ? 0 : oldLength
      guard committedBytes + newLength - min(gone, newLength) <= UInt64(arena.byteLimit) else {
        return false
      }
    }
    var moved: [(UInt64, PageTableEntry)] = []
    for page in table.pages(in: start.page..<(start + oldLength).page) {
      moved.append((page, table.remove(page)))
    }
    if !moved.isEmpty { flushTLB() }
    if !keepOld { unmap(start, start + oldLength) }
    guard map(vma) else { return false }
    for (page, entry) in moved {
      let offset = page - start.page
      if offset < newLength >> 12 {
        table[target.page + offset] = relocated(entry)
      } else {
        arena.release(entry.frame)
      }
    }
    return true
  }

  /// The entry for another address, at which no earlier snapshot has the page.
  private func relocated(_ entry: PageTableEntry) -> PageTableEntry {
    guard entry.isDirty, !entry.isShared else { return entry }
    var entry = entry
    // The frame may be the view's.
    entry.isCopyOnWrite = true
    entry.epoch = arena.epoch
    return entry
  }

  /// Extends the mapping that ends at `end` by `length` bytes (free). `false` at the memory limit.
  package func extend(endingAt end: GuestAddress, by length: UInt64) -> Bool {
    guard let last = mapping(at: end - 1), last.end == end else { return false }
    var tail = last
    tail.start = end
    tail.end = end + length
    if case .object(let object, let offset) = last.backing {
      tail.backing = .object(object, offset: offset + last.length)
    }
    return map(tail)
  }

  /// Drops the pages in `start..<end`; private ones read as their backing again (`MADV_DONTNEED`).
  package func discard(_ start: GuestAddress, _ end: GuestAddress) {
    dropPages(start.page..<end.page)
  }

  /// Drops all private pages, since nothing will run in this address space any more.
  package func discardPrivatePages() {
    for vma in mappings where !vma.flags.contains(.shared) { dropPages(vma.pages) }
  }

  // MARK: Pieces

  /// Removes the entries of `pages` for which `isGone` is true, and releases their frames.
  func dropPages(
    _ pages: Range<UInt64>,
    where isGone: (_ page: UInt64, PageTableEntry) -> Bool = { _, _ in true }
  ) {
    let present = table.pages(in: pages).filter { isGone($0, table[$0]) }
    guard !present.isEmpty else { return }
    for page in present {
      arena.release(table.remove(page).frame)
    }
    flushTLB()
  }

  /// Removes the entries that map pages `range` of `object`; with `withCopies` also private copies of these
  /// pages.
  func dropPages(of object: MemoryObject, in range: Range<UInt64>, _ withCopies: Bool) {
    for vma in mappings {
      guard case .object(let mapped, let offset) = vma.backing, mapped === object else { continue }
      let first = offset >> 12
      let overlap = range.clamped(to: first..<(first + (vma.length >> 12)))
      guard !overlap.isEmpty else { continue }
      let base = vma.start.page
      dropPages((base + overlap.lowerBound - first)..<(base + overlap.upperBound - first)) {
        withCopies || object.heldFrame(first + ($0 - base)) == $1.frame
      }
    }
  }

  /// Splits mappings so that none crosses `start` or `end`; returns `false`, and splits nothing, if there
  /// would be more than `mappingLimit`.
  private func split(_ start: GuestAddress, _ end: GuestAddress) -> Bool {
    let cuts = (isCut(by: start) ? 1 : 0) + (isCut(by: end) ? 1 : 0)
    guard cuts == 0 || mappings.count + cuts <= Self.mappingLimit && hasRoom(forMappings: cuts)
    else { return false }
    cut(at: start)
    cut(at: end)
    return true
  }

  private func isCut(by address: GuestAddress) -> Bool {
    guard let vma = mapping(at: address) else { return false }
    return vma.start < address
  }

  private func cut(at address: GuestAddress) {
    guard let whole = mapping(at: address), whole.start < address else { return }
    mappings.update(at: mappings.firstIndex(endingAbove: address)) { $0.end = address }
    mappings.insert(whole.clipped(to: address, whole.end))
  }

  /// Merges mappings within `start..<end` and at its edges where possible.
  private func mergeNeighbours(_ start: GuestAddress, _ end: GuestAddress) {
    var index = mappings.firstIndex(endingAbove: start)
    if index > mappings.startIndex { index = mappings.index(before: index) }
    while index < mappings.endIndex {
      let vma = mappings[index]
      let next = mappings.index(after: index)
      guard next < mappings.endIndex, mappings[next].start <= end else { return }
      guard vma.merges(with: mappings[next]) else {
        index = next
        continue
      }
      mappings.mergeWithNext(at: index)
      index = mappings.firstIndex(endingAbove: vma.start)
    }
  }
}
