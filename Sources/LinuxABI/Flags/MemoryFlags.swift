/// Page protections of `mmap(2)` and `mprotect(2)`.
package struct ProtectionFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let PROT_READ = ProtectionFlags(rawValue: 0x1)
  package static let PROT_WRITE = ProtectionFlags(rawValue: 0x2)
  package static let PROT_EXEC = ProtectionFlags(rawValue: 0x4)
  package static let PROT_SEM = ProtectionFlags(rawValue: 0x8)
  package static let PROT_GROWSDOWN = ProtectionFlags(rawValue: 0x1000000)
  package static let PROT_GROWSUP = ProtectionFlags(rawValue: 0x2000000)

  package static let names: [(name: String, value: ProtectionFlags)] = [
    ("PROT_READ", PROT_READ),
    ("PROT_WRITE", PROT_WRITE),
    ("PROT_EXEC", PROT_EXEC),
    ("PROT_SEM", PROT_SEM),
    ("PROT_GROWSDOWN", PROT_GROWSDOWN),
    ("PROT_GROWSUP", PROT_GROWSUP),
  ]
}

/// Flags of `mmap(2)` (`asm-generic/mman.h`, `linux/mman.h`). The low four bits are a type, not
/// flags: see `type`. `MAP_32BIT` exists on x86-64 only.
package struct MapFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let MAP_SHARED = MapFlags(rawValue: 0x1)
  package static let MAP_PRIVATE = MapFlags(rawValue: 0x2)
  package static let MAP_FIXED = MapFlags(rawValue: 0x10)
  package static let MAP_ANONYMOUS = MapFlags(rawValue: 0x20)
  package static let MAP_32BIT = MapFlags(rawValue: 0x40)
  package static let MAP_GROWSDOWN = MapFlags(rawValue: 0x100)
  package static let MAP_DENYWRITE = MapFlags(rawValue: 0x800)
  package static let MAP_EXECUTABLE = MapFlags(rawValue: 0x1000)
  package static let MAP_LOCKED = MapFlags(rawValue: 0x2000)
  package static let MAP_NORESERVE = MapFlags(rawValue: 0x4000)
  package static let MAP_POPULATE = MapFlags(rawValue: 0x8000)
  package static let MAP_NONBLOCK = MapFlags(rawValue: 0x10000)
  package static let MAP_STACK = MapFlags(rawValue: 0x20000)
  package static let MAP_HUGETLB = MapFlags(rawValue: 0x40000)
  package static let MAP_SYNC = MapFlags(rawValue: 0x80000)
  package static let MAP_FIXED_NOREPLACE = MapFlags(rawValue: 0x100000)

  package static let names: [(name: String, value: MapFlags)] = [
    ("MAP_SHARED", MAP_SHARED),
    ("MAP_PRIVATE", MAP_PRIVATE),
    ("MAP_FIXED", MAP_FIXED),
    ("MAP_ANONYMOUS", MAP_ANONYMOUS),
    ("MAP_32BIT", MAP_32BIT),
    ("MAP_GROWSDOWN", MAP_GROWSDOWN),
    ("MAP_DENYWRITE", MAP_DENYWRITE),
    ("MAP_EXECUTABLE", MAP_EXECUTABLE),
    ("MAP_LOCKED", MAP_LOCKED),
    ("MAP_NORESERVE", MAP_NORESERVE),
    ("MAP_POPULATE", MAP_POPULATE),
    ("MAP_NONBLOCK", MAP_NONBLOCK),
    ("MAP_STACK", MAP_STACK),
    ("MAP_HUGETLB", MAP_HUGETLB),
    ("MAP_SYNC", MAP_SYNC),
    ("MAP_FIXED_NOREPLACE", MAP_FIXED_NOREPLACE),
  ]

  /// Type 3: as shared, but unknown flags are refused.
  package static let MAP_SHARED_VALIDATE: UInt32 = 3

  /// What `MAP_SHARED_VALIDATE` takes, the type included (`LEGACY_MAP_MASK`).
  package static let known: MapFlags = [
    .MAP_SHARED, .MAP_PRIVATE, .MAP_FIXED, .MAP_ANONYMOUS, .MAP_32BIT, .MAP_GROWSDOWN,
    .MAP_DENYWRITE, .MAP_EXECUTABLE, .MAP_LOCKED, .MAP_NORESERVE, .MAP_POPULATE, .MAP_NONBLOCK,
    .MAP_STACK, .MAP_HUGETLB,
    // The sizes of huge pages.
    MapFlags(rawValue: 0x7c00_0000),
  ]

  /// The bits that `MAP_SHARED`, `MAP_PRIVATE` and `MAP_SHARED_VALIDATE` are values of.
  package static let MAP_TYPE: UInt32 = 15

  /// The sharing type, 0 to 15.
  package var type: UInt32 { rawValue & Self.MAP_TYPE }
}

