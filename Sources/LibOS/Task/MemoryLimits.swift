import LinuxABI
import Machine

// What the limits of a process say about its memory: RLIMIT_AS, RLIMIT_DATA and RLIMIT_MEMLOCK (setrlimit(2)).

extension Process {
  /// Whether there may be a new mapping.
  func mayMap(_ vma: VMA) -> Bool { mayMap(vma.length, isData: vma.isData) }

  /// Whether there may be a new mapping in the place of what is at `start`.
  func mayMap(_ vma: VMA, replacing start: GuestAddress) -> Bool {
    if mayMap(vma) { return true }
    let end = start + vma.length
    let replaced = space.mappings.overlapping(start, end).reduce(0) {
      $0 + $1.clipped(to: start, end).length
    }
    return mayMap(vma.length - replaced, isData: vma.isData)
  }

  /// Whether `length` bytes more may be mapped.
  func mayMap(_ length: UInt64, isData: Bool) -> Bool {
    let limit = limits[ResourceLimits.addressSpace].soft
    guard limit == ResourceLimits.infinity || space.mappedBytes + length <= limit else {
      return false
    }
    return !isData || mayHaveData(length)
  }

  /// Whether `length` bytes more may be private and writable.
  func mayHaveData(_ length: UInt64) -> Bool { length <= dataRoom }

  /// Bytes more that may be private and writable. Counts all mappings if there is a limit.
  var dataRoom: UInt64 {
    let limit = limits[ResourceLimits.data]
    guard limit.soft != ResourceLimits.infinity else { return .max }
    let data = space.mappings.reduce(0) { $1.isData ? $0 + $1.length : $0 }
    // Who sets the limit to 0 does not mean it (`may_expand_vm` says so of valgrind).
    let allowed = limit.soft == 0 ? limit.hard : limit.soft
    return allowed - min(allowed, data)
  }

  /// Whether it may lock anything at all.
  var mayLock: Bool {
    credentials.has(.CAP_IPC_LOCK) || limits[ResourceLimits.lockedMemory].soft > 0
  }

  /// Whether `length` bytes more may be locked.
  func mayLock(_ length: UInt64) -> Bool {
    let limit = limits[ResourceLimits.lockedMemory].soft
    guard !credentials.has(.CAP_IPC_LOCK), limit != ResourceLimits.infinity else { return true }
    return space.lockedBytes + length <= limit / 4096 * 4096
  }
}

extension VMA {
  /// It counts against RLIMIT_DATA.
  var isData: Bool {
    permissions.contains(.write) && flags.isDisjoint(with: [.shared, .stack, .growsDown])
  }
}

extension AddressSpace {
  /// Bytes of the locked mappings.
  var lockedBytes: UInt64 {
    mappings.reduce(0) { $0 + ($1.flags.contains(.locked) ? $1.length : 0) }
  }
}
