import LinuxABI

extension SyscallTable {
  /// The calls of Linux that are not there, so that `--trace` and `--stats` can name them. A call that gets a handler
  /// leaves this list. What Linux 6.1 has and Godwit has not says why, and what it would take where programs want it.
  package static let missingRows: [SyscallRow] =
    [
      missing(
        "rings that are worked off while the guest runs: it would take a thread of the library OS, whose operations are state of snapshots; programs fall back to epoll or threads",
        [
          ("io_uring_setup", 425, 425), ("io_uring_enter", 426, 426),
          ("io_uring_register", 427, 427),
        ]),
      missing(
        "no process is traced by another: it would take stops at every event of a thread that can be saved; `--trace`, `inspect` and core files show it from outside",
        [("ptrace", 101, 117)]),
      missing(
        "no counters of a processor that is emulated; `--jitdump` profiles from outside",
        [("perf_event_open", 298, 241)]),
      missing(
        "programs for the kernel: it would take their verifier and maps", [("bpf", 321, 280)]),
      missing(
        "mounts are set when the picoprocess is made",
        [
          ("open_tree", 428, 428), ("move_mount", 429, 429), ("fsopen", 430, 430),
          ("fsconfig", 431, 431), ("fsmount", 432, 432), ("fspick", 433, 433),
          ("mount_setattr", 442, 442),
        ]),
      missing(
        "rules for files would have to be kept with each process; programs run without them on kernels that are built so",
        [
          ("landlock_create_ruleset", 444, 444), ("landlock_add_rule", 445, 445),
          ("landlock_restrict_self", 446, 446),
        ]),
      missing(
        "faults of a guest's pages would have to wait for one of its threads, also those of the library OS",
        [("userfaultfd", 323, 282)]),
      missing("off by default in Linux 6.1, too", [("memfd_secret", 447, 447)]),
      missing(
        "events of all files of a mount, told to root, with answers that open files wait for; inotify is there",
        [("fanotify_init", 300, 262), ("fanotify_mark", 301, 263)]),
      missing(
        "no quotas", [("quotactl", 179, 60), ("quotactl_fd", 443, 443)]),
      missing(
        "keyrings of the kernel: it would take their permissions and lifetimes; programs keep keys themselves where a kernel is built without them",
        [("add_key", 248, 217), ("request_key", 249, 218), ("keyctl", 250, 219)]),
      missing(
        "the machine is not the guest's: no swap, modules, other kernels, ports of devices, or profilers of the kernel",
        [
          ("swapon", 167, 224), ("swapoff", 168, 225), ("reboot", 169, 142),
          ("init_module", 175, 105), ("finit_module", 313, 273), ("delete_module", 176, 106),
          ("kexec_load", 246, 104), ("kexec_file_load", 320, 294), ("iopl", 172, nil),
          ("ioperm", 173, nil), ("lookup_dcookie", 212, 18),
        ]),
      missing(
        "waits for several futexes at once, as Windows programs do; what calls it falls back to eventfd",
        [("futex_waitv", 449, 449)]),
      missing("statfs and /proc/filesystems tell it", [("ustat", 136, nil), ("sysfs", 139, nil)]),
      missing("segments of 16- and 32-bit code", [("modify_ldt", 154, nil)]),
      missing("libraries of the a.out format", [("uselib", 134, nil)]),
      missing(
        "newer than Linux 6.1",
        [
          ("cachestat", 451, 451), ("fchmodat2", 452, 452), ("map_shadow_stack", 453, 453),
          ("futex_wake", 454, 454), ("futex_wait", 455, 455), ("futex_requeue", 456, 456),
          ("statmount", 457, 457), ("listmount", 458, 458), ("lsm_get_self_attr", 459, 459),
          ("lsm_set_self_attr", 460, 460), ("lsm_list_modules", 461, 461), ("mseal", 462, 462),
          ("setxattrat", 463, 463), ("getxattrat", 464, 464), ("listxattrat", 465, 465),
          ("removexattrat", 466, 466),
        ]),
      missing(
        "not in Linux 6.1, which only keeps their numbers",
        [
          ("_sysctl", 156, nil), ("create_module", 174, nil), ("get_kernel_syms", 177, nil),
          ("query_module", 178, nil), ("nfsservctl", 180, 42), ("getpmsg", 181, nil),
          ("putpmsg", 182, nil), ("afs_syscall", 183, nil), ("tuxcall", 184, nil),
          ("security", 185, nil), ("set_thread_area", 205, nil), ("get_thread_area", 211, nil),
          ("epoll_ctl_old", 214, nil), ("epoll_wait_old", 215, nil), ("vserver", 236, nil),
        ]),
    ].flatMap { $0 }

  private static func missing(_ reason: String, _ calls: [(String, x64: Int, generic: Int?)])
    -> [SyscallRow]
  {
    calls.map { name, x64, generic in
      SyscallRow(
        name, x64: x64, generic: generic, [.hex, .hex, .hex, .hex, .hex, .hex], support: .missing,
        note: reason
      ) { _ throws(Errno) in throw .ENOSYS }
    }
  }
}
