/// Commands of `fcntl(2)`, the same on every 64-bit ISA.
package enum FcntlCommand: UInt32, Hashable, Sendable, CaseIterable {
  case F_DUPFD = 0
  case F_GETFD = 1
  case F_SETFD = 2
  case F_GETFL = 3
  case F_SETFL = 4
  case F_GETLK = 5
  case F_SETLK = 6
  case F_SETLKW = 7
  case F_SETOWN = 8
  case F_GETOWN = 9
  case F_SETSIG = 10
  case F_GETSIG = 11
  case F_SETOWN_EX = 15
  case F_GETOWN_EX = 16
  case F_OFD_GETLK = 36
  case F_OFD_SETLK = 37
  case F_OFD_SETLKW = 38
  case F_SETLEASE = 1024
  case F_GETLEASE = 1025
  case F_NOTIFY = 1026
  case F_DUPFD_CLOEXEC = 1030
  case F_SETPIPE_SZ = 1031
  case F_GETPIPE_SZ = 1032
  case F_ADD_SEALS = 1033
  case F_GET_SEALS = 1034
  case F_GET_RW_HINT = 1035
  case F_SET_RW_HINT = 1036

  /// The only descriptor flag (`F_GETFD`, `F_SETFD`).
  package static let FD_CLOEXEC: UInt32 = 1
}

/// File seals (`F_ADD_SEALS` in `fcntl(2)`).
package struct SealFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let F_SEAL_SEAL = SealFlags(rawValue: 0x1)
  package static let F_SEAL_SHRINK = SealFlags(rawValue: 0x2)
  package static let F_SEAL_GROW = SealFlags(rawValue: 0x4)
  package static let F_SEAL_WRITE = SealFlags(rawValue: 0x8)
  package static let F_SEAL_FUTURE_WRITE = SealFlags(rawValue: 0x10)

  package static let names: [(name: String, value: SealFlags)] = [
    ("F_SEAL_SEAL", F_SEAL_SEAL),
    ("F_SEAL_SHRINK", F_SEAL_SHRINK),
    ("F_SEAL_GROW", F_SEAL_GROW),
    ("F_SEAL_WRITE", F_SEAL_WRITE),
    ("F_SEAL_FUTURE_WRITE", F_SEAL_FUTURE_WRITE),
  ]
}

/// The `l_type` of `struct flock`.
package enum RecordLockType: Int16, Hashable, Sendable, CaseIterable {
  case F_RDLCK = 0
  case F_WRLCK = 1
  case F_UNLCK = 2
}

/// Operations of `flock(2)`.
package struct FlockOperation: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let LOCK_SH = FlockOperation(rawValue: 0x1)
  package static let LOCK_EX = FlockOperation(rawValue: 0x2)
  package static let LOCK_NB = FlockOperation(rawValue: 0x4)
  package static let LOCK_UN = FlockOperation(rawValue: 0x8)

  package static let names: [(name: String, value: FlockOperation)] = [
    ("LOCK_SH", LOCK_SH),
    ("LOCK_EX", LOCK_EX),
    ("LOCK_NB", LOCK_NB),
    ("LOCK_UN", LOCK_UN),
  ]
}

/// The `whence` of `lseek(2)`.
package enum Whence: UInt32, Hashable, Sendable, CaseIterable {
  case SEEK_SET = 0
  case SEEK_CUR = 1
  case SEEK_END = 2
  case SEEK_DATA = 3
  case SEEK_HOLE = 4
}

/// Modes of `fallocate(2)`.
package struct FallocateMode: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let FALLOC_FL_KEEP_SIZE = FallocateMode(rawValue: 0x1)
  package static let FALLOC_FL_PUNCH_HOLE = FallocateMode(rawValue: 0x2)
  package static let FALLOC_FL_COLLAPSE_RANGE = FallocateMode(rawValue: 0x8)
  package static let FALLOC_FL_ZERO_RANGE = FallocateMode(rawValue: 0x10)
  package static let FALLOC_FL_INSERT_RANGE = FallocateMode(rawValue: 0x20)
  package static let FALLOC_FL_UNSHARE_RANGE = FallocateMode(rawValue: 0x40)

  package static let names: [(name: String, value: FallocateMode)] = [
    ("FALLOC_FL_KEEP_SIZE", FALLOC_FL_KEEP_SIZE),
    ("FALLOC_FL_PUNCH_HOLE", FALLOC_FL_PUNCH_HOLE),
    ("FALLOC_FL_COLLAPSE_RANGE", FALLOC_FL_COLLAPSE_RANGE),
    ("FALLOC_FL_ZERO_RANGE", FALLOC_FL_ZERO_RANGE),
    ("FALLOC_FL_INSERT_RANGE", FALLOC_FL_INSERT_RANGE),
    ("FALLOC_FL_UNSHARE_RANGE", FALLOC_FL_UNSHARE_RANGE),
  ]
}

