package import Age
package import LibOS
package import Snapshot

/// The destination of a report.
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

  /// Parses `HOST:GUEST`, `HOST:GUEST:ro` or `HOST:GUEST:rw`; `nil` for anything else. GUEST must be
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

  /// Parses digits and at most one of the letters K, M, G and T, which stand for powers of 1,024.
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
  /// Confine it fully, or do not run the guest.
  case require
  /// Confine it as far as the host can.
  case auto
  case off
}

/// How a guest is saved and restored within its process.
package enum SuspendMode: String, Sendable, Hashable, CaseIterable {
  case whole
  /// Restored before its pages are read, and none is read ahead.
  case lazy
  /// The same, from increments: up to ten in a chain.
  case chain
}

/// The guest's standard streams are in the library OS, not the host's, and clients are attached to them.
package struct ConsoleOptions: Sendable {
  /// What a program is started with. A resumed guest has what it had.
  package var shape: GuestConsole.Shape
  /// Bytes of output that are kept in a log; nil: none is kept.
  package var logSize: Int?

  /// The size of a log, if the user does not say otherwise.
  package static let logSize = 16 << 20

  package init(_ shape: GuestConsole.Shape, logSize: Int? = nil) {
    self.shape = shape
    self.logSize = logSize
  }
}

/// The configuration of a picoprocess, whether it starts a program or resumes a snapshot.
package struct PicoprocessOptions: Sendable {
  /// The name of the picoprocess; `nil`: the program's name and the PID.
  package var name: String?
  /// What supervisors know of it, which travels with it: see `Passport`.
  package var passport: String?
  /// The host directory beneath the guest's root.
  package var root: String?
  package var mounts: [MountOption] = []
  /// Absolute paths of the guest where an empty filesystem in memory is mounted.
  package var tmpfs: [String] = []
  /// Bytes of guest memory; `nil`: three quarters of the host's.
  package var memoryLimit: Int?
  /// The limit of processes and threads; `nil`: 32,768.
  package var taskLimit: Int?
  package var reach = NetworkReach.none
  /// The name server; `nil`: the host's.
  package var resolver: ResolverOption?
  package var publish: [PublishOption] = []
  package var connections = ConnectionPolicy.reset
  /// Sockets that take the place of the connections of a guest that is resumed.
  package var relayed: RelayedSockets?
  package var sandbox = SandboxMode.auto
  /// nil: the guest has the standard streams of this process.
  package var console: ConsoleOptions?
  package var trace: ReportTarget?
  package var statistics: ReportTarget?
  /// The directory for the translations of the guest's code.
  package var jitDump: String?
  /// Suspend to `output` before the system call with this number.
  package var suspendAtSyscall: UInt64?
  /// The file of `suspendAtSyscall`.
  package var output: String?
  /// Of `output`.
  package var outputShape = OutputShape()
  package var compression = Compression.standard
  /// Who can open `output`; if nobody is named, whoever has the file.
  package var recipients: [X25519Recipient] = []
  var seal: Recipients? { recipients.isEmpty ? nil : .keys(recipients) }
  /// Take checkpoints by itself.
  package var checkpoints: CheckpointOptions?
  /// The checkpoints that the guest is recovered from, which are this run's from now on.
  package var recovered: CheckpointDirectory?
  /// Write the digest of the guest's state after each this many calls, and at its end.
  package var digestEvery: UInt64?
  /// Write the digests of its parts, too.
  package var digestParts = false
  /// Where `digestEvery` writes; `nil`: standard error.
  package var digestOutput: String?
  /// Save and restore within this process after each this many calls: a test of both.
  package var suspendEvery: UInt64?
  /// How `suspendEvery` saves and restores.
  package var suspendMode = SuspendMode.whole
  /// The granularity in bytes of giving memory back to the host, to test hosts with larger pages.
  package var hostPageSize: Int?
  /// Additional system calls for tests.
  package var additionalSyscalls: [SyscallRow] = []

  package init() {}
}

/// The program that a picoprocess runs.
package struct ProgramOptions: Sendable {
  /// A path in the guest, or a name that is searched for in the guest's `PATH`.
  package var program: String
  package var arguments: [String]
  package var environment = EnvironmentOptions()
  /// A directory of the guest; `nil`: Godwit's own if it exists in the guest, else `/`.
  package var workingDirectory: String?
  /// The seed of a deterministic run, which depends only on the program, its files and this number; `nil`: an
  /// ordinary run.
  package var seed: UInt64?

  package init(program: String, arguments: [String]) {
    self.program = program
    self.arguments = arguments
  }
}
