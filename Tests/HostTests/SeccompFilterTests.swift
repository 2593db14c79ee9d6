import Foundation
import PosixHost
import Testing

/// The verdicts of the filter for both architectures; its program is interpreted here as in the kernel.
@Suite struct SeccompFilterTests {
  static let architectures = HostSyscall.Architecture.allCases

  /// A filter, and what the kernel would tell it of a call.
  struct Judge {
    var architecture: HostSyscall.Architecture
    let program: [BPFInstruction]

    init(
      _ architecture: HostSyscall.Architecture, _ change: (inout SeccompPolicy) -> Void = { _ in }
    ) {
      self.architecture = architecture
      var policy = SeccompPolicy(processID: 4711)
      change(&policy)
      program = SeccompFilter(policy, on: architecture).program
    }

    func verdict(_ call: HostSyscall, _ arguments: UInt64...) -> UInt32? {
      call.number(on: architecture).map { verdict(number: $0, arguments) }
    }

    /// The filter's answer; traps on what the kernel's verifier would refuse.
    func verdict(number: UInt32, _ arguments: [UInt64] = [], audit: UInt32? = nil) -> UInt32 {
      var data = [UInt32](repeating: 0, count: 16)
      data[Int(SeccompFilter.numberOffset / 4)] = number
      data[Int(SeccompFilter.architectureOffset / 4)] = audit ?? architecture.auditNumber
      for (index, value) in arguments.enumerated() {
        let place = Int(SeccompFilter.argumentOffset(index) / 4)
        data[place] = UInt32(truncatingIfNeeded: value)
        data[place + 1] = UInt32(truncatingIfNeeded: value >> 32)
      }
      var accumulator: UInt32 = 0
      var position = 0
      while true {
        let instruction = program[position]
        position += 1
        var holds: Bool?
        switch instruction.code {
        case 0x20: accumulator = data[Int(instruction.k / 4)]
        case 0x54: accumulator &= instruction.k
        case 0x06: return instruction.k
        case 0x15: holds = accumulator == instruction.k
        case 0x35: holds = accumulator >= instruction.k
        case 0x45: holds = accumulator & instruction.k != 0
        default: fatalError("instruction \(instruction.code)")
        }
        if let holds { position += Int(holds ? instruction.jt : instruction.jf) }
      }
    }
  }

  static let allow = SeccompVerdict.allow.action
  static let kill = SeccompVerdict.kill.action
  static func fail(_ number: Int32) -> UInt32 { SeccompVerdict.fail(number).action }

  @Test(arguments: architectures)
  func anotherABIEndsTheProcess(_ architecture: HostSyscall.Architecture) {
    let judge = Judge(architecture)
    let read = HostSyscall.ofStreams.first { $0.name == "read" }!.number(on: architecture)!
    #expect(judge.verdict(number: read) == Self.allow)
    // i386's, ARM's and the other host's.
    for audit: UInt32 in [0x4000_0003, 0x4000_0028, 0xc000_003e, 0xc000_00b7]
    where audit != architecture.auditNumber {
      #expect(judge.verdict(number: read, audit: audit) == Self.kill)
    }
    if architecture == .x86_64 {
      // x32's.
      #expect(judge.verdict(number: 0x4000_0000 | read) == Self.kill)
      #expect(judge.verdict(number: .max) == Self.kill)
    } else {
      #expect(judge.verdict(number: .max) == Self.fail(38))
    }
  }

  @Test(arguments: architectures)
  func whatHasNoRuleDoesNotExist(_ architecture: HostSyscall.Architecture) {
    let judge = Judge(architecture) {
      $0.writesFiles = true
      $0.connects = true
      $0.listens = true
    }
    // fork, vfork, setuid, setgid, memfd_create, clone3, seccomp, mknodat, shmget, personality, mq_open.
    for call: HostSyscall in [
      .init("fork", 57, nil), .init("vfork", 58, nil), .init("setuid", 105, 146),
      .init("setgid", 106, 144), .init("memfd_create", 319, 279), .init("clone3", 435, 435),
      .init("seccomp", 317, 277), .init("mknodat", 259, 33), .init("shmget", 29, 194),
      .init("personality", 135, 92), .init("mq_open", 240, 180),
      .init("pkey_mprotect", 329, 288), .init("remap_file_pages", 216, 234),
      .init("landlock_restrict_self", 446, 446), .init("tkill", 200, 130),
      .init("rt_sigqueueinfo", 129, 138), .init("pidfd_send_signal", 424, 424),
      .init("capset", 126, 91), .init("process_mrelease", 448, 448),
    ] {
      guard let verdict = judge.verdict(call) else { continue }
      #expect(verdict == Self.fail(38), "\(call.name)")
    }
    #expect(judge.verdict(number: 0x3fff_ffff) == Self.fail(38))
  }