/// Flags of `mremap(2)`.
package struct RemapFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let MREMAP_MAYMOVE = RemapFlags(rawValue: 0x1)
  package static let MREMAP_FIXED = RemapFlags(rawValue: 0x2)
  package static let MREMAP_DONTUNMAP = RemapFlags(rawValue: 0x4)

  package static let names: [(name: String, value: RemapFlags)] = [
    ("MREMAP_MAYMOVE", MREMAP_MAYMOVE),
    ("MREMAP_FIXED", MREMAP_FIXED),
    ("MREMAP_DONTUNMAP", MREMAP_DONTUNMAP),
  ]
}

/// Flags of `msync(2)`.
package struct SyncFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let MS_ASYNC = SyncFlags(rawValue: 0x1)
  package static let MS_INVALIDATE = SyncFlags(rawValue: 0x2)
  package static let MS_SYNC = SyncFlags(rawValue: 0x4)

  package static let names: [(name: String, value: SyncFlags)] = [
    ("MS_ASYNC", MS_ASYNC),
    ("MS_INVALIDATE", MS_INVALIDATE),
    ("MS_SYNC", MS_SYNC),
  ]
}

/// Flags of `mlockall(2)`.
package struct LockAllFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let MCL_CURRENT = LockAllFlags(rawValue: 0x1)
  package static let MCL_FUTURE = LockAllFlags(rawValue: 0x2)
  package static let MCL_ONFAULT = LockAllFlags(rawValue: 0x4)

  package static let names: [(name: String, value: LockAllFlags)] = [
    ("MCL_CURRENT", MCL_CURRENT),
    ("MCL_FUTURE", MCL_FUTURE),
    ("MCL_ONFAULT", MCL_ONFAULT),
  ]
}

/// Flags of `mlock2(2)`.
package struct LockFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let MLOCK_ONFAULT = LockFlags(rawValue: 0x1)

  package static let names: [(name: String, value: LockFlags)] = [
    ("MLOCK_ONFAULT", MLOCK_ONFAULT)
  ]
}

/// The `advice` of `madvise(2)`.
package enum MemoryAdvice: UInt32, Hashable, Sendable, CaseIterable {
  case MADV_NORMAL = 0
  case MADV_RANDOM = 1
  case MADV_SEQUENTIAL = 2
  case MADV_WILLNEED = 3
  case MADV_DONTNEED = 4
  case MADV_FREE = 8
  case MADV_REMOVE = 9
  case MADV_DONTFORK = 10
  case MADV_DOFORK = 11
  case MADV_MERGEABLE = 12
  case MADV_UNMERGEABLE = 13
  case MADV_HUGEPAGE = 14
  case MADV_NOHUGEPAGE = 15
  case MADV_DONTDUMP = 16
  case MADV_DODUMP = 17
  case MADV_WIPEONFORK = 18
  case MADV_KEEPONFORK = 19
  case MADV_COLD = 20
  case MADV_PAGEOUT = 21
  case MADV_POPULATE_READ = 22
  case MADV_POPULATE_WRITE = 23
  case MADV_HWPOISON = 100
}

/// Flags of `memfd_create(2)`.
package struct MemfdFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let MFD_CLOEXEC = MemfdFlags(rawValue: 0x1)
  package static let MFD_ALLOW_SEALING = MemfdFlags(rawValue: 0x2)
  package static let MFD_HUGETLB = MemfdFlags(rawValue: 0x4)

  package static let names: [(name: String, value: MemfdFlags)] = [
    ("MFD_CLOEXEC", MFD_CLOEXEC),
    ("MFD_ALLOW_SEALING", MFD_ALLOW_SEALING),
    ("MFD_HUGETLB", MFD_HUGETLB),
  ]
}
