/// Flags of `clone(2)` and `clone3(2)`; the low eight bits of `clone`'s are the exit signal
/// (`CSIGNAL`).
package struct CloneFlags: NamedFlags {
  package var rawValue: UInt64
  @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static let CLONE_NEWTIME = CloneFlags(rawValue: 0x80)
  package static let CLONE_VM = CloneFlags(rawValue: 0x100)
  package static let CLONE_FS = CloneFlags(rawValue: 0x200)
  package static let CLONE_FILES = CloneFlags(rawValue: 0x400)
  package static let CLONE_SIGHAND = CloneFlags(rawValue: 0x800)
  package static let CLONE_PIDFD = CloneFlags(rawValue: 0x1000)
  package static let CLONE_PTRACE = CloneFlags(rawValue: 0x2000)
  package static let CLONE_VFORK = CloneFlags(rawValue: 0x4000)
  package static let CLONE_PARENT = CloneFlags(rawValue: 0x8000)
  package static let CLONE_THREAD = CloneFlags(rawValue: 0x10000)
  package static let CLONE_NEWNS = CloneFlags(rawValue: 0x20000)
  package static let CLONE_SYSVSEM = CloneFlags(rawValue: 0x40000)
  package static let CLONE_SETTLS = CloneFlags(rawValue: 0x80000)
  package static let CLONE_PARENT_SETTID = CloneFlags(rawValue: 0x100000)
  package static let CLONE_CHILD_CLEARTID = CloneFlags(rawValue: 0x200000)
  package static let CLONE_DETACHED = CloneFlags(rawValue: 0x400000)
  package static let CLONE_UNTRACED = CloneFlags(rawValue: 0x800000)
  package static let CLONE_CHILD_SETTID = CloneFlags(rawValue: 0x1000000)
  package static let CLONE_NEWCGROUP = CloneFlags(rawValue: 0x2000000)
  package static let CLONE_NEWUTS = CloneFlags(rawValue: 0x4000000)
  package static let CLONE_NEWIPC = CloneFlags(rawValue: 0x8000000)
  package static let CLONE_NEWUSER = CloneFlags(rawValue: 0x1000_0000)
  package static let CLONE_NEWPID = CloneFlags(rawValue: 0x2000_0000)
  package static let CLONE_NEWNET = CloneFlags(rawValue: 0x4000_0000)
  package static let CLONE_IO = CloneFlags(rawValue: 0x8000_0000)
  package static let CLONE_CLEAR_SIGHAND = CloneFlags(rawValue: 0x1_0000_0000)
  package static let CLONE_INTO_CGROUP = CloneFlags(rawValue: 0x2_0000_0000)

  package static let names: [(name: String, value: CloneFlags)] = [
    ("CLONE_NEWTIME", CLONE_NEWTIME),
    ("CLONE_VM", CLONE_VM),
    ("CLONE_FS", CLONE_FS),
    ("CLONE_FILES", CLONE_FILES),
    ("CLONE_SIGHAND", CLONE_SIGHAND),
    ("CLONE_PIDFD", CLONE_PIDFD),
    ("CLONE_PTRACE", CLONE_PTRACE),
    ("CLONE_VFORK", CLONE_VFORK),
    ("CLONE_PARENT", CLONE_PARENT),
    ("CLONE_THREAD", CLONE_THREAD),
    ("CLONE_NEWNS", CLONE_NEWNS),
    ("CLONE_SYSVSEM", CLONE_SYSVSEM),
    ("CLONE_SETTLS", CLONE_SETTLS),
    ("CLONE_PARENT_SETTID", CLONE_PARENT_SETTID),
    ("CLONE_CHILD_CLEARTID", CLONE_CHILD_CLEARTID),
    ("CLONE_DETACHED", CLONE_DETACHED),
    ("CLONE_UNTRACED", CLONE_UNTRACED),
    ("CLONE_CHILD_SETTID", CLONE_CHILD_SETTID),
    ("CLONE_NEWCGROUP", CLONE_NEWCGROUP),
    ("CLONE_NEWUTS", CLONE_NEWUTS),
    ("CLONE_NEWIPC", CLONE_NEWIPC),
    ("CLONE_NEWUSER", CLONE_NEWUSER),
    ("CLONE_NEWPID", CLONE_NEWPID),
    ("CLONE_NEWNET", CLONE_NEWNET),
    ("CLONE_IO", CLONE_IO),
    ("CLONE_CLEAR_SIGHAND", CLONE_CLEAR_SIGHAND),
    ("CLONE_INTO_CGROUP", CLONE_INTO_CGROUP),
  ]

  /// The bits of `clone`'s flags that hold the exit signal.
  package static let CSIGNAL: UInt64 = 0xff
}

