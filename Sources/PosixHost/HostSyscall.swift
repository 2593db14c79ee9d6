/// A system call of the host's Linux: its name, and its numbers by kind of architecture.
///
/// The numbers are the kernel's ABI: `arch/x86/entry/syscalls/syscall_64.tbl` and
/// `include/uapi/asm-generic/unistd.h`.
package struct HostSyscall: Hashable, Sendable {
  package var name: String
  /// On x86-64; nil if it lacks the call.
  package var x64: UInt32?
  /// In the generic table, which ARM64 uses; nil if it lacks the call.
  package var generic: UInt32?

  package init(_ name: String, _ x64: UInt32?, _ generic: UInt32?) {
    self.name = name
    self.x64 = x64
    self.generic = generic
  }

  /// The architecture that a filter is built for.
  package enum Architecture: CaseIterable, Sendable {
    case x86_64, aarch64

    /// `AUDIT_ARCH_…` (linux/audit.h).
    package var auditNumber: UInt32 {
      switch self {
      case .x86_64: 0xc000_003e
      case .aarch64: 0xc000_00b7
      }
    }

    /// The first number of another ABI with the same audit number: x32.
    package var limit: UInt32? {
      switch self {
      case .x86_64: 0x4000_0000
      case .aarch64: nil
      }
    }
  }

  package func number(on architecture: Architecture) -> UInt32? {
    switch architecture {
    case .x86_64: x64
    case .aarch64: generic
    }
  }
}

// MARK: What may be called whatever the configuration

extension HostSyscall {
  /// Memory, threads, time and signals, as the C library and Swift's runtime need them.
  package static let ofRuntimes: [HostSyscall] = [
    .init("futex", 202, 98), .init("clock_gettime", 228, 113), .init("clock_getres", 229, 114),
    .init("clock_nanosleep", 230, 115), .init("nanosleep", 35, 101),
    .init("gettimeofday", 96, 169), .init("time", 201, nil),
    .init("munmap", 11, 215), .init("madvise", 28, 233), .init("brk", 12, 214),
    .init("mremap", 25, 216),
    .init("rt_sigaction", 13, 134), .init("rt_sigprocmask", 14, 135),
    .init("rt_sigreturn", 15, 139), .init("sigaltstack", 131, 132),
    .init("restart_syscall", 219, 128),
    .init("exit", 60, 93), .init("exit_group", 231, 94), .init("set_robust_list", 273, 99),
    .init("rseq", 334, 293), .init("set_tid_address", 218, 96), .init("sched_yield", 24, 124),
    .init("sched_getaffinity", 204, 123), .init("getrandom", 318, 278),
    .init("getpid", 39, 172), .init("gettid", 186, 178), .init("getpgrp", 111, nil),
    .init("getpgid", 121, 155), .init("getuid", 102, 174), .init("geteuid", 107, 175),
    .init("getgid", 104, 176), .init("getegid", 108, 177), .init("getrusage", 98, 165),
    .init("getrlimit", 97, 163), .init("uname", 63, 160), .init("sysinfo", 99, 179),
  ]

  /// Calls on descriptors, and calls that only read names. Landlock decides what may be opened.
  package static let ofStreams: [HostSyscall] = [
    .init("ppoll", 271, 73), .init("poll", 7, nil),
    .init("read", 0, 63), .init("write", 1, 64), .init("pread64", 17, 67),
    .init("pwrite64", 18, 68), .init("readv", 19, 65), .init("writev", 20, 66),
    .init("preadv", 295, 69), .init("pwritev", 296, 70),
    .init("lseek", 8, 62), .init("close", 3, 57), .init("dup", 32, 23), .init("dup3", 292, 24),
    .init("eventfd2", 290, 19), .init("pipe2", 293, 59),
    .init("fsync", 74, 82), .init("fdatasync", 75, 83), .init("ftruncate", 77, 46),
    .init("fallocate", 285, 47), .init("flock", 73, 32),
    .init("open", 2, nil), .init("openat", 257, 56), .init("openat2", 437, 437),
    .init("fstat", 5, 80), .init("stat", 4, nil), .init("lstat", 6, nil),
    .init("newfstatat", 262, 79), .init("statx", 332, 291),
    .init("access", 21, nil), .init("faccessat", 269, 48), .init("faccessat2", 439, 439),
    .init("statfs", 137, 43), .init("fstatfs", 138, 44),
    .init("readlink", 89, nil), .init("readlinkat", 267, 78), .init("getcwd", 79, 17),
    .init("getdents64", 217, 61),
    .init("getxattr", 191, 8), .init("lgetxattr", 192, 9), .init("fgetxattr", 193, 10),
    .init("listxattr", 194, 11), .init("llistxattr", 195, 12), .init("flistxattr", 196, 13),
    // For the control socket's name; Landlock allows no other.
    .init("unlink", 87, nil), .init("unlinkat", 263, 35),
    // Calls on existing sockets: the control socket and inherited streams.
    .init("accept", 43, 202), .init("accept4", 288, 242), .init("recvfrom", 45, 207),
    .init("recvmsg", 47, 212), .init("shutdown", 48, 210),
    .init("getsockname", 51, 204), .init("getpeername", 52, 205),
  ]