  @Test(arguments: architectures)
  func dangerousCallsEndTheProcess(_ architecture: HostSyscall.Architecture) {
    let judge = Judge(architecture)
    for call in HostSyscall.deadly {
      guard let verdict = judge.verdict(call) else { continue }
      #expect(verdict == Self.kill, "\(call.name)")
    }
  }

  @Test(arguments: architectures)
  func namesChangeOnlyWhereSomethingMayBeWritten(_ architecture: HostSyscall.Architecture) {
    let (closed, open) = (Judge(architecture), Judge(architecture) { $0.writesFiles = true })
    for call in HostSyscall.ofNames {
      guard let verdict = closed.verdict(call) else { continue }
      #expect(verdict == Self.fail(38), "\(call.name)")
      #expect(open.verdict(call) == Self.allow, "\(call.name)")
    }
    for call in HostSyscall.ofRuntimes + HostSyscall.ofStreams {
      guard let verdict = closed.verdict(call) else { continue }
      #expect(verdict == Self.allow, "\(call.name)")
    }
  }

  @Test(arguments: architectures)
  func nothingBecomesExecutable(_ architecture: HostSyscall.Architecture) {
    let judge = Judge(architecture)
    for call in [HostSyscall.mmap, .mprotect] {
      for protection: UInt64 in 0..<16 {
        let expected = protection & 4 == 0 ? Self.allow : Self.fail(1)
        #expect(judge.verdict(call, 0, 4096, protection) == expected)
        // Bits unknown to the kernel do not hide PROT_EXEC.
        #expect(judge.verdict(call, 0, 4096, protection | 0xff00_0000_0000_0000) == expected)
      }
    }
  }

  @Test(arguments: architectures)
  func onlyThreadsAreStartedAndOnlyThisProcessIsSignalled(
    _ architecture: HostSyscall.Architecture
  ) {
    let judge = Judge(architecture)
    // What pthread_create asks for.
    #expect(judge.verdict(.clone, 0x3d_0f00) == Self.allow)
    // A child, one that shares memory, and threads that lack a part.
    for flags: UInt64 in [17, 0, 0x4111, 0x1_0000, 0x1_0100, 0x1_0900, 0x1_0b00, 0xf00] {
      #expect(judge.verdict(.clone, flags) == Self.fail(1), "\(flags)")
    }
    for namespace: UInt64 in [
      0x2_0000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
    ] {
      #expect(judge.verdict(.clone, namespace) == Self.kill)
      #expect(judge.verdict(.clone, 0x3d_0f00 | namespace) == Self.kill)
    }
    for call in [HostSyscall.kill, .tgkill] {
      #expect(judge.verdict(call, 4711) == Self.allow)
      for process: UInt64 in [0, 1, 4710, 4712, 0xffff_ffff, 0xffff_ffff_ffff_ffff] {
        #expect(judge.verdict(call, process) == Self.fail(1), "\(process)")
      }
    }
    #expect(judge.verdict(.prlimit64, 0) == Self.allow)
    #expect(judge.verdict(.prlimit64, 1) == Self.fail(1))
    // The calling thread; a group, a user, another process.
    #expect(judge.verdict(.setpriority, 0, 0, 19) == Self.allow)
    for (kind, who): (UInt64, UInt64) in [(1, 0), (2, 0), (0, 1), (0, 4711)] {
      #expect(judge.verdict(.setpriority, kind, who, 19) == Self.fail(1))
    }
    // PR_SET_NAME; PR_SET_SECCOMP, PR_SET_DUMPABLE, PR_SET_MM, PR_CAP_AMBIENT.
    #expect(judge.verdict(.prctl, 15) == Self.allow)
    for option: UInt64 in [22, 4, 35, 47] {
      #expect(judge.verdict(.prctl, option) == Self.fail(22))
    }
  }