/// Options of `wait4(2)` and `waitid(2)`.
package struct WaitOptions: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let WNOHANG = WaitOptions(rawValue: 0x1)
  package static let WUNTRACED = WaitOptions(rawValue: 0x2)
  package static let WEXITED = WaitOptions(rawValue: 0x4)
  package static let WCONTINUED = WaitOptions(rawValue: 0x8)
  package static let WNOWAIT = WaitOptions(rawValue: 0x1000000)
  package static let __WNOTHREAD = WaitOptions(rawValue: 0x2000_0000)
  package static let __WALL = WaitOptions(rawValue: 0x4000_0000)
  package static let __WCLONE = WaitOptions(rawValue: 0x8000_0000)

  package static let names: [(name: String, value: WaitOptions)] = [
    ("WNOHANG", WNOHANG),
    ("WUNTRACED", WUNTRACED),
    ("WEXITED", WEXITED),
    ("WCONTINUED", WCONTINUED),
    ("WNOWAIT", WNOWAIT),
    ("__WNOTHREAD", __WNOTHREAD),
    ("__WALL", __WALL),
    ("__WCLONE", __WCLONE),
  ]

  /// `waitid`'s name for `WUNTRACED`.
  package static let WSTOPPED = WUNTRACED
}

/// The `idtype` of `waitid(2)`.
package enum WaitIDType: UInt32, Hashable, Sendable, CaseIterable {
  case P_ALL = 0
  case P_PID = 1
  case P_PGID = 2
  case P_PIDFD = 3
}

/// The `who` of `getrusage(2)`.
package enum RusageWho: Int32, Hashable, Sendable, CaseIterable {
  case RUSAGE_SELF = 0
  case RUSAGE_CHILDREN = -1
  case RUSAGE_THREAD = 1
}

/// The `resource` of `prlimit64(2)`.
package enum ResourceLimitID: UInt32, Hashable, Sendable, CaseIterable {
  case RLIMIT_CPU = 0
  case RLIMIT_FSIZE = 1
  case RLIMIT_DATA = 2
  case RLIMIT_STACK = 3
  case RLIMIT_CORE = 4
  case RLIMIT_RSS = 5
  case RLIMIT_NPROC = 6
  case RLIMIT_NOFILE = 7
  case RLIMIT_MEMLOCK = 8
  case RLIMIT_AS = 9
  case RLIMIT_LOCKS = 10
  case RLIMIT_SIGPENDING = 11
  case RLIMIT_MSGQUEUE = 12
  case RLIMIT_NICE = 13
  case RLIMIT_RTPRIO = 14
  case RLIMIT_RTTIME = 15

  /// No limit (`RLIM64_INFINITY`).
  package static let RLIM_INFINITY: UInt64 = .max
}

/// Policies of `sched_setscheduler(2)`.
package enum SchedulingPolicy: UInt32, Hashable, Sendable, CaseIterable {
  case SCHED_OTHER = 0
  case SCHED_FIFO = 1
  case SCHED_RR = 2
  case SCHED_BATCH = 3
  case SCHED_IDLE = 5
  case SCHED_DEADLINE = 6

  /// The bit that `sched_setscheduler` accepts beside a policy.
  package static let SCHED_RESET_ON_FORK: UInt32 = 0x4000_0000
}

/// The `which` of `getpriority(2)`.
package enum PriorityWhich: UInt32, Hashable, Sendable, CaseIterable {
  case PRIO_PROCESS = 0
  case PRIO_PGRP = 1
  case PRIO_USER = 2
}

