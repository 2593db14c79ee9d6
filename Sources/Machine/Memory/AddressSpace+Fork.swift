// The address space of a new process: fork(2), "the child process is an exact duplicate".

extension AddressSpace {
  /// A copy that shares all frames. Frames of private pages are copied when either side writes.
  package func fork() -> AddressSpace {
    let child = AddressSpace(arena: arena, isa: isa)
    child.lineage = lineage.child(arena)
    child.stackLimit = stackLimit
    child.faultAroundPages = faultAroundPages
    child.mappings = mappings
    child.committedBytes = committedBytes
    child.accountForMappings()
    for vma in mappings {
      if case .object(let object, _) = vma.backing { object.addMapper(child) }
    }
    let hasLostWrites: Bool
    (child.table, hasLostWrites) = table.fork(memory: MemoryCharge(arena, .pageTables))
    if hasLostWrites { flushTLB() }
    child.forgetWhatIsNotInherited()
    return child
  }

  /// `MADV_DONTFORK`, `MADV_WIPEONFORK` and locks.
  private func forgetWhatIsNotInherited() {
    for vma in mappings where vma.flags.contains(.dontFork) { unmap(vma.start, vma.end) }
    for vma in mappings where vma.flags.contains(.locked) {
      _ = updateFlags(vma.start, vma.end) { $0.remove(.locked) }
    }
    wipe()
  }

  /// Drops the pages that a copy of the process must not have (`MADV_WIPEONFORK`).
  package func wipe() {
    for vma in mappings where vma.flags.contains(.wipeOnFork) { discard(vma.start, vma.end) }
  }
}