  @Test(arguments: architectures)
  func descriptorsAreControlledByFewRequests(_ architecture: HostSyscall.Architecture) {
    let judge = Judge(architecture)
    // TCGETS2, FIONREAD; TIOCSTI, TIOCLINUX, TIOCCONS, TIOCSETD, FIOASYNC, KDSETMODE.
    for request: UInt64 in [0x802c_542a, 0x541b] {
      #expect(judge.verdict(.ioctl, 0, request) == Self.allow)
    }
    for request: UInt64 in [0x5412, 0x541c, 0x541d, 0x5423, 0x5452, 0x4b3a, 0x1_0000_5412] {
      #expect(judge.verdict(.ioctl, 0, request) == Self.fail(25))
    }
    // F_DUPFD_CLOEXEC, F_GETFL; F_SETOWN, F_SETSIG, F_NOTIFY, F_SETLK.
    for command: UInt64 in [1030, 3] { #expect(judge.verdict(.fcntl, 0, command) == Self.allow) }
    for command: UInt64 in [8, 10, 1026, 6] {
      #expect(judge.verdict(.fcntl, 0, command) == Self.fail(22))
    }
  }

  @Test(arguments: architectures)
  func socketsAreThereForAnAllowedNetworkOnly(_ architecture: HostSyscall.Architecture) {
    let offline = Judge(architecture)
    let client = Judge(architecture) { $0.connects = true }
    let server = Judge(architecture) { $0.listens = true }
    for family: UInt64 in [2, 10] {
      for type: UInt64 in [1, 2, 0x80801, 0x80802] {
        #expect(offline.verdict(.socket, family, type, 0) == Self.fail(13))
        #expect(client.verdict(.socket, family, type, 0) == Self.allow)
        #expect(server.verdict(.socket, family, type, 0) == Self.allow)
      }
      // SOCK_RAW, SOCK_SEQPACKET, SOCK_PACKET; ICMP, SCTP and MPTCP.
      for type: UInt64 in [3, 5, 10] {
        #expect(client.verdict(.socket, family, type, 0) == Self.fail(13))
      }
      for protocolNumber: UInt64 in [1, 132, 262] {
        #expect(client.verdict(.socket, family, 1, protocolNumber) == Self.fail(13))
      }
    }
    // AF_UNIX, AF_NETLINK, AF_PACKET, AF_ALG, AF_VSOCK.
    for family: UInt64 in [1, 16, 17, 38, 40] {
      #expect(client.verdict(.socket, family, 1, 0) == Self.fail(13))
    }
    #expect(offline.verdict(.connect) == Self.fail(13))
    #expect(client.verdict(.connect) == Self.allow)
    #expect(server.verdict(.connect) == Self.fail(13))
    #expect(offline.verdict(.bind) == Self.fail(13))
    #expect(client.verdict(.listen) == Self.fail(13))
    #expect(server.verdict(.listen) == Self.allow)
    // On what is connected, datagrams to addresses.
    #expect(offline.verdict(.sendto, 0, 0, 0, 0, 0) == Self.allow)
    #expect(offline.verdict(.sendto, 0, 0, 0, 0, 0x1000) == Self.fail(13))
    #expect(offline.verdict(.sendto, 0, 0, 0, 0, 0x1_0000_0000) == Self.fail(13))
    #expect(client.verdict(.sendto, 0, 0, 0, 0, 0x1000) == Self.allow)
    // SO_REUSEADDR; SO_ATTACH_FILTER, SO_BINDTODEVICE, TCP_ULP.
    #expect(client.verdict(.setsockopt, 0, 1, 2) == Self.allow)
    #expect(offline.verdict(.setsockopt, 0, 1, 2) == Self.fail(92))
    // SO_LINGER, for sockets that came from others; so did those with which descriptors can be sent.
    #expect(offline.verdict(.setsockopt, 0, 1, 13) == Self.allow)
    #expect(offline.verdict(.sendmsg) == Self.allow)
    for (level, name): (UInt64, UInt64) in [(1, 26), (1, 25), (6, 31), (0, 1)] {
      #expect(client.verdict(.setsockopt, 0, level, name) == Self.fail(92))
    }
  }

  /// Against the kernel's own headers, as far as those of this machine know the calls.
  @Test(
    arguments: zip(
      architectures,
      ["/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm-generic/unistd.h"]))
  func numbersAreTheKernels(_ architecture: HostSyscall.Architecture, _ header: String) throws {
    guard FileManager.default.fileExists(atPath: header) else { return }
    var numbers: [String: UInt32] = [:]
    for line in try String(contentsOfFile: header, encoding: .utf8).split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == "\t" }
      guard words.count == 3, words[0] == "#define", let number = UInt32(words[2]) else { continue }
      for prefix in ["__NR_", "__NR3264_"] where words[1].hasPrefix(prefix) {
        numbers[String(words[1].dropFirst(prefix.count))] = number
      }
    }
    // The generic table's names for it.
    numbers["newfstatat"] = numbers["newfstatat"] ?? numbers["fstatat"]
    let calls = SeccompPolicy(processID: 1).rules.map(\.call) + HostSyscall.ofNames
    var known = 0
    for call in calls {
      guard let number = call.number(on: architecture) else {
        #expect(numbers[call.name] == nil, "\(call.name) has a number")
        continue
      }
      guard let expected = numbers[call.name] else { continue }
      #expect(number == expected, "\(call.name)")
      known += 1
    }
    #expect(known > 150)
  }
}
