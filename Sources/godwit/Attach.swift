import ArgumentParser
import Picoprocess

// Commands to applications that do not belong to a terminal.

struct Attach: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attach", abstract: "Join this terminal with a running program.",
    discussion: """
      For programs that were started with -t or --detach. The last 64 KiB of a terminal's output are shown again, and the \
      terminal gets the size of this one. The exit status is the program's when it ends, 0 after the detach keys.
      """)

  @Argument(
    help: ArgumentHelp(
      "The picoprocess's name, or that of one at a peer.", valueName: "[peer/]name"))
  var name: String

  @OptionGroup var keys: DetachKeysOption

  @Flag(help: "Give the program no input.")
  var noStdin = false

  @Option(
    help: ArgumentHelp(
      "Send signals to this command to the program, unless keys are typed into its terminal; default: true.",
      valueName: "true|false"))
  var sigProxy = true

  func run() throws {
    var choices = AttachChoices()
    choices.givesInput = !noStdin
    choices.keys = keys.detachKeys ?? .standard
    choices.proxiesSignals = sigProxy
    if name.contains("/") {
      guard let (host, name) = RemoteHost.guest(name), host.isPeer else {
        throw Failure("'\(name)' is neither NAME nor PEER/NAME")
      }
      throw GuestEnding(status: try AttachClient(choices).run(at: host.host, name).status)
    }
    throw GuestEnding(status: try ControlClient().attach(name, choices).status)
  }
}

struct Join: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "join", abstract: "Join a client at a peer with a running program.",
    discussion: "This is what the supervisor runs for one who attaches at a peer.",
    shouldDisplay: false)

  @Argument(help: "The picoprocess's name.")
  var name: String

  @Option(help: "The peer.")
  var machine: String

  func run() throws { try ConsoleJoin.run(name, at: machine) }
}

struct Logs: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs", abstract: "Show the output of a program that was started with --detach.",
    discussion: "Of a program that has ended, too, until another one is started under its name.")

  @Argument(help: "The picoprocess's name.")
  var name: String

  @Flag(name: .shortAndLong, help: "Go on showing output until the program ends.")
  var follow = false

  @Option(
    name: .customLong("tail"), help: ArgumentHelp("Only the last so many lines.", valueName: "n"))
  var lines: Int?

  @Option(
    help: ArgumentHelp(
      "Only what came after a time: in UTC, as in 2026-11-28T20:39:45, or so long ago, as in 10m.",
      valueName: "time"))
  var since: LogStart?

  @Flag(name: .shortAndLong, help: "Show the time of each line, in UTC.")
  var timestamps = false

  @Flag(help: "Remove the log of a program that has ended, instead of showing it.")
  var remove = false

  func validate() throws {
    guard lines.map({ $0 >= 0 }) ?? true else { throw ValidationError("--tail takes 0 or more") }
    guard !remove || !(follow || timestamps) && lines == nil && since == nil else {
      throw ValidationError("--remove excludes all other options")
    }
  }

  func run() throws {
    if remove { return try LogReader.remove(name) }
    var choices = LogChoices()
    choices.tail = lines
    choices.since = since
    choices.showsTimes = timestamps
    choices.follows = follow
    try LogView.show(name, choices)
  }
}

extension LogStart: ExpressibleByArgument {
  init?(argument: String) { self.init(argument) }
}

struct Pause: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause", abstract: "Let a program stand still until godwit unpause.",
    discussion: "Its clocks go on, and timers that are due meanwhile fire when it goes on.")

  @Argument(help: "The picoprocess's name.")
  var name: String

  func run() throws { _ = try ControlClient().ask(name, .pause, timeout: 10_000_000_000) }
}

struct Unpause: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unpause", abstract: "Let a paused program go on.")

  @Argument(help: "The picoprocess's name.")
  var name: String

  func run() throws { _ = try ControlClient().ask(name, .unpause, timeout: 10_000_000_000) }
}

struct Wait: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait", abstract: "Wait for the end of a program, and print its exit status.")

  @Argument(help: "The picoprocess's name.")
  var name: String

  func run() throws {
    guard let status = try ControlClient().wait(for: name) else {
      throw Failure("\(name) was suspended")
    }
    Console.show("\(status)")
  }
}

struct Stop: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop",
    abstract: "End a program: with SIGTERM, and with SIGKILL if that does not help.")

  @Argument(help: "The picoprocess's name.")
  var name: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Seconds from SIGTERM to SIGKILL; default: 10.", valueName: "seconds"))
  var time: Int64 = 10

  func validate() throws {
    guard (0...86_400).contains(time) else {
      throw ValidationError("--time takes seconds from 0 to 86400")
    }
  }

  func run() throws { try ControlClient().stop(name, seconds: time) }
}
