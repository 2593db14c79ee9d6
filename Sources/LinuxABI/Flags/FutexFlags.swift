/// Commands of `futex(2)`, without the option bits.
package enum FutexCommand: UInt32, Hashable, Sendable, CaseIterable {
  case FUTEX_WAIT = 0
  case FUTEX_WAKE = 1
  case FUTEX_FD = 2
  case FUTEX_REQUEUE = 3
  case FUTEX_CMP_REQUEUE = 4
  case FUTEX_WAKE_OP = 5
  case FUTEX_LOCK_PI = 6
  case FUTEX_UNLOCK_PI = 7
  case FUTEX_TRYLOCK_PI = 8
  case FUTEX_WAIT_BITSET = 9
  case FUTEX_WAKE_BITSET = 10
  case FUTEX_WAIT_REQUEUE_PI = 11
  case FUTEX_CMP_REQUEUE_PI = 12
  case FUTEX_LOCK_PI2 = 13
}

/// Option bits beside the command of `futex(2)`.
package struct FutexOptions: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let FUTEX_PRIVATE_FLAG = FutexOptions(rawValue: 0x80)
  package static let FUTEX_CLOCK_REALTIME = FutexOptions(rawValue: 0x100)

  package static let names: [(name: String, value: FutexOptions)] = [
    ("FUTEX_PRIVATE_FLAG", FUTEX_PRIVATE_FLAG),
    ("FUTEX_CLOCK_REALTIME", FUTEX_CLOCK_REALTIME),
  ]
}

/// Bits of the futex word of a robust or priority-inheritance lock; the rest is the owner's thread
/// id.
package struct FutexWord: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let FUTEX_OWNER_DIED = FutexWord(rawValue: 0x4000_0000)
  package static let FUTEX_WAITERS = FutexWord(rawValue: 0x8000_0000)

  package static let names: [(name: String, value: FutexWord)] = [
    ("FUTEX_OWNER_DIED", FUTEX_OWNER_DIED),
    ("FUTEX_WAITERS", FUTEX_WAITERS),
  ]

  package static let FUTEX_TID_MASK: UInt32 = 0x3fff_ffff

  /// The thread id of the owner, 0 for none.
  package var owner: UInt32 { rawValue & Self.FUTEX_TID_MASK }
}

/// What `FUTEX_WAKE_OP` does to the second word.
package enum FutexOperation: UInt32, Hashable, Sendable, CaseIterable {
  case FUTEX_OP_SET = 0
  case FUTEX_OP_ADD = 1
  case FUTEX_OP_OR = 2
  case FUTEX_OP_ANDN = 3
  case FUTEX_OP_XOR = 4
}

/// How `FUTEX_WAKE_OP` compares the old value of the second word.
package enum FutexComparison: UInt32, Hashable, Sendable, CaseIterable {
  case FUTEX_OP_CMP_EQ = 0
  case FUTEX_OP_CMP_NE = 1
  case FUTEX_OP_CMP_LT = 2
  case FUTEX_OP_CMP_LE = 3
  case FUTEX_OP_CMP_GT = 4
  case FUTEX_OP_CMP_GE = 5
}
