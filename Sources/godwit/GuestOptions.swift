import Age
import ArgumentParser
import Picoprocess
import Snapshot
import SupervisorMessages

/// The options that `run` and `resume` share.
struct GuestOptions: ParsableArguments {
  @Option(help: "The name to find the picoprocess by; default: PROGRAM-PID.")
  var name: String?

  @Flag(help: "No rule of a supervisor moves it, nor its home; see godwit serve.")
  var pin = false

  @Option(help: ArgumentHelp("What supervisors know of it.", visibility: .hidden))
  var passport: String?

  @Option(
    help: ArgumentHelp(
      "The host directory beneath the guest's root, which stays as it is; default: /.",
      valueName: "dir"))
  var root: String?

  @Option(help: ArgumentHelp("Show a host directory in the guest.", valueName: "host:guest[:ro]"))
  var mount: [MountOption] = []

  @Option(help: ArgumentHelp("Guest memory, as in 512M or 2G.", valueName: "size"))
  var memoryLimit: ByteCount?

  @Option(help: ArgumentHelp("Processes and threads that the guest may have.", valueName: "n"))
  var maxTasks: Int?

  @Option(
    help: ArgumentHelp(
      """
      Let the guest connect and send to other machines; with --net=loopback to programs of this machine \
      too, which it finds at 10.0.2.2.
      """, valueName: "loopback"))
  var net: NetworkReach?

  @Option(
    help: ArgumentHelp(
      "Who answers the guest's questions for names with --net; default: who answers this machine's.",
      valueName: "address[:port]"))
  var dns: ResolverOption?

  @Option(
    help: ArgumentHelp(
      "Let others connect to a port of the guest; without an address only this machine's own programs.",
      valueName: "[address:]port:guest-port[/udp]"))
  var publish: [PublishOption] = []

  @Option(
    help: ArgumentHelp(
      "What to do about connections to the outside when a snapshot is taken: reset or refuse.",
      valueName: "policy"))
  var tcp: ConnectionPolicy = .reset

  @Option(
    help: ArgumentHelp(
      """
      Confine the process that runs the guest, in case the guest breaks out of the emulation: require, auto \
      (as far as this host can, see godwit check) or off.
      """, valueName: "mode"))
  var sandbox = SandboxMode.auto

  @Option(
    help: ArgumentHelp(
      "Show every system call, on standard error or in FILE (--trace=FILE).", valueName: "file"))
  var trace: ReportTarget?

  @Option(
    help: ArgumentHelp(
      "Report statistics as JSON at the end, on standard error or in FILE (--stats=FILE).",
      valueName: "file"))
  var stats: ReportTarget?

  @Option(
    help: ArgumentHelp(
      "Write the translations of the guest's code to DIR/jit-PID.dump, for perf inject --jit.",
      valueName: "dir"))
  var jitdump: String?

  @Option(
    help: ArgumentHelp(
      "Suspend to the --output file when the guest has made so many system calls in all; a guest that "
        + "can't be saved goes on.",
      valueName: "n"))
  var suspendAtSyscall: UInt64?

  @Option(name: .shortAndLong, help: ArgumentHelp("Where to suspend to.", valueName: "file"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Take a checkpoint whenever so much time has passed, as in 500ms, 30s, 5m or 1h; see godwit recover.",
      valueName: "time"))
  var checkpointEvery: Period?

  @Option(
    help: ArgumentHelp(
      "Where to put checkpoints: a store, made if it is missing, which no other run uses.",
      valueName: "dir"))
  var checkpointDir: String?

  @Option(help: ArgumentHelp("How many checkpoints to keep; default: 5.", valueName: "n"))
  var keep: Int?

  @OptionGroup var compression: CompressionOption

  @OptionGroup var shape: ShapeOptions

  @OptionGroup var seal: SealOptions

  @Option(
    help: ArgumentHelp(
      "Write the digest of the guest's state whenever it has made so many system calls, and at its end.",
      valueName: "n"))
  var digestEvery: UInt64?

  @Option(
    help: ArgumentHelp("Where to write digests; default: standard error.", valueName: "file"))
  var digestOutput: String?

  @Flag(help: "Also write the digest of each part of the state.")
  var digestParts = false

  @Option(
    help: ArgumentHelp(
      "Save and restore the guest in memory whenever it has made so many system calls: a test.",
      valueName: "n", visibility: .hidden))
  var suspendEvery: UInt64?

  @Option(
    help: ArgumentHelp(
      "How --suspend-every does it: whole, lazy, or chain; default: whole.", valueName: "mode",
      visibility: .hidden))
  var suspendMode: SuspendMode?

  @Option(
    help: ArgumentHelp(
      "Take the host's pages to be larger than they are: a test.", valueName: "size",
      visibility: .hidden))
  var hostPageSize: ByteCount?

