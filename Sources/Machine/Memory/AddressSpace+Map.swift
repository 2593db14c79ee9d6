// Editing the mappings: what mmap, munmap, mprotect, mremap and madvise need.

extension AddressSpace {
  /// Adds a mapping where nothing is mapped, merging with its neighbours.
  ///
  /// Returns `false`, and changes nothing, when the memory limit forbids it.
  package func map(_ vma: VMA) -> Bool {
    precondition(vma.start < vma.end && vma.start.isPageAligned && vma.end.isPageAligned)
    precondition(isFree(vma.start, vma.end))
    if vma.isCommitted {
      guard committedBytes + vma.length <= UInt64(arena.byteLimit) else { return false }
      committedBytes += vma.length
    }
    if case .object(let object, _) = vma.backing { object.addMapper(self) }
    let index = index(endingAbove: vma.start)
    mappings.insert(vma, at: index)
    mergeNeighbours(around: index..<(index + 1))
    return true
  }

  /// Removes whatever is mapped in `start..<end`; splits mappings that cross its ends.
  package func unmap(_ start: GuestAddress, _ end: GuestAddress) {
    let affected = split(start, end)
    guard !affected.isEmpty else { return }
    for vma in mappings[affected] where vma.isCommitted { committedBytes -= vma.length }
    mappings.removeSubrange(affected)
    dropPages(start.page..<end.page)
  }

  /// Sets the permissions of all mappings in `start..<end` (which must be mapped throughout).
  /// Returns `false`, and changes nothing, when the memory limit forbids it.
  package func protect(_ start: GuestAddress, _ end: GuestAddress, _ permissions: Permissions)
    -> Bool
  {
    let affected = split(start, end)
    let before = mappings[affected].reduce(UInt64(0)) { $0 + ($1.isCommitted ? $1.length : 0) }
    let after = mappings[affected].reduce(UInt64(0)) { total, vma in
      var changed = vma
      changed.permissions = permissions
      return total + (changed.isCommitted ? vma.length : 0)
    }
    guard after <= before || committedBytes + after - before <= UInt64(arena.byteLimit) else {
      mergeNeighbours(around: affected)
      return false
    }
    committedBytes = committedBytes + after - before
    var changed = false
    for index in affected where mappings[index].permissions != permissions {
      mappings[index].permissions = permissions
      for page in table.pages(in: mappings[index].pages) {
        table[page].permissions = permissions
        changed = true
      }
    }
    if changed { flushTLB() }
    mergeNeighbours(around: affected)
    return true
  }

  /// Changes the flags of all mappings in `start..<end`.
  package func updateFlags(
    _ start: GuestAddress, _ end: GuestAddress, _ change: (inout VMA.Flags) -> Void
  ) {
    let affected = split(start, end)
    for index in affected { change(&mappings[index].flags) }
    mergeNeighbours(around: affected)
  }

  /// Moves the pages and the mapping of `start..<start+oldLength` (inside one mapping) to `target`
  /// (free, `newLength` bytes), extending or cutting it to the new length. With `keepOld` the old
  /// place stays mapped, its pages gone (`MREMAP_DONTUNMAP`).
  package func move(
    from start: GuestAddress, oldLength: UInt64, to target: GuestAddress, newLength: UInt64,
    keepOld: Bool = false
  ) -> Bool {
    guard let whole = mapping(at: start) else { return false }
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
      moved.append((page, table[page]))
      table[page] = .absent
    }
    if !moved.isEmpty { flushTLB() }
    if !keepOld { unmap(start, start + oldLength) }
    guard map(vma) else { return false }
    for (page, entry) in moved {
      let offset = page - start.page
      if offset < newLength >> 12 {
        table[target.page + offset] = entry
      } else {
        arena.release(entry.frame)
      }
    }
    return true
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

  /// Forgets the pages in `start..<end`; private ones read as their backing again
  /// (`MADV_DONTNEED`).
  package func discard(_ start: GuestAddress, _ end: GuestAddress) {
    dropPages(start.page..<end.page)
  }

  /// Forgets all private pages: nothing is going to run here any more.
  package func discardPrivatePages() {
    for vma in mappings where !vma.flags.contains(.shared) { dropPages(vma.pages) }
  }

  // MARK: Pieces

  /// Forgets the entries of `pages` and gives their frames up.
  func dropPages(_ pages: Range<UInt64>) {
    let present = table.pages(in: pages)
    guard !present.isEmpty else { return }
    for page in present {
      arena.release(table[page].frame)
      table[page] = .absent
    }
    flushTLB()
  }

  /// Forgets the entries that map pages `range` of `object`, which was cut short.
  func dropPages(of object: MemoryObject, in range: Range<UInt64>) {
    for vma in mappings {
      guard case .object(let mapped, let offset) = vma.backing, mapped === object else { continue }
      let first = offset >> 12
      let overlap = range.clamped(to: first..<(first + (vma.length >> 12)))
      guard !overlap.isEmpty else { continue }
      let base = vma.start.page
      dropPages((base + overlap.lowerBound - first)..<(base + overlap.upperBound - first))
    }
  }

  /// Cuts mappings so that none crosses `start` or `end`; returns those inside.
  func split(_ start: GuestAddress, _ end: GuestAddress) -> Range<Int> {
    cut(at: start)
    cut(at: end)
    let lower = index(endingAbove: start)
    var upper = lower
    while upper < mappings.count, mappings[upper].start < end { upper += 1 }
    return lower..<upper
  }

  private func cut(at address: GuestAddress) {
    let index = index(endingAbove: address)
    guard index < mappings.count, mappings[index].start < address else { return }
    let whole = mappings[index]
    mappings[index] = whole.clipped(to: whole.start, address)
    mappings.insert(whole.clipped(to: address, whole.end), at: index + 1)
  }

  /// Joins the mappings at the edges of and within `range` where they continue each other.
  func mergeNeighbours(around range: Range<Int>) {
    var index = min(range.upperBound, mappings.count - 1)
    while index > 0, index >= range.lowerBound {
      if mappings[index - 1].merges(with: mappings[index]) {
        mappings[index - 1].end = mappings[index].end
        mappings.remove(at: index)
      }
      index -= 1
    }
  }
}
