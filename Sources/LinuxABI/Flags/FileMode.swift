/// Type and permission bits of a file (`inode(7)`, `asm-generic/stat.h` by way of `linux/stat.h`).
package struct FileMode: Hashable, Sendable, RawRepresentable {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The bits that hold the type.
  package static let S_IFMT: UInt32 = 0o170000

  package static let S_ISUID: UInt32 = 0o4000
  package static let S_ISGID: UInt32 = 0o2000
  package static let S_ISVTX: UInt32 = 0o1000

  package init(type: FileType, permissions: UInt32) {
    rawValue = type.rawValue | permissions & 0o7777
  }

  /// `nil` for a combination that Linux doesn't define.
  package var type: FileType? { FileType(rawValue: rawValue & Self.S_IFMT) }

  /// The twelve low bits: set-id, sticky, and read, write, execute for owner, group and others.
  package var permissions: UInt32 {
    get { rawValue & 0o7777 }
    set { rawValue = rawValue & ~0o7777 | newValue & 0o7777 }
  }
}

/// The type of a file, as `st_mode` holds it.
package enum FileType: UInt32, Hashable, Sendable, CaseIterable {
  case S_IFIFO = 0o10000
  case S_IFCHR = 0o20000
  case S_IFDIR = 0o40000
  case S_IFBLK = 0o60000
  case S_IFREG = 0o100000
  case S_IFLNK = 0o120000
  case S_IFSOCK = 0o140000

  /// The `d_type` of `struct dirent64` (`DT_DIR` …): the type bits shifted down.
  package var directoryEntryType: UInt8 { UInt8(rawValue >> 12) }

  /// The letter that `ls -l` shows.
  package var letter: Character {
    switch self {
    case .S_IFIFO: "p"
    case .S_IFCHR: "c"
    case .S_IFDIR: "d"
    case .S_IFBLK: "b"
    case .S_IFREG: "-"
    case .S_IFLNK: "l"
    case .S_IFSOCK: "s"
    }
  }
}