  mutating func validate() throws {
    guard (suspendAtSyscall == nil) == (output == nil) else {
      throw ValidationError("--suspend-at-syscall and --output need each other")
    }
    guard compression.compress == nil || output != nil || checkpointEvery != nil else {
      throw ValidationError("--compress needs --output or --checkpoint-every")
    }
    guard !shape.isGiven || output != nil else {
      throw ValidationError("--self-contained and --split need --output")
    }
    guard !seal.isGiven || output != nil || checkpointEvery != nil else {
      throw ValidationError("--encrypt-to needs --output or --checkpoint-every")
    }
    guard checkpointDir == nil || checkpointEvery != nil else {
      throw ValidationError("--checkpoint-dir needs --checkpoint-every")
    }
    guard keep == nil || checkpointEvery != nil else {
      throw ValidationError("--keep needs --checkpoint-every")
    }
    guard keep.map({ $0 > 0 }) ?? true else { throw ValidationError("--keep takes 1 or more") }
    guard maxTasks.map({ $0 > 0 }) ?? true else {
      throw ValidationError("--max-tasks takes 1 or more")
    }
    guard suspendEvery != 0 else { throw ValidationError("--suspend-every takes 1 or more") }
    guard suspendMode == nil || suspendEvery != nil else {
      throw ValidationError("--suspend-mode needs --suspend-every")
    }
    guard digestEvery != 0 else { throw ValidationError("--digest-every takes 1 or more") }
    guard dns == nil || net != nil else { throw ValidationError("--dns needs --net") }
    guard digestOutput == nil && !digestParts || digestEvery != nil else {
      throw ValidationError("--digest-output and --digest-parts need --digest-every")
    }
  }

  /// - Parameter directory: where checkpoints are put if the user does not say.
  /// - Parameter keys: open a sealed store.
  /// - Parameter mustBeSealed: they are for nothing else.
  func checkpointOptions(
    in directory: String? = nil, _ keys: SealKeys, mustBeSealed: Bool = false
  ) throws -> CheckpointOptions? {
    guard let period = checkpointEvery else { return nil }
    guard let directory = checkpointDir ?? directory else {
      throw ValidationError("--checkpoint-every needs --checkpoint-dir")
    }
    let recipients = try seal.recipients()
    return try CheckpointOptions(
      period: period, directory: StorePath.directory(directory), keep: keep ?? 5,
      compression: compression.compress ?? .standard,
      sealedTo: recipients.isEmpty ? nil : .keys(recipients), keys, mustBeSealed: mustBeSealed)
  }

  func picoprocessOptions() throws -> PicoprocessOptions {
    var options = PicoprocessOptions()
    options.name = name
    options.passport = pin ? PassportText.pinned : passport
    options.root = root
    options.mounts = mount
    options.memoryLimit = memoryLimit?.bytes
    options.taskLimit = maxTasks
    options.reach = net ?? .none
    options.resolver = dns
    options.publish = publish
    options.connections = tcp
    options.sandbox = sandbox
    options.trace = trace
    options.statistics = stats
    options.jitDump = jitdump
    options.suspendAtSyscall = suspendAtSyscall
    options.output = output
    options.compression = compression.compress ?? .standard
    options.outputShape = shape.shape
    options.recipients = try seal.recipients()
    options.suspendEvery = suspendEvery
    options.suspendMode = suspendMode ?? .whole
    options.digestEvery = digestEvery
    options.digestOutput = digestOutput
    options.digestParts = digestParts
    options.hostPageSize = hostPageSize?.bytes
    return options
  }
}

/// The option of all commands that write snapshots.
struct CompressionOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How to compress the snapshot: none, or zstd with a level from 1 to 19; default: zstd:1.",
      valueName: "none|zstd[:level]"))
  var compress: Compression?
}

extension Compression: ExpressibleByArgument {
  init?(argument: String) { self.init(argument) }
}

extension Period: ExpressibleByArgument {
  init?(argument: String) { self.init(argument) }

  public var defaultValueDescription: String { description }
}

extension MountOption: ExpressibleByArgument {
  init?(argument: String) { self.init(argument) }
}

extension NetworkReach: ExpressibleByArgument {
  init?(argument: String) { self.init(argument) }
}

extension PublishOption: ExpressibleByArgument {
  init?(argument: String) { self.init(argument) }
}

extension ResolverOption: ExpressibleByArgument {
  init?(argument: String) { self.init(argument) }
}

extension ConnectionPolicy: ExpressibleByArgument {}

extension SandboxMode: ExpressibleByArgument {}

extension SignalOption: ExpressibleByArgument {
  init?(argument: String) { self.init(argument) }
}

extension SuspendMode: ExpressibleByArgument {}

extension ByteCount: ExpressibleByArgument {
  init?(argument: String) { self.init(argument) }
}

extension ReportTarget: ExpressibleByArgument {
  /// `-` is standard error.
  init?(argument: String) { self = argument == "-" ? .standardError : .file(argument) }
}
