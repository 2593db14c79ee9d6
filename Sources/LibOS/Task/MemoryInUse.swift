import Machine

// Memory use as reported to the guest. Which clean pages are resident is arbitrary and differs after a
// resume, so a deterministic run counts only what the guest has asked for and written to.

extension Kernel {
  /// Bytes used by all processes, and by the library OS for them.
  var memoryInUse: UInt64 {
    guard isDeterministic else { return UInt64(arena.bytesInUse) }
    var seen: Set<ObjectIdentifier> = []
    return processes.values.reduce(0) { sum, process in
      seen.insert(ObjectIdentifier(process.space)).inserted
        ? sum + process.space.committedBytes : sum
    }
  }

  /// The most that has been in use, in bytes.
  var peakMemoryInUse: UInt64 {
    isDeterministic ? memoryInUse : UInt64(arena.peakFramesInUse) << 12
  }
}

extension Process {
  /// Pages that are resident (`VmRSS`).
  var residentPages: Int {
    kernel.isDeterministic ? space.privatePages : space.residentPages
  }

  /// Resident pages of one mapping.
  func residentPages(of vma: VMA) -> Int {
    kernel.isDeterministic
      ? space.privatePages(of: vma) : space.table.pages(in: vma.pages).count
  }

  /// How the pages of one mapping are used. A deterministic run counts all of them as private: which equal
  /// pages are shared is arbitrary, too.
  func pageUse(of vma: VMA) -> PageUse {
    kernel.isDeterministic
      ? PageUse(private: space.privatePages(of: vma)) : space.pageUse(of: vma)
  }

  /// Whether each of `pages` is resident, as mincore(2) tells it: 1 or 0.
  func residence(of pages: Range<UInt64>) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: pages.count)
    for page in space.table.pages(in: pages)
    where !kernel.isDeterministic || space.isKept(GuestAddress(page << 12)) {
      result[Int(page - pages.lowerBound)] = 1
    }
    let (start, end) = (GuestAddress(pages.lowerBound << 12), GuestAddress(pages.upperBound << 12))
    for vma in space.mappings.overlapping(start, end) {
      guard case .object(let object, let offset) = vma.backing else { continue }
      let shown = vma.pages.clamped(to: pages)
      if kernel.isDeterministic {
        for page in shown { result[Int(page - pages.lowerBound)] = 1 }
        continue
      }
      // What others have written of the file, or looked at.
      let first = offset >> 12 + (shown.lowerBound - vma.start.page)
      for index in object.heldPages(in: first..<(first + UInt64(shown.count))) {
        result[Int(shown.lowerBound + index - first - pages.lowerBound)] = 1
      }
    }
    return result
  }
}
