/// The `flags` of the `*at` calls (`openat(2)`, `linux/fcntl.h`). Some bits mean different things
/// to different calls: `AT_EACCESS` is `AT_REMOVEDIR`'s bit.
package struct AtFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let AT_SYMLINK_NOFOLLOW = AtFlags(rawValue: 0x100)
  package static let AT_REMOVEDIR = AtFlags(rawValue: 0x200)
  package static let AT_SYMLINK_FOLLOW = AtFlags(rawValue: 0x400)
  package static let AT_NO_AUTOMOUNT = AtFlags(rawValue: 0x800)
  package static let AT_EMPTY_PATH = AtFlags(rawValue: 0x1000)
  package static let AT_STATX_FORCE_SYNC = AtFlags(rawValue: 0x2000)
  package static let AT_STATX_DONT_SYNC = AtFlags(rawValue: 0x4000)
  package static let AT_RECURSIVE = AtFlags(rawValue: 0x8000)
  /// Another name for `AT_REMOVEDIR`.
  package static let AT_EACCESS = AT_REMOVEDIR

  package static let names: [(name: String, value: AtFlags)] = [
    ("AT_SYMLINK_NOFOLLOW", AT_SYMLINK_NOFOLLOW),
    ("AT_REMOVEDIR", AT_REMOVEDIR),
    ("AT_SYMLINK_FOLLOW", AT_SYMLINK_FOLLOW),
    ("AT_NO_AUTOMOUNT", AT_NO_AUTOMOUNT),
    ("AT_EMPTY_PATH", AT_EMPTY_PATH),
    ("AT_STATX_FORCE_SYNC", AT_STATX_FORCE_SYNC),
    ("AT_STATX_DONT_SYNC", AT_STATX_DONT_SYNC),
    ("AT_RECURSIVE", AT_RECURSIVE),
  ]

  /// The directory descriptor that stands for the current directory.
  package static let AT_FDCWD: Int32 = -100
}

/// What `faccessat(2)` asks for; empty is `F_OK`.
package struct AccessMode: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let X_OK = AccessMode(rawValue: 0x1)
  package static let W_OK = AccessMode(rawValue: 0x2)
  package static let R_OK = AccessMode(rawValue: 0x4)

  package static let names: [(name: String, value: AccessMode)] = [
    ("X_OK", X_OK),
    ("W_OK", W_OK),
    ("R_OK", R_OK),
  ]
}

/// Flags of `renameat2(2)`.
package struct RenameFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let RENAME_NOREPLACE = RenameFlags(rawValue: 0x1)
  package static let RENAME_EXCHANGE = RenameFlags(rawValue: 0x2)
  package static let RENAME_WHITEOUT = RenameFlags(rawValue: 0x4)

  package static let names: [(name: String, value: RenameFlags)] = [
    ("RENAME_NOREPLACE", RENAME_NOREPLACE),
    ("RENAME_EXCHANGE", RENAME_EXCHANGE),
    ("RENAME_WHITEOUT", RENAME_WHITEOUT),
  ]
}

/// Flags of `setxattr(2)`.
package struct XattrFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let XATTR_CREATE = XattrFlags(rawValue: 0x1)
  package static let XATTR_REPLACE = XattrFlags(rawValue: 0x2)

  package static let names: [(name: String, value: XattrFlags)] = [
    ("XATTR_CREATE", XATTR_CREATE),
    ("XATTR_REPLACE", XATTR_REPLACE),
  ]
}

/// The `resolve` member of `struct open_how` (`openat2(2)`).
package struct ResolveFlags: NamedFlags {
  package var rawValue: UInt64
  @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static let RESOLVE_NO_XDEV = ResolveFlags(rawValue: 0x1)
  package static let RESOLVE_NO_MAGICLINKS = ResolveFlags(rawValue: 0x2)
  package static let RESOLVE_NO_SYMLINKS = ResolveFlags(rawValue: 0x4)
  package static let RESOLVE_BENEATH = ResolveFlags(rawValue: 0x8)
  package static let RESOLVE_IN_ROOT = ResolveFlags(rawValue: 0x10)
  package static let RESOLVE_CACHED = ResolveFlags(rawValue: 0x20)

  package static let names: [(name: String, value: ResolveFlags)] = [
    ("RESOLVE_NO_XDEV", RESOLVE_NO_XDEV),
    ("RESOLVE_NO_MAGICLINKS", RESOLVE_NO_MAGICLINKS),
    ("RESOLVE_NO_SYMLINKS", RESOLVE_NO_SYMLINKS),
    ("RESOLVE_BENEATH", RESOLVE_BENEATH),
    ("RESOLVE_IN_ROOT", RESOLVE_IN_ROOT),
    ("RESOLVE_CACHED", RESOLVE_CACHED),
  ]
}
