/// The answer to a TLB miss.
package enum Translation: Sendable {
  /// The frame, and the accesses that the engine may make to the page until the next flush.
  case frame(Frame, Permissions)
  /// The access is allowed, but the engine must first drop stale translations, flush its TLB and ask again.
  case retry
  /// The access is allowed, but the page's bytes are not here yet (see `StoredFrames`).
  case notHere
  case refused(MemoryFault.Reason)
}

extension AddressSpace {
  /// Finds or allocates the frame for an access to `address`.
  ///
  /// A page is granted without write permission until it was written in this epoch, so that its first write
  /// comes back here and marks it dirty. A page that is writable and executable is granted execution only when code is fetched from it.
  ///
  /// `isOwnCode` tells that the writing instruction lies in the written frame itself, mapped at another
  /// address. Neither access can proceed without the other, so the page is granted both, and the engine
  /// watches every store to it.
  package func translate(
    _ address: GuestAddress, _ access: Access, isOwnCode: Bool = false
  ) -> Translation {
    guard address < isa.userAddressLimit else {
      return .refused(isa == .x86_64 && !isCanonical(address) ? .nonCanonical : .unmapped)
    }
    let page = address.page
    var entry = table[page]
    if !entry.isPresent {
      if let reason = makePresent(page, address, access) { return .refused(reason) }
      noteFault()
      entry = table[page]
    }
    return grant(page, entry, access, isOwnCode)
  }

  private func isCanonical(_ address: GuestAddress) -> Bool {
    let top = address.rawValue >> 47
    return top == 0 || top == 0x1ffff
  }

  private func grant(
    _ page: UInt64, _ present: PageTableEntry, _ access: Access, _ isOwnCode: Bool
  ) -> Translation {
    var entry = present
    let allowed = entry.permissions
    guard allowed.permit(access) else { return .refused(.protection) }
    guard arena.load(entry.frame) else { return .notHere }
    switch access {
    case .read: break
    case .write:
      if !entry.isWritten(in: arena.epoch) {
        guard let frame = writableFrame(page, present) else { return .refused(.outOfMemory) }
        entry.frame = frame
        arena.markWritten(&entry)
        table[page] = entry
        // The engine looks up code by address first, and must not find that of the old frame; and it may have
        // the old frame of an object at several addresses.
        if frame != present.frame,
          present.isShared || arena.isCode(present.frame) && allowed.contains(.execute)
        {
          flushTLB()
          return .retry
        }
      }
      if arena.isCode(entry.frame), !allowed.contains(.execute) {
        if isOwnCode { return .frame(entry.frame, [.read, .write, .execute]) }
        arena.dropTranslations(of: entry.frame)
        flushTLB()
        return .retry
      }
    case .execute:
      if !arena.isCode(entry.frame) {
        arena.markCode(entry.frame)
        if arena.isWrittenShared(entry.frame) {
          // There may be a writable TLB entry for this frame at another address: flush it.
          flushTLB()
          return .retry
        }
      }
    }
    var granted: Permissions = .read
    let isWritable = allowed.contains(.write) && entry.isWritten(in: arena.epoch)
    if isWritable {
      granted.insert(.write)
      if entry.isShared { arena.markWrittenShared(entry.frame) }
    }
    if allowed.contains(.execute),
      arena.isCode(entry.frame) || !allowed.contains(.write) && !arena.isWrittenShared(entry.frame)
    {
      if !arena.isCode(entry.frame) { arena.markCode(entry.frame) }
      granted.insert(.execute)
    }
    return .frame(entry.frame, granted)
  }

  /// Whether the next write may give the page another frame.
  func mayMove(_ entry: PageTableEntry) -> Bool {
    entry.isCopyOnWrite || arena.newestViewEpoch != nil && entry.epoch != arena.epoch
  }

  /// The frame of a present page, to be written in this epoch.
  private func writableFrame(_ page: UInt64, _ entry: PageTableEntry) -> Frame? {
    if entry.isShared { return objectFrame(page, entry) }
    if !entry.isCopyOnWrite {
      if mayMove(entry) { arena.makeRoomForViews() }
      guard mayMove(entry) else { return entry.frame }
    }
    table.thaw(page)
    return privateCopy(of: entry.frame)
  }

  private func privateCopy(of frame: Frame) -> Frame? {
    if frame != .zero, !arena.isShared(frame) { return frame }
    guard let copy = arena.allocate(for: self) else { return nil }
    if frame != .zero { arena.copy(from: frame, to: copy) }
    arena.release(frame)
    return copy
  }

  /// The object's own frame of a page that is mapped shared.
  private func objectFrame(_ page: UInt64, _ entry: PageTableEntry) -> Frame? {
    guard let (object, index) = mapping(at: GuestAddress(page << 12))?.objectPage(page) else {
      return entry.frame
    }
    guard let frame = object.frame(index, isWrite: true) else { return nil }
    object.noteMappedWrite()
    // The entry of the old frame is gone, and its reference with it.
    if frame != entry.frame { arena.retain(frame) }
    return frame
  }

  // MARK: Faults

