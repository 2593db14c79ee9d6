package import LibOS

/// Where a report goes.
package enum ReportTarget: Sendable, Hashable {
  case standardError
  case file(String)
}

/// A host directory or file in the guest's tree: `HOST:GUEST[:ro]`.
package struct MountOption: Sendable, Hashable {
  package var host: String
  package var guest: String
  package var isReadOnly: Bool

  package init(host: String, guest: String, isReadOnly: Bool = false) {
    self.host = host
    self.guest = guest
    self.isReadOnly = isReadOnly
  }

  /// Reads `HOST:GUEST`, `HOST:GUEST:ro` or `HOST:GUEST:rw`; `nil` for anything else. GUEST must be
  /// absolute.
  package init?(_ text: String) {
    var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    var isReadOnly = false
    if parts.count == 3, parts[2] == "ro" || parts[2] == "rw" {
      isReadOnly = parts.removeLast() == "ro"
    }
    guard parts.count == 2, !parts[0].isEmpty, parts[1].hasPrefix("/") else { return nil }
    self.init(host: parts[0], guest: parts[1], isReadOnly: isReadOnly)
  }
}

/// A number of bytes as people write it: `512M`, `2G`, `1048576`.
package struct ByteCount: Sendable, Hashable {
  package var bytes: Int

  /// Reads digits and at most one of the letters K, M, G and T, for powers of 1,024.
  package init?(_ text: String) {
    var digits = text[...]
    var shift = 0
    if let last = digits.last, let index = "KMGT".firstIndex(of: Character(last.uppercased())) {
      shift = 10 * ("KMGT".distance(from: "KMGT".startIndex, to: index) + 1)
      digits.removeLast()
    }
    guard digits.allSatisfy(\.isNumber), let value = Int(digits),
      value <= Int.max >> shift
    else { return nil }
    bytes = value << shift
  }
}

/// Whether the process that runs a guest confines itself: `--sandbox`.
package enum SandboxMode: String, Sendable, Hashable, CaseIterable {
  /// Completely, or the guest does not run.
  case require
  /// As far as the host offers it.
  case auto
  case off
}

/// How a picoprocess is set up, whether it begins with a program or with a snapshot.
package struct PicoprocessOptions: Sendable {
  /// The name it is found by; `nil`: the program's name and the host's process id.
  package var name: String?
  /// The host directory beneath the guest's root.
  package var root: String?
  package var mounts: [MountOption] = []
  /// Absolute paths of the guest, each of which gets an empty filesystem in memory.
  package var tmpfs: [String] = []
  /// Bytes of guest memory; `nil`: three quarters of the host's.
  package var memoryLimit: Int?
  /// Processes and threads that the guest may have; `nil`: 32,768.
  package var taskLimit: Int?
  package var reach = NetworkReach.none
  /// Who is asked for names; `nil`: whom the host asks.
  package var resolver: ResolverOption?
  package var publish: [PublishOption] = []
  package var connections = ConnectionPolicy.reset
  package var sandbox = SandboxMode.auto
  package var trace: ReportTarget?
  package var statistics: ReportTarget?
  /// Suspend to `output` before the call with this number would be made.
  package var suspendAtSyscall: UInt64?
  /// The file of `suspendAtSyscall`.
  package var output: String?
  /// Write the digest of the guest's state each time that so many calls were made, and at its end.
  package var digestEvery: UInt64?
  /// Where `digestEvery` writes; `nil`: standard error.
  package var digestOutput: String?
  /// Save and restore within this process each time that so many calls were made: a test of both.
  package var suspendEvery: UInt64?
  /// Bytes in which to give memory back to the host, as if its pages were larger than they are: a test.
  package var hostPageSize: Int?
  /// System calls that the guest has besides Linux's: a test.
  package var additionalSyscalls: [SyscallRow] = []

  package init() {}
}

/// What a picoprocess runs.
package struct ProgramOptions: Sendable {
  /// A path in the guest, or a name to look up in the guest's `PATH`.
  package var program: String
  package var arguments: [String]
  package var environment = EnvironmentOptions()
  /// A directory of the guest; `nil`: Godwit's own where the guest has it, else `/`.
  package var workingDirectory: String?
  /// Has the run depend on nothing but the program, its files and this number; `nil`: an ordinary run.
  package var seed: UInt64?

  package init(program: String, arguments: [String]) {
    self.program = program
    self.arguments = arguments
  }
}
