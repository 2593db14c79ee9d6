import ArgumentParser
import LibOS
import Picoprocess
import PosixHost
import Snapshot

/// What `run`, `resume` and `recover` take for guests whose standard streams are not the host's.
struct ConsoleChoices: ParsableArguments {
  @Flag(
    name: .shortAndLong,
    help: "Print the picoprocess's name and return when the guest runs; see godwit attach.")
  var detach = false

  @OptionGroup var keys: DetachKeysOption

  @Option(
    help: ArgumentHelp(
      "With --detach: how much of the guest's output godwit logs can show; default: 16M.",
      valueName: "size"))
  var logSize: ByteCount?

  @Flag(
    help: ArgumentHelp("This process was started to run the guest.", visibility: .hidden))
  var isStarted = false

  func validate(_ options: GuestOptions) throws {
    guard logSize == nil || detach else { throw ValidationError("--log-size needs --detach") }
    guard detach else { return }
    if options.trace == .standardError {
      throw ValidationError("--detach and --trace without a file exclude each other")
    }
    if options.stats == .standardError {
      throw ValidationError("--detach and --stats without a file exclude each other")
    }
    if options.digestEvery != nil, options.digestOutput == nil {
      throw ValidationError(
        "--detach and --digest-every without --digest-output exclude each other")
    }
  }

  // MARK: The process that the user has started

  /// Has another process run the guest, and is attached to it unless it is detached. Throws the end of this process.
  ///
  /// - Parameter givesInput: what is read here is typed into the guest.
  func start(givesInput: Bool) throws {
    var arguments = CommandLine.arguments
    arguments.insert("--is-started", at: 2)
    switch try Launch(arguments) {
    case .failed(let status): throw GuestEnding(status: status)
    case .started(let report, _) where detach: Console.show(report.name)
    case .started(let report, let connection):
      var choices = AttachChoices()
      choices.givesInput = givesInput
      choices.keys = keys.detachKeys ?? .standard
      throw GuestEnding(
        status: try AttachClient(choices).run(started: report.name, connection).status)
    }
    throw GuestEnding(status: 0)
  }

  /// Whether another process has to run the guest in a snapshot: one that is detached, or has standard streams of its
  /// own.
  func isNeeded(for path: String, _ reader: SnapshotReader) throws -> Bool {
    guard !isStarted else { return false }
    return try detach || SnapshotFile.hasConsole(path, reader)
  }

  // MARK: The process that runs the guest

  /// The process that has started this one; nil if the user has.
  func starter() throws -> Starter? {
    guard isStarted else { return nil }
    do { return try Starter() } catch { throw Failure("--is-started is godwit's own option") }
  }

  func options(hasTerminal: Bool, takesInput: Bool) -> ConsoleOptions? {
    guard isStarted else { return nil }
    return ConsoleOptions(
      GuestConsole.Shape(hasTerminal: hasTerminal, takesInput: takesInput),
      logSize: detach ? logSize?.bytes ?? ConsoleOptions.logSize : nil)
  }

  func report(_ picoprocess: Picoprocess, to starter: Starter?) throws {
    if let starter { try picoprocess.report(to: starter, joins: !detach) }
  }
}

/// The option of all commands that attach.
struct DetachKeysOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The keys that detach from the guest's terminal, none if empty; default: ctrl-p,ctrl-q.",
      valueName: "keys"))
  var detachKeys: DetachKeys?
}

extension DetachKeys: ExpressibleByArgument {
  init?(argument: String) { self.init(argument) }
}
