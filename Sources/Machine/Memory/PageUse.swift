/// The use of a mapping's pages, counted as in `/proc/PID/smaps`.
package struct PageUse: Hashable, Sendable {
  package var resident = 0
  /// Anonymous pages.
  package var anonymous = 0
  package var sharedClean = 0
  package var sharedDirty = 0
  package var privateClean = 0
  package var privateDirty = 0
  /// The proportional set size in bytes, where each page is divided by the number of its users; and that of
  /// dirty pages.
  package var proportional = 0
  package var proportionalDirty = 0

  package init() {}

  /// Private dirty pages.
  package init(private pages: Int) {
    resident = pages
    anonymous = pages
    privateDirty = pages
    proportional = pages * Frame.size
    proportionalDirty = proportional
  }

  package static func += (total: inout PageUse, part: PageUse) {
    total.resident += part.resident
    total.anonymous += part.anonymous
    total.sharedClean += part.sharedClean
    total.sharedDirty += part.sharedDirty
    total.privateClean += part.privateClean
    total.privateDirty += part.privateDirty
    total.proportional += part.proportional
    total.proportionalDirty += part.proportionalDirty
  }
}

extension AddressSpace {
  /// Counts the pages of one mapping.
  package func pageUse(of vma: VMA) -> PageUse {
    var use = PageUse()
    for page in table.pages(in: vma.pages) {
      let entry = table[page]
      guard entry.frame != .zero else { continue }
      let held = vma.objectPage(page).flatMap { $0.object.heldFrame($0.index) } == entry.frame
      let tables = max(1, arena.references(to: entry.frame) - (held ? 1 : 0))
      use.resident += 1
      if !held, !entry.isShared { use.anonymous += 1 }
      use.proportional += Frame.size / tables
      if entry.isDirty { use.proportionalDirty += Frame.size / tables }
      switch (tables > 1, entry.isDirty) {
      case (true, true): use.sharedDirty += 1
      case (true, false): use.sharedClean += 1
      case (false, true): use.privateDirty += 1
      case (false, false): use.privateClean += 1
      }
    }
    return use
  }
}
