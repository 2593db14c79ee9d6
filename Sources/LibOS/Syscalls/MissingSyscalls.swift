import LinuxABI

extension SyscallTable {
  /// The calls of Linux that are not there, so that `--trace` and `--stats` can name them. A call that
  /// gets a handler leaves this list.
  package static let missingRows: [SyscallRow] = [
    // Asynchronous input and output
    missing("io_uring_setup", 425, 425),
    missing("io_uring_enter", 426, 426), missing("io_uring_register", 427, 427),
    // Looking into other processes
    missing("ptrace", 101, 117), missing("perf_event_open", 298, 241),
    missing("process_madvise", 440, 440),
    missing("process_mrelease", 448, 448),
    // Namespaces, mounts and limits of containers
    missing("open_tree", 428, 428),
    missing("move_mount", 429, 429), missing("fsopen", 430, 430), missing("fsconfig", 431, 431),
    missing("fsmount", 432, 432), missing("fspick", 433, 433),
    missing("mount_setattr", 442, 442), missing("statmount", 457, 457),
    missing("listmount", 458, 458), missing("landlock_create_ruleset", 444, 444),
    missing("landlock_add_rule", 445, 445), missing("landlock_restrict_self", 446, 446),
    missing("bpf", 321, 280), missing("lsm_get_self_attr", 459, 459),
    missing("lsm_set_self_attr", 460, 460), missing("lsm_list_modules", 461, 461),
    // Memory
    missing("migrate_pages", 256, 238),
    missing("move_pages", 279, 239), missing("set_mempolicy_home_node", 450, 450),
    missing("userfaultfd", 323, 282),
    missing("memfd_secret", 447, 447), missing("map_shadow_stack", 453, 453),
    missing("cachestat", 451, 451), missing("mseal", 462, 462),
    // Threads and scheduling
    missing("futex_waitv", 449, 449), missing("futex_wake", 454, 454),
    missing("futex_wait", 455, 455), missing("futex_requeue", 456, 456),
    // Files
    missing("fanotify_init", 300, 262), missing("fanotify_mark", 301, 263),
    missing("lookup_dcookie", 212, 18), missing("quotactl", 179, 60),
    missing("quotactl_fd", 443, 443),
    missing("fchmodat2", 452, 452),
    missing("setxattrat", 463, 463), missing("getxattrat", 464, 464),
    missing("listxattrat", 465, 465), missing("removexattrat", 466, 466),
    // Keys
    missing("add_key", 248, 217), missing("request_key", 249, 218), missing("keyctl", 250, 219),
    // The machine itself
    missing("swapon", 167, 224),
    missing("swapoff", 168, 225), missing("reboot", 169, 142), missing("init_module", 175, 105),
    missing("finit_module", 313, 273),
    missing("delete_module", 176, 106), missing("kexec_load", 246, 104),
    missing("kexec_file_load", 320, 294), missing("iopl", 172, nil), missing("ioperm", 173, nil),
    // Of old
    missing("uselib", 134, nil), missing("ustat", 136, nil), missing("sysfs", 139, nil),
    missing("modify_ldt", 154, nil), missing("_sysctl", 156, nil),
    missing("create_module", 174, nil), missing("get_kernel_syms", 177, nil),
    missing("query_module", 178, nil), missing("nfsservctl", 180, 42),
    missing("getpmsg", 181, nil), missing("putpmsg", 182, nil), missing("afs_syscall", 183, nil),
    missing("tuxcall", 184, nil), missing("security", 185, nil),
    missing("set_thread_area", 205, nil), missing("get_thread_area", 211, nil),
    missing("epoll_ctl_old", 214, nil), missing("epoll_wait_old", 215, nil),
    missing("vserver", 236, nil),
  ]

  private static func missing(_ name: String, _ x64: Int?, _ generic: Int?) -> SyscallRow {
    SyscallRow(
      name, x64: x64, generic: generic, [.hex, .hex, .hex, .hex, .hex, .hex], support: .missing
    ) { _ throws(Errno) in throw .ENOSYS }
  }
}
