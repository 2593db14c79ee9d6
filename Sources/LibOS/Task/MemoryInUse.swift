import Machine

// What the guest is told of memory in use. Which clean pages are resident is chance, and differs after a
// resume; so a deterministic run counts what the guest has asked for and written to.

extension Kernel {
  /// Bytes in use by all processes.
  var memoryInUse: UInt64 {
    guard isDeterministic else { return UInt64(arena.framesInUse) << 12 }
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

  /// How the pages of one mapping are used. A deterministic run counts all of them as its own: which equal
  /// pages are stored once is chance, too.
  func pageUse(of vma: VMA) -> PageUse {
    kernel.isDeterministic
      ? PageUse(private: space.privatePages(of: vma)) : space.pageUse(of: vma)
  }

  /// Whether the page that holds `address` is resident (mincore(2)).
  func isResident(_ address: GuestAddress) -> Bool {
    kernel.isDeterministic ? space.isKept(address) : space.isResident(address)
  }
}