  /// Makes the entry of an absent page.
  ///
  /// - Returns: the reason why the page cannot be made present; nil on success.
  private func makePresent(
    _ page: UInt64, _ address: GuestAddress, _ access: Access
  ) -> MemoryFault.Reason? {
    let index = mappings.firstIndex(endingAbove: address)
    guard index < mappings.endIndex,
      mappings[index].contains(address) || growStack(index, to: address)
    else { return .unmapped }
    let vma = mappings[index]
    let allowed = vma.permissions
    guard allowed.permit(access) else { return .protection }
    guard table.hasLeaf(for: page) || arena.makeRoom(for: self) else { return .outOfMemory }
    guard let (object, objectIndex) = vma.objectPage(page) else {
      return fillAnonymous(page, allowed, access)
    }
    guard objectIndex << 12 < object.size else { return .bus }
    return vma.flags.contains(.shared)
      ? fillShared(page, object, objectIndex, allowed, access)
      : fillPrivate(page, vma, object, objectIndex)
  }

  private func fillAnonymous(_ page: UInt64, _ allowed: Permissions, _ access: Access)
    -> MemoryFault.Reason?
  {
    guard access == .write else {
      var entry = PageTableEntry(frame: .zero, permissions: allowed)
      entry.isCopyOnWrite = true
      table[page] = entry
      return nil
    }
    guard let frame = arena.allocate(for: self) else { return .outOfMemory }
    table[page] = PageTableEntry(frame: frame, permissions: allowed)
    return nil
  }

  private func fillShared(
    _ page: UInt64, _ object: MemoryObject, _ index: UInt64, _ allowed: Permissions,
    _ access: Access
  ) -> MemoryFault.Reason? {
    // A write to a page that it holds, whose bytes may not be here yet, is left to `grant`.
    guard let frame = object.heldFrame(index) ?? object.frame(index, isWrite: access == .write)
    else {
      let isFull = arena.allocate(for: self).map { arena.release($0) } == nil
      return isFull ? .outOfMemory : .bus
    }
    arena.retain(frame)
    var entry = PageTableEntry(frame: frame, permissions: allowed)
    entry.isShared = true
    table[page] = entry
    return nil
  }

  /// Fills a private page of a file: with the object's own frame, copy-on-write, if it holds or should hold
  /// one; otherwise by reading the file, together with absent neighbouring pages.
  private func fillPrivate(_ page: UInt64, _ vma: VMA, _ object: MemoryObject, _ index: UInt64)
    -> MemoryFault.Reason?
  {
    if let held = object.heldFrame(index) {
      mapCopyOnWrite(page, held, vma)
      return nil
    }
    if object.isCached, let frame = object.frame(index, isWrite: false) {
      mapCopyOnWrite(page, frame, vma)
      fillAround(page, vma, object)
      return nil
    }
    guard let frame = arena.allocate(for: self) else { return .outOfMemory }
    guard object.fill(frame, from: index) else {
      arena.release(frame)
      return .bus
    }
    table[page] = PageTableEntry(frame: frame, permissions: vma.permissions)
    fillAround(page, vma, object)
    return nil
  }

  private func mapCopyOnWrite(_ page: UInt64, _ frame: Frame, _ vma: VMA) {
    arena.retain(frame)
    var entry = PageTableEntry(frame: frame, permissions: vma.permissions)
    entry.isCopyOnWrite = true
    table[page] = entry
  }

  /// Loads the absent file pages in the aligned window around `page`. A program's text is accessed
  /// sequentially, and a fault costs as much as reading several pages.
  private func fillAround(_ page: UInt64, _ vma: VMA, _ object: MemoryObject) {
    guard object.source != nil, faultAroundPages > 1 else { return }
    let window = page / faultAroundPages * faultAroundPages
    let range = (window..<(window + faultAroundPages)).clamped(to: vma.pages)
    for neighbour in range where neighbour != page && !table[neighbour].isPresent {
      guard let (_, index) = vma.objectPage(neighbour), index << 12 < object.sourceSize
      else { continue }
      if object.isCached {
        guard let frame = object.frame(index, isWrite: false) else { return }
        mapCopyOnWrite(neighbour, frame, vma)
        continue
      }
      guard object.heldFrame(index) == nil, let frame = arena.allocate(for: self) else { continue }
      guard object.fill(frame, from: index) else {
        arena.release(frame)
        return
      }
      table[neighbour] = PageTableEntry(frame: frame, permissions: vma.permissions)
    }
  }

  /// Extends the stack mapping at `index` down to `address`, if its limits allow.
  private func growStack(_ index: VMASet.Index, to address: GuestAddress) -> Bool {
    let vma = mappings[index]
    guard vma.flags.contains(.growsDown) else { return false }
    let start = address.roundedDownToPage
    guard vma.end - start <= stackLimit else { return false }
    if index > mappings.startIndex {
      let below = mappings[mappings.index(before: index)]
      let isStack = below.flags.contains(.growsDown)
      guard below.end <= start, isStack || below.permissions.isEmpty || start - below.end >= 1 << 20
      else { return false }
    }
    mappings.update(at: index) { $0.start = start }
    return true
  }
}
