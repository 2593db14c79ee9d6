import Foundation
import LibOS
import Machine
import Picoprocess
import Testing

/// What `Docs/Syscalls.md` says of each call is what the guests show: they make every call that is there, with each of its
/// flags, and none that is refused succeeds.
@Suite struct SupportNotesTests {
  /// What the traces of guests show, on each ISA and on all of them.
  private struct Traces {
    var isas: [GuestISA: SyscallCoverage] = [:]
    var all = SyscallCoverage()
  }

  private static let traces = Result { () throws -> Traces in
    var traces = Traces()
    let scratch = try Scratch()
    for isa in GuestISA.allCases {
      var coverage = SyscallCoverage()
      for guest in GuestTests.guests where guest.isa == isa.rawValue {
        let path = scratch.path(guest.name)
        _ = try godwit(["run", "--trace=\(path)", "--", Checkout.guest(guest.name, guest.isa).path])
        let text = String(
          decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
        coverage.add(trace: text)
        traces.all.add(trace: text)
        try FileManager.default.removeItem(atPath: path)
      }
      traces.isas[isa] = coverage
    }
    return traces
  }

  /// Calls that no guest makes with success, and why.
  private static let unseen: [String: String] = [
    "restart_syscall": "the kernel makes it, after a signal that has stopped a call",
    "pkey_alloc": "there are no keys", "pkey_free": "there are no keys",
    "process_mrelease": "what is killed is gone at once",
    "io_cancel": "what it cancels is told in the ring, and EINPROGRESS by the call",
  ]

  /// Calls that no guest makes with success on some ISAs, and why.
  private static let unseenThere: [String: (isas: Set<GuestISA>, reason: String)] = [
    "pkey_mprotect": ([.aarch64, .riscv64], "there Linux 6.1 has no calls for keys")
  ]

  /// Calls that no guest sees to fail, and why.
  private static let unfailing: [String: String] = Dictionary(
    uniqueKeysWithValues: [
      (
        "there is no way to fail",
        [
          "alarm", "brk", "exit", "exit_group", "getegid", "geteuid", "getgid", "getpgrp", "getpid",
          "getppid", "gettid", "getuid", "munlockall", "personality", "restart_syscall",
          "riscv_flush_icache", "rt_sigreturn", "sched_yield", "set_tid_address", "setfsgid",
          "setfsuid", "sync", "umask",
        ]
      ),
      ("a trace shows how it is to be restarted, not that it ended with EINTR", ["pause"]),
    ].flatMap { reason, names in names.map { ($0, reason) } })

  private static let missingOptions: Set<String> = [
    "SO_PEERSEC", "SO_CNX_ADVICE", "SO_TXTIME", "SO_BUSY_POLL_BUDGET", "SO_RESERVE_MEM",
    "IPV6_PKTINFO", "IPV6_HOPLIMIT",
    // There are no temporary addresses that it could choose among.
    "IPV6_ADDR_PREFERENCES",
  ]

  /// Flags that no guest shows, and why.
  private static let unshownFlags: [String: (names: Set<String>, reason: String)] = [
    "clone": (
      [
        "CLONE_PARENT", "CLONE_NEWNS", "CLONE_NEWCGROUP", "CLONE_NEWUTS", "CLONE_NEWIPC",
        "CLONE_NEWUSER", "CLONE_NEWPID", "CLONE_NEWNET", "CLONE_CLEAR_SIGHAND", "CLONE_INTO_CGROUP",
      ],
      "namespaces are refused by the note; the last two are clone3's; who waits for a brother would be a parent that guests lack"
    ),
    "unshare": (
      [
        "CLONE_NEWNS", "CLONE_NEWCGROUP", "CLONE_NEWUSER", "CLONE_NEWPID", "CLONE_NEWNET",
        "CLONE_NEWTIME",
      ],
      "namespaces are refused by the note, and root could unshare them natively"
    ),
    "ioctl": (["TIOCCONS"], "natively it would change the machine's console"),
    "mmap": (["MAP_HUGETLB"], "some machines have huge pages"),
    "shmget": (["IPC_NOWAIT"], "there the bit asks for huge pages"),
    "open": (["O_DIRECT"], "some filesystems refuse it"),
    "openat": (["O_DIRECT"], "some filesystems refuse it"),
    "open_by_handle_at": (["O_DIRECT"], "some filesystems refuse it"),
    "mq_open": (["O_DIRECT", "O_LARGEFILE"], "a queue knows neither"),
    "pipe2": (["O_EXCL"], "some kernels make pipes of notices with it"),
    "preadv2": (["RWF_NOWAIT"], "some filesystems always have to wait"),
    "pwritev2": (["RWF_NOWAIT"], "some filesystems always have to wait"),
    "clock_gettime": (
      ["CLOCK_REALTIME_ALARM", "CLOCK_BOOTTIME_ALARM"], "not all machines can be woken"
    ),
    "clock_getres": (
      ["CLOCK_REALTIME_ALARM", "CLOCK_BOOTTIME_ALARM"], "not all machines can be woken"
    ),
    "clock_nanosleep": (
      ["CLOCK_REALTIME_ALARM", "CLOCK_BOOTTIME_ALARM"], "not all machines can be woken"
    ),
    "clock_adjtime": (
      ["CLOCK_REALTIME_ALARM", "CLOCK_BOOTTIME_ALARM"], "not all machines can be woken"
    ),
    "timer_create": (
      ["CLOCK_REALTIME_ALARM", "CLOCK_BOOTTIME_ALARM"], "not all machines can be woken"
    ),
    "timerfd_create": (
      ["CLOCK_REALTIME_ALARM", "CLOCK_BOOTTIME_ALARM"], "not all machines can be woken"
    ),
    "pkey_mprotect": (
      ["PROT_EXEC", "PROT_SEM", "PROT_GROWSDOWN", "PROT_GROWSUP"], "without keys it is mprotect"
    ),
    "socket": (["AF_PACKET"], "refused by the note, and root could have it natively"),
    "socketpair": (["AF_PACKET"], "refused by the note of socket"),
    "prctl": (
      [
        "PR_GET_UNALIGN", "PR_SET_UNALIGN", "PR_GET_FPEMU", "PR_SET_FPEMU", "PR_GET_FPEXC",
        "PR_SET_FPEXC", "PR_GET_TIMING", "PR_SET_TIMING", "PR_GET_ENDIAN", "PR_SET_ENDIAN",
        "PR_TASK_PERF_EVENTS_DISABLE", "PR_TASK_PERF_EVENTS_ENABLE", "PR_MCE_KILL",
        "PR_MCE_KILL_GET", "PR_SET_MM", "PR_SET_FP_MODE", "PR_GET_FP_MODE", "PR_SVE_SET_VL",
        "PR_SVE_GET_VL", "PR_GET_SPECULATION_CTRL", "PR_SET_SPECULATION_CTRL", "PR_PAC_RESET_KEYS",
        "PR_SET_TAGGED_ADDR_CTRL", "PR_GET_TAGGED_ADDR_CTRL", "PR_SET_IO_FLUSHER",
        "PR_GET_IO_FLUSHER", "PR_PAC_SET_ENABLED_KEYS", "PR_PAC_GET_ENABLED_KEYS", "PR_SCHED_CORE",
        "PR_SME_SET_VL", "PR_SME_GET_VL",
      ], "not there, which the note says"
    ),
    "arch_prctl": (
      [
        "ARCH_SET_CPUID", "ARCH_GET_XCOMP_SUPP", "ARCH_GET_XCOMP_PERM", "ARCH_REQ_XCOMP_PERM",
      ], "not there, and natively up to the processor"
    ),
    "setsockopt": (missingOptions, "not there: ENOPROTOOPT"),
    "getsockopt": (missingOptions.union(["SO_ATTACH_BPF"]), "not there: ENOPROTOOPT"),
  ]

  /// What is known of an option's values by two calls.
  private static let twins = ["setsockopt": "getsockopt", "getsockopt": "setsockopt"]

  private static func expectFlags(_ row: SyscallRow, _ shown: SyscallCoverage) {
    let known = shown[row.name].words.union(twins[row.name].map { shown[$0].words } ?? [])
    let unshown = SyscallCoverage.values(of: row).filter {
      !known.contains($0[...]) && !row.note.contains($0)
    }
    #expect(Set(unshown) == (unshownFlags[row.name]?.names ?? []), "flags of \(row.name)")
  }

  @Test func notesAreTrue() throws {
    let shown = try Self.traces.get()
    for row in SyscallTable.all {
      switch row.support {
      case .full, .partial:
        for (isa, there) in shown.isas where row.number(on: isa) != nil {
          let isUnseen =
            Self.unseen[row.name] != nil || Self.unseenThere[row.name]?.isas.contains(isa) == true
          #expect(there[row.name].isDone != isUnseen, "\(row.name) on \(isa)")
        }
        let fails = !shown.all[row.name].errors.isEmpty
        #expect(fails != (Self.unfailing[row.name] != nil), "errors of \(row.name)")
        if Self.unseen[row.name] == nil { Self.expectFlags(row, shown.all) }
      case .refused:
        #expect(!shown.all[row.name].isDone, "\(row.name) is said to be refused")
        #expect(!shown.all[row.name].errors.isEmpty, "no guest is refused \(row.name)")
      case .missing:
        #expect(!shown.all[row.name].isDone, "\(row.name) is said to be missing")
      }
    }
  }

  /// `make docs` was run after the last change of what the suite exercises: the document has each row, claims nothing that
  /// the traces do not show, and calls no value unused that they do.
  @Test func coverageIsUpToDate() throws {
    let shown = try Self.traces.get().all
    let file = Checkout.root.appendingPathComponent("Docs/ConformanceCoverage.md")
    let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    let lines = text.split(separator: "\n").filter { $0.hasPrefix("| `") }
      .map { $0.split(separator: "|", omittingEmptySubsequences: false).map(words) }
    let rows = SyscallTable.all.filter { $0.support != .missing }.sorted { $0.name < $1.name }
    #expect(lines.map { $0[1] } == rows.map { ["`\($0.name)`"] })
    for (line, row) in zip(lines, rows) {
      let seen = shown[row.name]
      #expect((line[2] == ["yes"]) == seen.isDone, "\(row.name)")
      #expect(Set(line[3]).isSubset(of: seen.errors), "\(row.name)")
      let unused = SyscallCoverage.values(of: row).filter { !seen.wordsDone.contains($0[...]) }
      #expect(line[6] == unused, "\(row.name)")
    }
  }

  private func words(_ text: Substring) -> [String] { text.split(separator: " ").map(String.init) }
}
