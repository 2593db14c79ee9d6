// System V IPC: the numbers of `sys/ipc.h`, `sys/shm.h`, `sys/sem.h` and `sys/msg.h` (sysvipc(7)).

/// Flags of `shmget`, `semget` and `msgget`; the low nine bits are permissions.
package struct IpcFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let IPC_CREAT = IpcFlags(rawValue: 0o1000)
  package static let IPC_EXCL = IpcFlags(rawValue: 0o2000)
  package static let IPC_NOWAIT = IpcFlags(rawValue: 0o4000)

  package static let names: [(name: String, value: IpcFlags)] = [
    ("IPC_CREAT", IPC_CREAT),
    ("IPC_EXCL", IPC_EXCL),
    ("IPC_NOWAIT", IPC_NOWAIT),
  ]

  package static let IPC_PRIVATE: Int32 = 0
}

/// Flags of `shmat(2)`.
package struct SharedMemoryFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let SHM_RDONLY = SharedMemoryFlags(rawValue: 0o10000)
  package static let SHM_RND = SharedMemoryFlags(rawValue: 0o20000)
  package static let SHM_REMAP = SharedMemoryFlags(rawValue: 0o40000)
  package static let SHM_EXEC = SharedMemoryFlags(rawValue: 0o100000)

  package static let names: [(name: String, value: SharedMemoryFlags)] = [
    ("SHM_RDONLY", SHM_RDONLY),
    ("SHM_RND", SHM_RND),
    ("SHM_REMAP", SHM_REMAP),
    ("SHM_EXEC", SHM_EXEC),
  ]

  /// Of shmget(2): a segment of huge pages.
  package static let SHM_HUGETLB: UInt32 = 0o4000

  /// Mode bits of a segment that is gone with its last attachment, and that may not be swapped.
  package static let SHM_DEST: UInt32 = 0o1000
  package static let SHM_LOCKED: UInt32 = 0o2000
}

/// Flags of one operation of `semop(2)`.
package struct SemaphoreFlags: NamedFlags {
  package var rawValue: UInt16
  @inlinable package init(rawValue: UInt16) { self.rawValue = rawValue }

  package static let IPC_NOWAIT = SemaphoreFlags(rawValue: 0o4000)
  package static let SEM_UNDO = SemaphoreFlags(rawValue: 0x1000)

  package static let names: [(name: String, value: SemaphoreFlags)] = [
    ("IPC_NOWAIT", IPC_NOWAIT),
    ("SEM_UNDO", SEM_UNDO),
  ]
}

/// Flags of `msgsnd(2)` and `msgrcv(2)`.
package struct MessageQueueFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let IPC_NOWAIT = MessageQueueFlags(rawValue: 0o4000)
  package static let MSG_NOERROR = MessageQueueFlags(rawValue: 0o10000)
  package static let MSG_EXCEPT = MessageQueueFlags(rawValue: 0o20000)
  package static let MSG_COPY = MessageQueueFlags(rawValue: 0o40000)

  package static let names: [(name: String, value: MessageQueueFlags)] = [
    ("IPC_NOWAIT", IPC_NOWAIT),
    ("MSG_NOERROR", MSG_NOERROR),
    ("MSG_EXCEPT", MSG_EXCEPT),
    ("MSG_COPY", MSG_COPY),
  ]
}

/// Commands that all three kinds of objects know, and those of `shmctl(2)`.
package enum SharedMemoryCommand: Int32, Hashable, Sendable, CaseIterable {
  case IPC_RMID = 0
  case IPC_SET = 1
  case IPC_STAT = 2
  case IPC_INFO = 3
  case SHM_LOCK = 11
  case SHM_UNLOCK = 12
  case SHM_STAT = 13
  case SHM_INFO = 14
  case SHM_STAT_ANY = 15
}

/// Commands of `semctl(2)`.
package enum SemaphoreCommand: Int32, Hashable, Sendable, CaseIterable {
  case IPC_RMID = 0
  case IPC_SET = 1
  case IPC_STAT = 2
  case IPC_INFO = 3
  case GETPID = 11
  case GETVAL = 12
  case GETALL = 13
  case GETNCNT = 14
  case GETZCNT = 15
  case SETVAL = 16
  case SETALL = 17
  case SEM_STAT = 18
  case SEM_INFO = 19
  case SEM_STAT_ANY = 20
}

/// Commands of `msgctl(2)`.
package enum MessageCommand: Int32, Hashable, Sendable, CaseIterable {
  case IPC_RMID = 0
  case IPC_SET = 1
  case IPC_STAT = 2
  case IPC_INFO = 3
  case MSG_STAT = 11
  case MSG_INFO = 12
  case MSG_STAT_ANY = 13
}
