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
