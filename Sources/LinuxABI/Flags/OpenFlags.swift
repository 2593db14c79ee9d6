package import Machine

/// The flags of `open(2)`, `dup3(2)`, `pipe2(2)` and `F_SETFL`, in one form for all ISAs.
///
/// The bits are those of `asm-generic/fcntl.h`, which x86-64 and RISC-V use. AArch64 permutes four of them
/// (`init(_:isa:)`, `encoded(for:)`). The access mode is a value in the low two bits, not a flag.
package struct OpenFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let O_WRONLY = OpenFlags(rawValue: 0x1)
  package static let O_RDWR = OpenFlags(rawValue: 0x2)
  package static let O_CREAT = OpenFlags(rawValue: 0x40)
  package static let O_EXCL = OpenFlags(rawValue: 0x80)
  package static let O_NOCTTY = OpenFlags(rawValue: 0x100)
  package static let O_TRUNC = OpenFlags(rawValue: 0x200)
  package static let O_APPEND = OpenFlags(rawValue: 0x400)
  package static let O_NONBLOCK = OpenFlags(rawValue: 0x800)
  package static let O_DSYNC = OpenFlags(rawValue: 0x1000)
  /// `FASYNC` in the kernel: signal-driven I/O.
  package static let O_ASYNC = OpenFlags(rawValue: 0x2000)
  package static let O_DIRECT = OpenFlags(rawValue: 0x4000)
  package static let O_LARGEFILE = OpenFlags(rawValue: 0x8000)
  package static let O_DIRECTORY = OpenFlags(rawValue: 0x1_0000)
  package static let O_NOFOLLOW = OpenFlags(rawValue: 0x2_0000)
  package static let O_NOATIME = OpenFlags(rawValue: 0x4_0000)
  package static let O_CLOEXEC = OpenFlags(rawValue: 0x8_0000)
  /// Includes `O_DSYNC`.
  package static let O_SYNC = OpenFlags(rawValue: 0x10_1000)
  package static let O_PATH = OpenFlags(rawValue: 0x20_0000)
  /// The bit of `O_TMPFILE` that is not `O_DIRECTORY`'s.
  package static let temporary = OpenFlags(rawValue: 0x40_0000)
  /// Includes `O_DIRECTORY`.
  package static let O_TMPFILE = OpenFlags(rawValue: 0x41_0000)

  /// The longer combinations come first, so that a trace names them whole.
  package static let names: [(name: String, value: OpenFlags)] = [
    ("O_WRONLY", O_WRONLY),
    ("O_RDWR", O_RDWR),
    ("O_CREAT", O_CREAT),
    ("O_EXCL", O_EXCL),
    ("O_NOCTTY", O_NOCTTY),
    ("O_TRUNC", O_TRUNC),
    ("O_APPEND", O_APPEND),
    ("O_NONBLOCK", O_NONBLOCK),
    ("O_SYNC", O_SYNC),
    ("O_DSYNC", O_DSYNC),
    ("O_ASYNC", O_ASYNC),
    ("O_DIRECT", O_DIRECT),
    ("O_LARGEFILE", O_LARGEFILE),
    ("O_TMPFILE", O_TMPFILE),
    ("O_DIRECTORY", O_DIRECTORY),
    ("O_NOFOLLOW", O_NOFOLLOW),
    ("O_NOATIME", O_NOATIME),
    ("O_CLOEXEC", O_CLOEXEC),
    ("O_PATH", O_PATH),
  ]

  /// The bits that hold the access mode; 3 asks for both permissions but allows neither transfer.
  package static let O_ACCMODE = OpenFlags(rawValue: 0x3)

  /// The bits that `F_SETFL` may change (`fcntl(2)`).
  package static let settable: OpenFlags = [
    .O_APPEND, .O_NONBLOCK, .O_ASYNC, .O_DIRECT, .O_NOATIME,
  ]

  /// The bits that act on the open call only and that `F_GETFL` never shows.
  package static let creation: OpenFlags = [.O_CREAT, .O_EXCL, .O_NOCTTY, .O_TRUNC]

  /// The bits that mean something beside `O_PATH`, which is one of them.
  package static let besidePath: OpenFlags = [.O_PATH, .O_DIRECTORY, .O_NOFOLLOW, .O_CLOEXEC]

  /// Without the bits that mean nothing to open(2), which refuses none of them; openat2(2) does.
  package var meaningful: OpenFlags {
    contains(.O_PATH)
      ? intersection(Self.besidePath) : subtracting(unknown.subtracting(.O_ACCMODE))
  }

  /// Whether a temporary file is asked for as it must be: for writing, in a directory, and not to be made by name.
  package var isValidTemporary: Bool {
    isSuperset(of: .O_TMPFILE) && isWritable && !contains(.O_CREAT)
  }

  package var accessMode: OpenFlags { intersection(.O_ACCMODE) }

  /// Opened for reading (modes `O_RDONLY` and `O_RDWR`).
  package var isReadable: Bool { accessMode == [] || accessMode == .O_RDWR }

  /// Opened for writing (modes `O_WRONLY` and `O_RDWR`).
  package var isWritable: Bool { accessMode == .O_WRONLY || accessMode == .O_RDWR }

  /// As `strace(1)` shows it: the access mode is always named.
  package var description: String {
    var rest = subtracting(.O_ACCMODE)
    let modes = ["O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"]
    var parts = [modes[Int(accessMode.rawValue)]]
    for entry in Self.names.dropFirst(2) where rest.isSuperset(of: entry.value) {
      parts.append(entry.name)
      rest.subtract(entry.value)
    }
    if !rest.isEmpty { parts.append("0x" + String(rest.rawValue, radix: 16)) }
    return parts.joined(separator: "|")
  }
}

extension OpenFlags {
  /// AArch64's places of four flags (`arch/arm64/include/uapi/asm/fcntl.h`) and the generic ones.
  private static let moved: [(generic: OpenFlags, aarch64: UInt32)] = [
    (OpenFlags(rawValue: 0x1_0000), 0x4000),  // O_DIRECTORY
    (.O_NOFOLLOW, 0x8000),
    (.O_DIRECT, 0x1_0000),
    (.O_LARGEFILE, 0x2_0000),
  ]

  private static let movedBits: UInt32 = 0x3_c000

  /// The flags that a guest of `isa` passed.
  package init(_ guestFlags: UInt32, isa: GuestISA) {
    switch isa {
    case .x86_64, .riscv64: self.init(rawValue: guestFlags)
    case .aarch64:
      self.init(rawValue: guestFlags & ~Self.movedBits)
      for entry in Self.moved where guestFlags & entry.aarch64 != 0 { formUnion(entry.generic) }
    }
  }

  /// The number that a guest of `isa` expects (`F_GETFL`, `/proc/self/fdinfo`).
  package func encoded(for isa: GuestISA) -> UInt32 {
    switch isa {
    case .x86_64, .riscv64: return rawValue
    case .aarch64:
      var result = rawValue & ~Self.movedBits
      for entry in Self.moved where isSuperset(of: entry.generic) { result |= entry.aarch64 }
      return result
    }
  }
}