/// Execution-domain bits of `personality(2)`; the low eight bits name the domain, 0 is `PER_LINUX`.
package struct Personality: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let UNAME26 = Personality(rawValue: 0x20000)
  package static let ADDR_NO_RANDOMIZE = Personality(rawValue: 0x40000)
  package static let FDPIC_FUNCPTRS = Personality(rawValue: 0x80000)
  package static let MMAP_PAGE_ZERO = Personality(rawValue: 0x100000)
  package static let ADDR_COMPAT_LAYOUT = Personality(rawValue: 0x200000)
  package static let READ_IMPLIES_EXEC = Personality(rawValue: 0x400000)
  package static let ADDR_LIMIT_32BIT = Personality(rawValue: 0x800000)
  package static let SHORT_INODE = Personality(rawValue: 0x1000000)
  package static let WHOLE_SECONDS = Personality(rawValue: 0x2000000)
  package static let STICKY_TIMEOUTS = Personality(rawValue: 0x4000000)
  package static let ADDR_LIMIT_3GB = Personality(rawValue: 0x8000000)

  package static let names: [(name: String, value: Personality)] = [
    ("UNAME26", UNAME26),
    ("ADDR_NO_RANDOMIZE", ADDR_NO_RANDOMIZE),
    ("FDPIC_FUNCPTRS", FDPIC_FUNCPTRS),
    ("MMAP_PAGE_ZERO", MMAP_PAGE_ZERO),
    ("ADDR_COMPAT_LAYOUT", ADDR_COMPAT_LAYOUT),
    ("READ_IMPLIES_EXEC", READ_IMPLIES_EXEC),
    ("ADDR_LIMIT_32BIT", ADDR_LIMIT_32BIT),
    ("SHORT_INODE", SHORT_INODE),
    ("WHOLE_SECONDS", WHOLE_SECONDS),
    ("STICKY_TIMEOUTS", STICKY_TIMEOUTS),
    ("ADDR_LIMIT_3GB", ADDR_LIMIT_3GB),
  ]
}

/// Commands of `membarrier(2)`; the answer to the empty one (`MEMBARRIER_CMD_QUERY`) is the set
/// supported.
package struct MembarrierCommand: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let MEMBARRIER_CMD_GLOBAL = MembarrierCommand(rawValue: 0x1)
  package static let MEMBARRIER_CMD_GLOBAL_EXPEDITED = MembarrierCommand(rawValue: 0x2)
  package static let MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED = MembarrierCommand(rawValue: 0x4)
  package static let MEMBARRIER_CMD_PRIVATE_EXPEDITED = MembarrierCommand(rawValue: 0x8)
  package static let MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED = MembarrierCommand(rawValue: 0x10)
  package static let MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE = MembarrierCommand(rawValue: 0x20)
  package static let MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = MembarrierCommand(
    rawValue: 0x40)
  package static let MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ = MembarrierCommand(rawValue: 0x80)
  package static let MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ = MembarrierCommand(
    rawValue: 0x100)

  package static let names: [(name: String, value: MembarrierCommand)] = [
    ("MEMBARRIER_CMD_GLOBAL", MEMBARRIER_CMD_GLOBAL),
    ("MEMBARRIER_CMD_GLOBAL_EXPEDITED", MEMBARRIER_CMD_GLOBAL_EXPEDITED),
    ("MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED", MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED),
    ("MEMBARRIER_CMD_PRIVATE_EXPEDITED", MEMBARRIER_CMD_PRIVATE_EXPEDITED),
    ("MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED", MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED),
    ("MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE", MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE),
    (
      "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE",
      MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE
    ),
    ("MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ", MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ),
    (
      "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ",
      MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ
    ),
  ]
}

/// Flags of `getrandom(2)`.
package struct RandomFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let GRND_NONBLOCK = RandomFlags(rawValue: 0x1)
  package static let GRND_RANDOM = RandomFlags(rawValue: 0x2)
  package static let GRND_INSECURE = RandomFlags(rawValue: 0x4)

  package static let names: [(name: String, value: RandomFlags)] = [
    ("GRND_NONBLOCK", GRND_NONBLOCK),
    ("GRND_RANDOM", GRND_RANDOM),
    ("GRND_INSECURE", GRND_INSECURE),
  ]
}
