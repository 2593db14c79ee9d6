/// Which fields `statx(2)` is asked for or filled in.
package struct StatxMask: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let STATX_TYPE = StatxMask(rawValue: 0x1)
  package static let STATX_MODE = StatxMask(rawValue: 0x2)
  package static let STATX_NLINK = StatxMask(rawValue: 0x4)
  package static let STATX_UID = StatxMask(rawValue: 0x8)
  package static let STATX_GID = StatxMask(rawValue: 0x10)
  package static let STATX_ATIME = StatxMask(rawValue: 0x20)
  package static let STATX_MTIME = StatxMask(rawValue: 0x40)
  package static let STATX_CTIME = StatxMask(rawValue: 0x80)
  package static let STATX_INO = StatxMask(rawValue: 0x100)
  package static let STATX_SIZE = StatxMask(rawValue: 0x200)
  package static let STATX_BLOCKS = StatxMask(rawValue: 0x400)
  package static let STATX_BTIME = StatxMask(rawValue: 0x800)
  package static let STATX_MNT_ID = StatxMask(rawValue: 0x1000)
  package static let STATX_DIOALIGN = StatxMask(rawValue: 0x2000)

  package static let names: [(name: String, value: StatxMask)] = [
    ("STATX_TYPE", STATX_TYPE),
    ("STATX_MODE", STATX_MODE),
    ("STATX_NLINK", STATX_NLINK),
    ("STATX_UID", STATX_UID),
    ("STATX_GID", STATX_GID),
    ("STATX_ATIME", STATX_ATIME),
    ("STATX_MTIME", STATX_MTIME),
    ("STATX_CTIME", STATX_CTIME),
    ("STATX_INO", STATX_INO),
    ("STATX_SIZE", STATX_SIZE),
    ("STATX_BLOCKS", STATX_BLOCKS),
    ("STATX_BTIME", STATX_BTIME),
    ("STATX_MNT_ID", STATX_MNT_ID),
    ("STATX_DIOALIGN", STATX_DIOALIGN),
  ]

  /// What `stat(2)` returns.
  package static let STATX_BASIC_STATS = StatxMask(rawValue: 0x7ff)
  /// The bit that must be 0.
  package static let STATX__RESERVED: UInt32 = 0x8000_0000
}

/// The `stx_attributes` of `struct statx`.
package struct StatxAttributes: NamedFlags {
  package var rawValue: UInt64
  @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static let STATX_ATTR_COMPRESSED = StatxAttributes(rawValue: 0x4)
  package static let STATX_ATTR_IMMUTABLE = StatxAttributes(rawValue: 0x10)
  package static let STATX_ATTR_APPEND = StatxAttributes(rawValue: 0x20)
  package static let STATX_ATTR_NODUMP = StatxAttributes(rawValue: 0x40)
  package static let STATX_ATTR_ENCRYPTED = StatxAttributes(rawValue: 0x800)
  package static let STATX_ATTR_AUTOMOUNT = StatxAttributes(rawValue: 0x1000)
  package static let STATX_ATTR_MOUNT_ROOT = StatxAttributes(rawValue: 0x2000)
  package static let STATX_ATTR_VERITY = StatxAttributes(rawValue: 0x100000)
  package static let STATX_ATTR_DAX = StatxAttributes(rawValue: 0x200000)

  package static let names: [(name: String, value: StatxAttributes)] = [
    ("STATX_ATTR_COMPRESSED", STATX_ATTR_COMPRESSED),
    ("STATX_ATTR_IMMUTABLE", STATX_ATTR_IMMUTABLE),
    ("STATX_ATTR_APPEND", STATX_ATTR_APPEND),
    ("STATX_ATTR_NODUMP", STATX_ATTR_NODUMP),
    ("STATX_ATTR_ENCRYPTED", STATX_ATTR_ENCRYPTED),
    ("STATX_ATTR_AUTOMOUNT", STATX_ATTR_AUTOMOUNT),
    ("STATX_ATTR_MOUNT_ROOT", STATX_ATTR_MOUNT_ROOT),
    ("STATX_ATTR_VERITY", STATX_ATTR_VERITY),
    ("STATX_ATTR_DAX", STATX_ATTR_DAX),
  ]
}

/// The `f_flags` of `struct statfs`; the kernel sets `ST_VALID` in every answer.
package struct MountStatFlags: NamedFlags {
  package var rawValue: UInt64
  @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static let ST_RDONLY = MountStatFlags(rawValue: 0x1)
  package static let ST_NOSUID = MountStatFlags(rawValue: 0x2)
  package static let ST_NODEV = MountStatFlags(rawValue: 0x4)
  package static let ST_NOEXEC = MountStatFlags(rawValue: 0x8)
  package static let ST_SYNCHRONOUS = MountStatFlags(rawValue: 0x10)
  package static let ST_MANDLOCK = MountStatFlags(rawValue: 0x40)
  package static let ST_NOATIME = MountStatFlags(rawValue: 0x400)
  package static let ST_NODIRATIME = MountStatFlags(rawValue: 0x800)
  package static let ST_RELATIME = MountStatFlags(rawValue: 0x1000)

  package static let names: [(name: String, value: MountStatFlags)] = [
    ("ST_RDONLY", ST_RDONLY),
    ("ST_NOSUID", ST_NOSUID),
    ("ST_NODEV", ST_NODEV),
    ("ST_NOEXEC", ST_NOEXEC),
    ("ST_SYNCHRONOUS", ST_SYNCHRONOUS),
    ("ST_MANDLOCK", ST_MANDLOCK),
    ("ST_NOATIME", ST_NOATIME),
    ("ST_NODIRATIME", ST_NODIRATIME),
    ("ST_RELATIME", ST_RELATIME),
  ]

  /// `f_flags` is meaningful (`linux/statfs.h`).
  package static let ST_VALID = MountStatFlags(rawValue: 0x20)
}

/// The `f_type` of `struct statfs` (`linux/magic.h`).
package enum FilesystemMagic: UInt64, Hashable, Sendable, CaseIterable {
  case EXT4_SUPER_MAGIC = 0xef53
  case TMPFS_MAGIC = 0x1021994
  case PROC_SUPER_MAGIC = 0x9fa0
  case SYSFS_MAGIC = 0x6265_6572
  case DEVPTS_SUPER_MAGIC = 0x1cd1
  case MQUEUE_MAGIC = 0x1980_0202
  case OVERLAYFS_SUPER_MAGIC = 0x794c_7630
  case RAMFS_MAGIC = 0x8584_58f6
  case PIPEFS_MAGIC = 0x5049_5045
  case SOCKFS_MAGIC = 0x534f_434b
  case ANON_INODE_FS_MAGIC = 0x9041934
  case NSFS_MAGIC = 0x6e73_6673
  case HUGETLBFS_MAGIC = 0x9584_58f6
}