  /// Changes of names and metadata; only if something may be written. Landlock does not govern changes of
  /// modes, owners, times and attributes.
  package static let ofNames: [HostSyscall] = [
    .init("mkdir", 83, nil), .init("mkdirat", 258, 34), .init("rmdir", 84, nil),
    .init("rename", 82, nil), .init("renameat", 264, 38), .init("renameat2", 316, 276),
    .init("link", 86, nil), .init("linkat", 265, 37),
    .init("symlink", 88, nil), .init("symlinkat", 266, 36), .init("truncate", 76, 45),
    .init("chmod", 90, nil), .init("fchmod", 91, 52), .init("fchmodat", 268, 53),
    .init("fchmodat2", 452, 452), .init("chown", 92, nil), .init("lchown", 94, nil),
    .init("fchown", 93, 55), .init("fchownat", 260, 54), .init("utimensat", 280, 88),
    .init("setxattr", 188, 5), .init("lsetxattr", 189, 6), .init("fsetxattr", 190, 7),
    .init("removexattr", 197, 14), .init("lremovexattr", 198, 15), .init("fremovexattr", 199, 16),
  ]

  /// Calls that this process never makes and an attacker would try first: they end the process.
  package static let deadly: [HostSyscall] = [
    // Other programs, and other processes.
    .init("execve", 59, 221), .init("execveat", 322, 281), .init("ptrace", 101, 117),
    .init("process_vm_readv", 310, 270), .init("process_vm_writev", 311, 271),
    .init("process_madvise", 440, 440), .init("pidfd_getfd", 438, 438), .init("kcmp", 312, 272),
    // Namespaces and mounts.
    .init("unshare", 272, 97), .init("setns", 308, 268), .init("chroot", 161, 51),
    .init("pivot_root", 155, 41), .init("mount", 165, 40), .init("umount2", 166, 39),
    .init("open_tree", 428, 428), .init("move_mount", 429, 429), .init("fsopen", 430, 430),
    .init("fsconfig", 431, 431), .init("fsmount", 432, 432), .init("fspick", 433, 433),
    .init("mount_setattr", 442, 442), .init("open_by_handle_at", 304, 265),
    .init("quotactl", 179, 60), .init("quotactl_fd", 443, 443),
    // Parts of the kernel with a history.
    .init("bpf", 321, 280), .init("perf_event_open", 298, 241), .init("userfaultfd", 323, 282),
    .init("io_uring_setup", 425, 425), .init("io_uring_enter", 426, 426),
    .init("io_uring_register", 427, 427), .init("add_key", 248, 217),
    .init("request_key", 249, 218), .init("keyctl", 250, 219), .init("modify_ldt", 154, nil),
    // The machine.
    .init("init_module", 175, 105), .init("finit_module", 313, 273),
    .init("delete_module", 176, 106), .init("kexec_load", 246, 104),
    .init("kexec_file_load", 320, 294), .init("reboot", 169, 142), .init("swapon", 167, 224),
    .init("swapoff", 168, 225), .init("acct", 163, 89), .init("iopl", 172, nil),
    .init("ioperm", 173, nil), .init("syslog", 103, 116), .init("settimeofday", 164, 170),
    .init("clock_settime", 227, 112), .init("clock_adjtime", 305, 266),
    .init("adjtimex", 159, 171),
  ]
}

// MARK: What may be called with some arguments

extension HostSyscall {
  package static let mmap = HostSyscall("mmap", 9, 222)
  package static let mprotect = HostSyscall("mprotect", 10, 226)
  package static let clone = HostSyscall("clone", 56, 220)
  package static let prctl = HostSyscall("prctl", 157, 167)
  package static let prlimit64 = HostSyscall("prlimit64", 302, 261)
  package static let setpriority = HostSyscall("setpriority", 141, 140)
  package static let kill = HostSyscall("kill", 62, 129)
  package static let tgkill = HostSyscall("tgkill", 234, 131)
  package static let ioctl = HostSyscall("ioctl", 16, 29)
  package static let fcntl = HostSyscall("fcntl", 72, 25)
  package static let socket = HostSyscall("socket", 41, 198)
  package static let connect = HostSyscall("connect", 42, 203)
  package static let bind = HostSyscall("bind", 49, 200)
  package static let listen = HostSyscall("listen", 50, 201)
  package static let sendto = HostSyscall("sendto", 44, 206)
  package static let sendmsg = HostSyscall("sendmsg", 46, 211)
  package static let setsockopt = HostSyscall("setsockopt", 54, 208)
  package static let getsockopt = HostSyscall("getsockopt", 55, 209)
}
