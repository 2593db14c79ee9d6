#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The system calls that a confined process may make.
///
/// A call without a rule fails with ENOSYS, so that a C library that tries a newer call falls back. Arguments
/// are tested if a call could do more than this process needs. Constants are Linux's, the same on both
/// architectures.
package struct SeccompPolicy: Sendable {
  /// The ID of this process, the only one that it may signal.
  package var processID: UInt32
  /// Whether anything on the host may be created or changed.
  package var writesFiles = false
  /// Whether connections may be made and datagrams sent.
  package var connects = false
  /// Whether it may listen.
  package var listens = false

  package init(processID: UInt32) { self.processID = processID }

  package var rules: [SeccompRule] {
    // Rules that test arguments come first: the kernel caches the verdicts on the others.
    var rules = memory + processes + descriptors + sockets
    rules += (HostSyscall.ofRuntimes + HostSyscall.ofStreams).map { SeccompRule($0, .allow) }
    if writesFiles { rules += HostSyscall.ofNames.map { SeccompRule($0, .allow) } }
    rules += HostSyscall.deadly.map { SeccompRule($0, .kill) }
    return rules
  }

  /// Memory can no longer become executable: code buffers were mapped before.
  private var memory: [SeccompRule] {
    let isExecutable = SeccompClause([.hasAny(2, Self.PROT_EXEC)], .fail(EPERM))
    return [
      SeccompRule(.mmap, [isExecutable], otherwise: .allow),
      SeccompRule(.mprotect, [isExecutable], otherwise: .allow),
    ]
  }

  private var processes: [SeccompRule] {
    [
      SeccompRule(
        .clone,
        [
          SeccompClause([.hasAny(0, Self.namespaces)], .kill),
          SeccompClause([.isOneOf(0, [Self.thread], mask: Self.thread)]),
        ], otherwise: .fail(EPERM)),
      SeccompRule(.kill, [SeccompClause([.isOneOf(0, [processID])])], otherwise: .fail(EPERM)),
      SeccompRule(.tgkill, [SeccompClause([.isOneOf(0, [processID])])], otherwise: .fail(EPERM)),
      SeccompRule(.prctl, [SeccompClause([.isOneOf(0, Self.prctls)])], otherwise: .fail(EINVAL)),
      // The nice value of the calling thread.
      SeccompRule(
        .setpriority, [SeccompClause([.isOneOf(0, [0]), .isOneOf(1, [0])])],
        otherwise: .fail(EPERM)),
      SeccompRule(.prlimit64, [SeccompClause([.isOneOf(0, [0])])], otherwise: .fail(EPERM)),
    ]
  }

  private var descriptors: [SeccompRule] {
    [
      SeccompRule(.ioctl, [SeccompClause([.isOneOf(1, Self.ioctls)])], otherwise: .fail(ENOTTY)),
      SeccompRule(.fcntl, [SeccompClause([.isOneOf(1, Self.fcntls)])], otherwise: .fail(EINVAL)),
    ]
  }

  private var sockets: [SeccompRule] {
    let isOnline = connects || listens
    let isInternet: [ArgumentTest] = [
      .isOneOf(0, [UInt32(AF_INET), UInt32(AF_INET6)]),
      // SOCK_STREAM and SOCK_DGRAM; the flags are in higher bits.
      .isOneOf(1, [1, 2], mask: 0xf), .isOneOf(2, [0, 6, 17]),
    ]
    let options = Self.socketOptions.map { level, names in
      SeccompClause([.isOneOf(1, [level]), .isOneOf(2, names)])
    }
    return [
      // SO_ERROR, SO_TYPE and SO_PEERCRED.
      SeccompRule(
        .getsockopt, [SeccompClause([.isOneOf(1, [1]), .isOneOf(2, [3, 4, 17])])],
        otherwise: .fail(ENOPROTOOPT)),
      // SO_LINGER: sockets that came from others can be reset, too.
      SeccompRule(
        .setsockopt,
        [SeccompClause([.isOneOf(1, [1]), .isOneOf(2, [13])])] + (isOnline ? options : []),
        otherwise: .fail(ENOPROTOOPT)),
      SeccompRule(
        .socket, isOnline ? [SeccompClause(isInternet)] : [], otherwise: .fail(EACCES)),
      SeccompRule(.connect, connects ? .allow : .fail(EACCES)),
      SeccompRule(.bind, isOnline ? .allow : .fail(EACCES)),
      SeccompRule(.listen, listens ? .allow : .fail(EACCES)),
      // Without an address, on connected sockets.
      SeccompRule(
        .sendto, [SeccompClause(isOnline ? [] : [.isNull(4)])], otherwise: .fail(EACCES)),
      // Where an address could be of use, there is no socket for it.
      SeccompRule(.sendmsg, .allow),
    ]
  }

  // MARK: Linux's numbers

  package static let ENOSYS: Int32 = 38

  private static let PROT_EXEC: UInt32 = 4

  /// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET (linux/sched.h).
  private static let namespaces: UInt32 = 0x7e02_0000

  /// CLONE_VM, CLONE_FS, CLONE_FILES, CLONE_SIGHAND and CLONE_THREAD, which together make a thread of this
  /// process.
  private static let thread: UInt32 = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000

  /// PR_SET_NAME, PR_GET_NAME, and PR_SET_VMA, which names memory.
  private static let prctls: [UInt32] = [15, 16, 0x5356_4d41]

  /// FIONREAD; TIOCGPGRP, TIOCGWINSZ, TIOCSWINSZ; TCGETS, TCSETS, TCSETSW, TCSETSF; TCFLSH; TCGETS2,
  /// TCSETS2, TCSETSW2, TCSETSF2 (asm-generic/ioctls.h).
  private static let ioctls: [UInt32] = [
    0x541b, 0x540f, 0x5413, 0x5414, 0x5401, 0x5402, 0x5403, 0x5404, 0x540b, 0x802c_542a,
    0x402c_542b, 0x402c_542c, 0x402c_542d,
  ]

  /// F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC.
  private static let fcntls: [UInt32] = [1, 2, 3, 4, 1030]

  /// SOL_SOCKET: SO_REUSEADDR; IPPROTO_TCP: TCP_NODELAY; IPPROTO_IPV6: IPV6_V6ONLY.
  private static let socketOptions: [(level: UInt32, names: [UInt32])] = [
    (1, [2]), (6, [1]), (41, [26]),
  ]
}

extension SeccompFilter {
  /// The filter for `policy`.
  package init(_ policy: SeccompPolicy, on architecture: HostSyscall.Architecture) {
    self.init(policy.rules, unknown: .fail(SeccompPolicy.ENOSYS), on: architecture)
  }
}
