/// A set of capabilities, by the bits of `linux/capability.h` (capabilities(7)).
package struct CapabilitySet: OptionSet, Hashable, Sendable {
  package var rawValue: UInt64
  @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The set of one capability; nil for a number that none has.
  package init?(number: UInt64) {
    guard number <= Self.CAP_LAST_CAP else { return nil }
    self.init(rawValue: 1 << number)
  }

  private init(_ number: Int) { self.init(rawValue: 1 << UInt64(number)) }

  package static let CAP_CHOWN = Self(0)
  package static let CAP_DAC_OVERRIDE = Self(1)
  package static let CAP_DAC_READ_SEARCH = Self(2)
  package static let CAP_FOWNER = Self(3)
  package static let CAP_FSETID = Self(4)
  package static let CAP_KILL = Self(5)
  package static let CAP_SETGID = Self(6)
  package static let CAP_SETUID = Self(7)
  package static let CAP_SETPCAP = Self(8)
  package static let CAP_LINUX_IMMUTABLE = Self(9)
  package static let CAP_NET_BIND_SERVICE = Self(10)
  package static let CAP_NET_BROADCAST = Self(11)
  package static let CAP_NET_ADMIN = Self(12)
  package static let CAP_NET_RAW = Self(13)
  package static let CAP_IPC_LOCK = Self(14)
  package static let CAP_IPC_OWNER = Self(15)
  package static let CAP_SYS_MODULE = Self(16)
  package static let CAP_SYS_RAWIO = Self(17)
  package static let CAP_SYS_CHROOT = Self(18)
  package static let CAP_SYS_PTRACE = Self(19)
  package static let CAP_SYS_PACCT = Self(20)
  package static let CAP_SYS_ADMIN = Self(21)
  package static let CAP_SYS_BOOT = Self(22)
  package static let CAP_SYS_NICE = Self(23)
  package static let CAP_SYS_RESOURCE = Self(24)
  package static let CAP_SYS_TIME = Self(25)
  package static let CAP_SYS_TTY_CONFIG = Self(26)
  package static let CAP_MKNOD = Self(27)
  package static let CAP_LEASE = Self(28)
  package static let CAP_AUDIT_WRITE = Self(29)
  package static let CAP_AUDIT_CONTROL = Self(30)
  package static let CAP_SETFCAP = Self(31)
  package static let CAP_MAC_OVERRIDE = Self(32)
  package static let CAP_MAC_ADMIN = Self(33)
  package static let CAP_SYSLOG = Self(34)
  package static let CAP_WAKE_ALARM = Self(35)
  package static let CAP_BLOCK_SUSPEND = Self(36)
  package static let CAP_AUDIT_READ = Self(37)
  package static let CAP_PERFMON = Self(38)
  package static let CAP_BPF = Self(39)
  package static let CAP_CHECKPOINT_RESTORE = Self(40)

  package static let CAP_LAST_CAP: UInt64 = 40
  /// All that there are.
  package static let all = Self(rawValue: 1 << (CAP_LAST_CAP + 1) - 1)

  /// Those that go with the user of the filesystem (`CAP_FS_SET`).
  package static let ofFiles: Self = [
    .CAP_CHOWN, .CAP_DAC_OVERRIDE, .CAP_DAC_READ_SEARCH, .CAP_FOWNER, .CAP_FSETID,
    .CAP_LINUX_IMMUTABLE, .CAP_MKNOD, .CAP_MAC_OVERRIDE,
  ]
}

/// The bits of `PR_SET_SECUREBITS` (`linux/securebits.h`). The one above each locks it.
package struct SecureBits: OptionSet, Hashable, Sendable {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let SECBIT_NOROOT = Self(rawValue: 0x1)
  package static let SECBIT_NO_SETUID_FIXUP = Self(rawValue: 0x4)
  package static let SECBIT_KEEP_CAPS = Self(rawValue: 0x10)
  package static let SECBIT_NO_CAP_AMBIENT_RAISE = Self(rawValue: 0x40)

  package static let all: Self = [
    .SECBIT_NOROOT, .SECBIT_NO_SETUID_FIXUP, .SECBIT_KEEP_CAPS, .SECBIT_NO_CAP_AMBIENT_RAISE,
  ]
  /// The locks of them all.
  package static let locks = all.lock

  /// The bits that lock these.
  package var lock: Self { Self(rawValue: rawValue << 1) }
}

/// The second argument of `PR_CAP_AMBIENT`.
package enum AmbientCommand: UInt64, Sendable {
  case PR_CAP_AMBIENT_IS_SET = 1
  case PR_CAP_AMBIENT_RAISE = 2
  case PR_CAP_AMBIENT_LOWER = 3
  case PR_CAP_AMBIENT_CLEAR_ALL = 4
}
