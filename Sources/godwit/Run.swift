import ArgumentParser
import Picoprocess
import PosixHost
import Snapshot

struct Run: ParsableCommand {
  /// With a name above it, the parser does not look for options about completion scripts, which takes it a millisecond.
  static let configuration = CommandConfiguration(
    commandName: "run", _superCommandName: "godwit", abstract: "Run a program.",
    usage: "godwit run [OPTION …] [--] PROGRAM [ARGUMENT …]")

  @OptionGroup var options: GuestOptions

  @OptionGroup var keys: RunKeyOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Set an environment variable of the guest; without a value, as it is here.",
      valueName: "name[=value]"))
  var env: [String] = []

  @Option(
    help: ArgumentHelp("Set the environment variables in the lines of a file.", valueName: "file"))
  var envFile: [String] = []

  @Flag(name: .shortAndLong, help: "With -t or --detach: let the guest have input.")
  var interactive = false

  @Flag(
    name: .shortAndLong,
    help: "Give the guest a terminal of its own, which travels with it; see godwit attach.")
  var tty = false

  @OptionGroup var console: ConsoleChoices

  @Flag(help: "Give the guest all of this environment, which it has without --root anyway.")
  var envHost = false

  @Option(
    help: ArgumentHelp(
      "Mount an empty filesystem in memory over a directory of the guest.", valueName: "dir"))
  var tmpfs: [String] = []

  @Option(help: ArgumentHelp("The working directory in the guest.", valueName: "dir"))
  var cwd: String?

  @Flag(
    help: """
      Have the run depend on nothing but the program, its files and the seed: the same on every host. The \
      environment is empty but for PATH and --env, the working directory /.
      """)
  var deterministic = false

  @Option(
    help: ArgumentHelp(
      "What random numbers follow from in a deterministic run; default: 0.", valueName: "n"))
  var seed: UInt64?

  @Argument(parsing: .postTerminator, help: "The program and its arguments.")
  var command: [String] = []

  func validate() throws {
    guard !command.isEmpty else { throw ValidationError("there is no program to run") }
    try console.validate(options)
    guard !keys.areGiven || options.checkpointEvery != nil else {
      throw ValidationError("--identity and --passphrase-file need --checkpoint-every")
    }
    guard seed == nil || deterministic else {
      throw ValidationError("--seed needs --deterministic")
    }
    for path in tmpfs where !path.hasPrefix("/") {
      throw ValidationError("--tmpfs takes an absolute path, not '\(path)'")
    }
    guard !envHost || !deterministic else {
      throw ValidationError("--deterministic and --env-host exclude each other")
    }
    for setting in env where !EnvironmentOptions.isSetting(setting) {
      throw ValidationError("--env takes NAME=VALUE or NAME, not '\(setting)'")
    }
  }

  func run() throws {
    if tty || console.detach, !console.isStarted {
      if tty, interactive, !console.detach, !HostProcess.isTerminal(0) {
        throw Failure("the input device is not a TTY")
      }
      try console.start(givesInput: interactive)
    }
    let starter = try console.starter()
    var program = ProgramOptions(program: command[0], arguments: Array(command.dropFirst()))
    program.environment.includesHost = envHost
    program.environment.files = envFile
    program.environment.settings = env
    program.workingDirectory = cwd
    program.seed = deterministic ? seed ?? 0 : nil
    var setup = try options.picoprocessOptions()
    setup.tmpfs = tmpfs
    setup.checkpoints = try options.checkpointOptions(try keys.keys(), mustBeSealed: keys.areGiven)
    setup.console = console.options(hasTerminal: tty, takesInput: interactive)
    let picoprocess = try Picoprocess(program, setup)
    try console.report(picoprocess, to: starter)
    try picoprocess.runToTheEnd()
  }
}

struct Resume: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "Go on with a suspended program.",
    discussion: """
      The guest sees the same files as before. Where they lie elsewhere on this host, say so with --root \
      and with --mount for each directory that was mounted. Both, and the published ports, must be said for \
      a snapshot that is signed neither by you nor by a known key, unless you --trust it.
      """)

  @OptionGroup var options: GuestOptions

  @OptionGroup var choices: ResumeChoices

  @OptionGroup var console: ConsoleChoices

  @Argument(help: "The snapshot.")
  var file: String

  func validate() throws {
    try choices.validate(options)
    try console.validate(options)
  }

  func run() throws {
    var setup = try options.picoprocessOptions()
    guard let reader = try open(&setup) else { return try console.start(givesInput: true) }
    let starter = try console.starter()
    setup.console = console.options(hasTerminal: false, takesInput: true)
    let picoprocess = try choices.picoprocess(resuming: file, reader, setup)
    try console.report(picoprocess, to: starter)
    try picoprocess.runToTheEnd()
  }

  /// Opens the snapshot. The keys are gone when this returns: before the guest is made.
  ///
  /// - Returns: nil if the guest belongs in a process of its own.
  private func open(_ setup: inout PicoprocessOptions) throws -> SnapshotReader? {
    let keys = try choices.sealKeys.keys()
    let reader = try SnapshotFile.reader(file, keys)
    guard try !console.isNeeded(for: file, reader) else { return nil }
    setup.checkpoints = try options.checkpointOptions(keys)
    if let checkpoints = setup.checkpoints, !checkpoints.areSealed, try SnapshotFile.isSealed(file)
    {
      Console.complain(
        "\(checkpoints.directory): the checkpoints are not sealed, as \(file) is: add --encrypt-to")
    }
    return reader
  }
}

struct Recover: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover", abstract: "Go on from the newest checkpoint after a crash.",
    discussion: """
      The newest checkpoint of a run with --checkpoint-every that is whole is resumed, as by godwit resume. \
      It is refused while that run goes on, and when its guest has ended by itself. With --checkpoint-every, more \
      checkpoints go to the same directory.
      """)

  @OptionGroup var options: GuestOptions

  @OptionGroup var choices: ResumeChoices

  @OptionGroup var console: ConsoleChoices

  @Argument(help: "The directory with the checkpoints.")
  var directory: String

  func validate() throws {
    try choices.validate(options)
    try console.validate(options)
  }

  func run() throws {
    choices.progress.begin()
    var setup = try options.picoprocessOptions()
    guard let (path, reader) = try open(&setup) else {
      return try console.start(givesInput: true)
    }
    let starter = try console.starter()
    setup.console = console.options(hasTerminal: false, takesInput: true)
    let picoprocess = try choices.picoprocess(resuming: path, reader, setup)
    try console.report(picoprocess, to: starter)
    try picoprocess.runToTheEnd()
  }

  /// Opens the newest checkpoint. The keys are gone when this returns: before the guest is made.
  ///
  /// - Returns: nil if the guest belongs in a process of its own, which finds the directory free.
  private func open(_ setup: inout PicoprocessOptions) throws -> (path: String, SnapshotReader)? {
    let keys = try choices.sealKeys.keys()
    let path = StorePath.directory(directory)
    let recovery = try Recovery(path, keys) { Console.complain($0) }
    guard try !console.isNeeded(for: recovery.path, recovery.reader) else { return nil }
    setup.checkpoints = try options.checkpointOptions(in: path, keys)
    setup.recovered = recovery.directory
    return (recovery.path, recovery.reader)
  }
}

/// What `run` starts for --checkpoint-every.
struct KeepCheckpoints: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: KeeperOrders.command, abstract: "Take the checkpoints of a run.",
    shouldDisplay: false)

  @Argument var orders: String

  func run() throws { try Keeper.run(orders) }
}
