import Foundation
import LibOS
import LinuxABI
import Machine
import Testing

/// What `Docs/Syscalls.md` says of each call is what the guests show: they make every call that is there, with each of its
/// flags, and none that is refused succeeds.
@Suite struct SupportNotesTests {
  /// What the traces of guests have.
  private struct Shown {
    /// Calls that succeeded.
    var done: Set<String> = []
    var failed: Set<String> = []
    /// The words in the arguments of each call, whatever became of it: natively the same becomes of it.
    var words: [String: Set<Substring>] = [:]

    /// Adds a line as `[12] close(3) = 0`.
    mutating func add(_ line: Substring) {
      guard let start = line.firstIndex(of: " "), let open = line.firstIndex(of: "("),
        start < open, let end = line.range(of: ") = ", options: .backwards),
        open < end.lowerBound
      else { return }
      let name = String(line[line.index(after: start)..<open])
      words[name, default: []].formUnion(
        line[line.index(after: open)..<end.lowerBound].split {
          !($0.isLetter || $0.isNumber || $0 == "_")
        })
      if line[end.upperBound...].hasPrefix("-1 ") {
        failed.insert(name)
        return
      }
      done.insert(name)
    }
  }

  private static func trace(_ isa: String, into shown: inout Shown) throws {
    let scratch = try Scratch()
    for guest in GuestTests.guests where guest.isa == isa {
      let path = scratch.path(guest.name)
      _ = try godwit(["run", "--trace=\(path)", "--", Checkout.guest(guest.name, isa).path])
      let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
      for line in text.split(separator: "\n") { shown.add(line) }
      try FileManager.default.removeItem(atPath: path)
    }
  }

  /// Calls that no guest makes with success, and why.
  private static let unseen: [String: String] = [
    "restart_syscall": "the kernel makes it, after a signal that has stopped a call",
    "pkey_alloc": "there are no keys", "pkey_free": "there are no keys",
    "process_mrelease": "what is killed is gone at once",
    "io_cancel": "what it cancels is told in the ring, and EINPROGRESS by the call",
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
        "CLONE_NEWTIME", "CLONE_CLEAR_SIGHAND", "CLONE_INTO_CGROUP",
      ],
      "namespaces are refused by the note, and root could unshare them natively"
    ),
    "ioctl": (["TIOCCONS", "TIOCVHANGUP"], "natively they would change the machine's console"),
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
  ]

  private static func expectFlags(_ row: SyscallRow, _ shown: Shown) {
    let known = shown.words[row.name] ?? []
    var unshown: Set<String> = []
    for argument in row.arguments {
      let names: [FlagName]
      switch argument {
      case .flags(let make), .oneOf(let make): names = make()
      case .openFlags: names = OpenFlags.names.map { FlagName(UInt64($0.value.rawValue), $0.name) }
      default: continue
      }
      for name in names where !known.contains(name.name[...]) && !row.note.contains(name.name) {
        unshown.insert(name.name)
      }
    }
    #expect(unshown == (Self.unshownFlags[row.name]?.names ?? []), "flags of \(row.name)")
  }

  @Test func notesAreTrue() throws {
    var shown = Shown()
    for isa in ["x86_64", "aarch64"] { try Self.trace(isa, into: &shown) }
    for row in SyscallTable.all where row.isas.contains(.x86_64) || row.isas.contains(.aarch64) {
      switch row.support {
      case .full, .partial:
        let isUnseen = Self.unseen[row.name] != nil
        #expect(shown.done.contains(row.name) != isUnseen, "\(row.name)")
        if !isUnseen { Self.expectFlags(row, shown) }
      case .refused:
        #expect(!shown.done.contains(row.name), "\(row.name) is said to be refused")
        #expect(shown.failed.contains(row.name), "no guest is refused \(row.name)")
      case .missing:
        #expect(!shown.done.contains(row.name), "\(row.name) is said to be missing")
      }
    }
  }
}
