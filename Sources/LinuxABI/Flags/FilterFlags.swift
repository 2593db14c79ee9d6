/// Operations of `seccomp(2)` (`linux/seccomp.h`).
package enum SeccompOperation: UInt32, Sendable {
  case SECCOMP_SET_MODE_STRICT = 0
  case SECCOMP_SET_MODE_FILTER = 1
  case SECCOMP_GET_ACTION_AVAIL = 2
  case SECCOMP_GET_NOTIF_SIZES = 3
}

/// Flags of `SECCOMP_SET_MODE_FILTER`.
package struct SeccompFlags: OptionSet, Sendable {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let SECCOMP_FILTER_FLAG_TSYNC = Self(rawValue: 1)
  package static let SECCOMP_FILTER_FLAG_LOG = Self(rawValue: 2)
  package static let SECCOMP_FILTER_FLAG_SPEC_ALLOW = Self(rawValue: 4)
  package static let SECCOMP_FILTER_FLAG_NEW_LISTENER = Self(rawValue: 8)
  package static let SECCOMP_FILTER_FLAG_TSYNC_ESRCH = Self(rawValue: 16)
  package static let SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV = Self(rawValue: 32)

  package static let all: Self = [
    .SECCOMP_FILTER_FLAG_TSYNC, .SECCOMP_FILTER_FLAG_LOG, .SECCOMP_FILTER_FLAG_SPEC_ALLOW,
    .SECCOMP_FILTER_FLAG_NEW_LISTENER, .SECCOMP_FILTER_FLAG_TSYNC_ESRCH,
    .SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
  ]
}

/// Requests to a listener (seccomp_unotify(2)).
package enum SeccompRequest: UInt32, Sendable {
  case SECCOMP_IOCTL_NOTIF_RECV = 0xc050_2100
  case SECCOMP_IOCTL_NOTIF_SEND = 0xc018_2101
  case SECCOMP_IOCTL_NOTIF_ID_VALID = 0x4008_2102
  /// The same, as early headers had it.
  case SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR = 0x8008_2102
  case SECCOMP_IOCTL_NOTIF_ADDFD = 0x4018_2103

  /// Whether it is `request`, but for the size of its structure.
  package func names(_ request: UInt32) -> Bool {
    (rawValue ^ request) & ~0x3fff_0000 == 0
  }

  package static let SECCOMP_USER_NOTIF_FLAG_CONTINUE: UInt32 = 1
  package static let SECCOMP_ADDFD_FLAG_SETFD: UInt32 = 1
  package static let SECCOMP_ADDFD_FLAG_SEND: UInt32 = 2
}

/// What a seccomp filter answers, without its 16 bits of data.
package enum SeccompAction: UInt32, CaseIterable, Sendable {
  case SECCOMP_RET_KILL_PROCESS = 0x8000_0000
  case SECCOMP_RET_KILL_THREAD = 0
  case SECCOMP_RET_TRAP = 0x3_0000
  case SECCOMP_RET_ERRNO = 0x5_0000
  case SECCOMP_RET_USER_NOTIF = 0x7fc0_0000
  case SECCOMP_RET_TRACE = 0x7ff0_0000
  case SECCOMP_RET_LOG = 0x7ffc_0000
  case SECCOMP_RET_ALLOW = 0x7fff_0000

  /// The name in `/proc/sys/kernel/seccomp/actions_avail`.
  package var word: String { String("\(self)".dropFirst("SECCOMP_RET_".count)).lowercased() }
}