/// Flags of `splice(2)`, `tee(2)` and `vmsplice(2)`.
package struct SpliceFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let SPLICE_F_MOVE = SpliceFlags(rawValue: 0x1)
  package static let SPLICE_F_NONBLOCK = SpliceFlags(rawValue: 0x2)
  package static let SPLICE_F_MORE = SpliceFlags(rawValue: 0x4)
  package static let SPLICE_F_GIFT = SpliceFlags(rawValue: 0x8)

  package static let names: [(name: String, value: SpliceFlags)] = [
    ("SPLICE_F_MOVE", SPLICE_F_MOVE),
    ("SPLICE_F_NONBLOCK", SPLICE_F_NONBLOCK),
    ("SPLICE_F_MORE", SPLICE_F_MORE),
    ("SPLICE_F_GIFT", SPLICE_F_GIFT),
  ]
}

/// Flags of `preadv2(2)` and `pwritev2(2)`.
package struct ReadWriteFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let RWF_HIPRI = ReadWriteFlags(rawValue: 0x1)
  package static let RWF_DSYNC = ReadWriteFlags(rawValue: 0x2)
  package static let RWF_SYNC = ReadWriteFlags(rawValue: 0x4)
  package static let RWF_NOWAIT = ReadWriteFlags(rawValue: 0x8)
  package static let RWF_APPEND = ReadWriteFlags(rawValue: 0x10)

  package static let names: [(name: String, value: ReadWriteFlags)] = [
    ("RWF_HIPRI", RWF_HIPRI),
    ("RWF_DSYNC", RWF_DSYNC),
    ("RWF_SYNC", RWF_SYNC),
    ("RWF_NOWAIT", RWF_NOWAIT),
    ("RWF_APPEND", RWF_APPEND),
  ]
}

/// Flags of `close_range(2)`.
package struct CloseRangeFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let CLOSE_RANGE_UNSHARE = CloseRangeFlags(rawValue: 0x2)
  package static let CLOSE_RANGE_CLOEXEC = CloseRangeFlags(rawValue: 0x4)

  package static let names: [(name: String, value: CloseRangeFlags)] = [
    ("CLOSE_RANGE_UNSHARE", CLOSE_RANGE_UNSHARE),
    ("CLOSE_RANGE_CLOEXEC", CLOSE_RANGE_CLOEXEC),
  ]
}

/// The `advice` of `fadvise64(2)`.
package enum FileAdvice: UInt32, Hashable, Sendable, CaseIterable {
  case POSIX_FADV_NORMAL = 0
  case POSIX_FADV_RANDOM = 1
  case POSIX_FADV_SEQUENTIAL = 2
  case POSIX_FADV_WILLNEED = 3
  case POSIX_FADV_DONTNEED = 4
  case POSIX_FADV_NOREUSE = 5
}

/// Flags of `sync_file_range(2)`.
package struct SyncFileRangeFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let SYNC_FILE_RANGE_WAIT_BEFORE = SyncFileRangeFlags(rawValue: 0x1)
  package static let SYNC_FILE_RANGE_WRITE = SyncFileRangeFlags(rawValue: 0x2)
  package static let SYNC_FILE_RANGE_WAIT_AFTER = SyncFileRangeFlags(rawValue: 0x4)

  package static let names: [(name: String, value: SyncFileRangeFlags)] = [
    ("SYNC_FILE_RANGE_WAIT_BEFORE", SYNC_FILE_RANGE_WAIT_BEFORE),
    ("SYNC_FILE_RANGE_WRITE", SYNC_FILE_RANGE_WRITE),
    ("SYNC_FILE_RANGE_WAIT_AFTER", SYNC_FILE_RANGE_WAIT_AFTER),
  ]
}

/// Events of `F_NOTIFY` (`fcntl(2)`).
package struct DirectoryEvents: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let DN_ACCESS = DirectoryEvents(rawValue: 0x1)
  package static let DN_MODIFY = DirectoryEvents(rawValue: 0x2)
  package static let DN_CREATE = DirectoryEvents(rawValue: 0x4)
  package static let DN_DELETE = DirectoryEvents(rawValue: 0x8)
  package static let DN_RENAME = DirectoryEvents(rawValue: 0x10)
  package static let DN_ATTRIB = DirectoryEvents(rawValue: 0x20)
  package static let DN_MULTISHOT = DirectoryEvents(rawValue: 0x8000_0000)

  package static let names: [(name: String, value: DirectoryEvents)] = [
    ("DN_ACCESS", DN_ACCESS),
    ("DN_MODIFY", DN_MODIFY),
    ("DN_CREATE", DN_CREATE),
    ("DN_DELETE", DN_DELETE),
    ("DN_RENAME", DN_RENAME),
    ("DN_ATTRIB", DN_ATTRIB),
    ("DN_MULTISHOT", DN_MULTISHOT),
  ]
}
