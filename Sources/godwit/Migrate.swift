import ArgumentParser
import HostABI
import JSONText
import Picoprocess
import PosixHost

struct Migrate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate", abstract: "Move a running program to another machine.",
    discussion: """
      ssh runs `godwit receive` there, as yourself; nothing has to be set up but that. A peer of godwit serve is reached \
      by its name, without ssh. The program runs on here \
      while its memory is copied, and stops for the rest. Until the other machine has all of it, any failure, and \
      Ctrl-C, leave it running here.
      """)

  @Argument(help: "The picoprocess's name.")
  var name: String

  @Argument(
    help: ArgumentHelp("The other machine.", valueName: "ssh://[user@]host[:port]|peer"))
  var destination: RemoteHost

  @OptionGroup var shell: ShellOptions

  @Option(help: ArgumentHelp("The picoprocess's name there; default: as here.", valueName: "name"))
  var remoteName: String?

  @Option(
    help: ArgumentHelp(
      "The directory beneath the guest's root there; default: as here.", valueName: "dir"))
  var remoteRoot: String?

  @Flag(
    help: """
      Send the guest's root, too: what the other machine lacks of it. It is put where that machine puts roots, and not \
      beneath /.
      """)
  var withRoot = false

  @Option(
    help: ArgumentHelp(
      "With --with-root: where to put it there; default: godwit/roots in XDG_DATA_HOME, or in ~/.local/share.",
      valueName: "dir"))
  var remoteRootStore: String?

  @Option(
    help: ArgumentHelp(
      "The directory there that the guest has mounted; default: as here.",
      valueName: "host:guest[:ro]"))
  var remoteMount: [MountOption] = []

  @Flag(
    help: """
      Send the files of the guest's writable mounts, too: what the other machine lacks of them. The directories there \
      must be empty, not there yet, or as the guest left them.
      """)
  var withMounts = false

  @Option(
    help: ArgumentHelp(
      "A port to publish there; default: those that are published here.",
      valueName: "[address:]port:guest-port[/udp]"))
  var remotePublish: [PublishOption] = []

  @Flag(help: "Publish none of the guest's ports there.")
  var noPublish = false

  @Option(
    help: ArgumentHelp(
      "What the guest may connect to there: none, others or loopback; default: as here.",
      valueName: "reach"))
  var remoteNet: RemoteNet?

  @OptionGroup var pace: PaceOptions

  @Option(
    help: ArgumentHelp(
      """
      With --connections relay: a machine that the guest may move on to. The relay that stays here may then make a link \
      to it, as --ssh says, in place of those by way of machines between. So may it to those that stand in godwit/follow \
      in XDG_CONFIG_HOME, or in ~/.config.
      """, valueName: "ssh://[user@]host[:port]|peer"))
  var follow: [RemoteHost] = []

  @OptionGroup var progress: ProgressOption

  @Flag(help: "Print times in microseconds and numbers of pages, as JSON.")
  var printStats = false

  @Flag(
    help: """
      Only have the other machine keep a copy: the program stays here, and the next copy, or a later move there, sends only \
      what was written since.
      """)
  var copy = false

  @Flag(help: "Only ask whether it can move, and say what that would take.")
  var dryRun = false

  @Flag(
    help:
      "With --dry-run: say what is known of the program and the link, and what each way to move would take."
  )
  var explain = false

  func validate() throws {
    if let remoteName, !ControlDirectory.isValid(name: remoteName) {
      throw ValidationError(ControlDirectory.refusal(ofName: remoteName))
    }
    guard dryRun || !explain else { throw ValidationError("--explain needs --dry-run") }
    guard !copy || !dryRun && !withMounts && !pace.postCopy && follow.isEmpty else {
      throw ValidationError(
        "--copy excludes --dry-run, --with-mounts, --post-copy and --follow: it has the memory, which is kept"
      )
    }
    guard !noPublish || remotePublish.isEmpty else {
      throw ValidationError("--remote-publish and --no-publish exclude each other")
    }
    guard !withRoot || remoteRoot == nil else {
      throw ValidationError("--with-root and --remote-root exclude each other")
    }
    guard follow.isEmpty || pace.connections == .relay else {
      throw ValidationError("--follow needs --connections relay")
    }
    guard withRoot || remoteRootStore == nil else {
      throw ValidationError("--remote-root-store needs --with-root")
    }
  }

  func run() throws {
    var options = MigrationOptions(try shell.shell(destination))
    options.follow = follow
    options.remoteName = remoteName
    options.remoteRoot = remoteRoot
    options.carriesRoot = withRoot
    options.remoteRootStore = remoteRootStore
    options.remoteMounts = remoteMount
    options.carriesMounts = withMounts
    options.remotePublish = remotePublish
    options.publishesNothing = noPublish
    options.remoteReach = remoteNet?.reach
    if dryRun { return try rehearse(options) }
    progress.begin()
    pace.warn(name)
    let statistics =
      try copy
      ? SnapshotStatistics(Departure.copy(name, pace.pace, options))
      : Departure.migrate(name, pace.pace, options).map {
        SnapshotStatistics($0.snapshot, move: $0.report)
      }
    if printStats, let statistics { Console.show(JSON.line(statistics)) }
  }
}

extension Migrate {
  private func rehearse(_ options: MigrationOptions) throws {
    let plan = try Departure.rehearse(name, pace.pace, options)
    if printStats { return Console.show(JSON.line(plan.choices)) }
    Console.show(plan.summary + (explain ? "\n" + plan.explanation : ""))
  }
}

/// The moves that were made from here.
struct Moves: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "moves",
    abstract: "List the last moves to other machines, and what was foretold of them.",
    discussion:
      "What each took teaches godwit what the next ones will take: see godwit migrate --dry-run.")

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let all = MoveRecords.all()
    if json {
      let records = Dictionary(uniqueKeysWithValues: all.map { ($0.host, $0.records.records) })
      return Console.show(JSON.pretty(records))
    }
    let rows = all.flatMap { host, records in records.records.map { row($0, to: host) } }
    Console.show(
      table(
        [["TIME", "NAME", "STOOD", "FORETOLD", "TOOK", "FORETOLD", "SENT", "WAY", "TO"]] + rows))
  }

  private func row(_ record: MoveRecord, to host: String) -> [String] {
    [
      record.timeText, record.guest, record.outcome.frozenText, record.forecast.frozenText,
      record.outcome.totalText, record.forecast.totalText, record.outcome.bytesText,
      "\(record.way)", host,
    ]
  }
}

/// How the other machine is reached.
struct ShellOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The command that makes the link, in words; default: what GODWIT_SSH says, or ssh.",
      valueName: "command"))
  var ssh: String?

  @Option(help: ArgumentHelp("The command godwit there.", valueName: "path"))
  var remoteGodwit = "godwit"

  @Option(
    help: ArgumentHelp(
      """
      Where the other machine has no godwit of this version, bring it this one, or with --carry-godwit=PATH the one at \
      PATH, which is for that machine's ISA.
      """, valueName: "path"))
  var carryGodwit: CarriedGodwit?

  func shell(_ remote: RemoteHost) throws -> RemoteShell {
    guard !remote.isPeer || ssh == nil && carryGodwit == nil && remoteGodwit == "godwit" else {
      throw Failure(
        "\(remote): --ssh, --remote-godwit and --carry-godwit are for machines that ssh reaches")
    }
    var shell = try RemoteShell(remote: remote, ssh: ssh)
    shell.godwit = remoteGodwit
    shell.carrier = carryGodwit?.carrier
    return shell
  }
}

struct CarriedGodwit: ExpressibleByArgument {
  let carrier: GodwitCarrier

  /// `-` is what stands for no value.
  init?(argument: String) { carrier = GodwitCarrier(path: argument == "-" ? nil : argument) }
}

enum BusyPolicy: String, ExpressibleByArgument {
  case pause, throttle
}

/// How fast a guest is to be sent.
struct PaceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How long the program should stand at most, as in 50ms; a program that writes faster than the link carries stands longer.",
      valueName: "time"))
  var maxPause = Period("50ms")!

  @Option(
    help: ArgumentHelp(
      "What to do about a program that writes faster than the link carries: pause it for longer, or throttle it before.",
      valueName: "pause|throttle"))
  var onBusy = BusyPolicy.pause

  @Option(help: ArgumentHelp("Send at most so many bytes a second, as in 10M.", valueName: "size"))
  var bandwidthLimit: ByteCount?

  @OptionGroup var compression: CompressionOption

  @Option(
    help: ArgumentHelp(
      "What becomes of the program's connections to the outside: relay them through the machine that it leaves, reset them, or refuse to move a program that has any.",
      valueName: "relay|reset|refuse"))
  var connections = MovedConnections.relay

  @Option(
    help: ArgumentHelp(
      "How long new connections to the program's published ports are relayed, too, as in 10m; 0: they are not.",
      valueName: "time"))
  var forwardFor = ForwardingTime.standard
  @Flag(
    help:
      "Stop the program at once, run it there before its memory is there, and send that behind: both machines are needed until the last page is there."
  )
  var postCopy = false

  /// Says what a post-copy needs.
  func warn(_ name: String) {
    guard postCopy else { return }
    Console.complain("\(name): needs both machines until the last page of its memory is there")
  }

  func validate() throws {
    guard bandwidthLimit.map({ $0.bytes > 0 }) ?? true else {
      throw ValidationError("--bandwidth-limit takes 1 or more")
    }
  }

  var pace: MigrationPace {
    var pace = MigrationPace()
    pace.maxPause = maxPause.nanoseconds
    pace.throttles = onBusy == .throttle
    pace.bandwidth = bandwidthLimit?.bytes
    pace.compression = compression.compress
    pace.postCopy = postCopy
    pace.connections = connections
    pace.forwarding = forwardFor
    return pace
  }
}

enum RemoteNet: String, ExpressibleByArgument {
  case none, others, loopback

  var reach: NetworkReach {
    switch self {
    case .none: .none
    case .others: .others
    case .loopback: .othersAndLoopback
    }
  }
}

extension MovedConnections: ExpressibleByArgument {}

extension ForwardingTime: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}

extension RemoteHost: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}

/// The protocol's version, which the other end names.
struct ProtocolOption: ParsableArguments {
  @Option(
    name: .customLong("protocol"), help: ArgumentHelp("The protocol's version.", valueName: "n"))
  var version: UInt32 = MigrationLink.versions.upperBound

  func validate() throws {
    guard MigrationLink.versions.contains(version) else {
      throw ValidationError(
        "this godwit speaks versions \(MigrationLink.versions.lowerBound) to \(MigrationLink.versions.upperBound) of the protocol, not \(version)"
      )
    }
  }
}

/// What an arriving guest gets of this machine.
struct ArrivalChoices: ParsableArguments {
  @Option(help: "The picoprocess's name; default: what the sender asks for.")
  var name: String?

  @Option(
    help: ArgumentHelp(
      "The host directory beneath the guest's root, which stays as it is.", valueName: "dir"))
  var root: String?

  @Flag(help: "Take the guest's root, too, if it comes with it.")
  var takeRoot = false

  @OptionGroup var rootStore: RootStoreOption

  @Option(help: ArgumentHelp("Show a host directory in the guest.", valueName: "host:guest[:ro]"))
  var mount: [MountOption] = []

  @Flag(
    help: """
      Take the files of the guest's writable mounts, too, if they come with it: each for the directory that --mount \
      names, which must be empty, not there yet, or as the guest left it.
      """)
  var takeMounts = false

  @Option(
    help: ArgumentHelp(
      "Let others connect to a port of the guest.",
      valueName: "[address:]port:guest-port[/udp]"))
  var publish: [PublishOption] = []

  @Flag(help: "Open none of the ports that the guest published.")
  var noPublish = false

  @Option(help: ArgumentHelp("Let the guest connect to other machines.", valueName: "loopback"))
  var net: NetworkReach?

  @Option(
    help: ArgumentHelp(
      "Who answers the guest's questions for names with --net.", valueName: "address[:port]"))
  var dns: ResolverOption?

  @Option(help: ArgumentHelp("Guest memory, as in 512M or 2G.", valueName: "size"))
  var memoryLimit: ByteCount?

  @Option(help: ArgumentHelp("Processes and threads that the guest may have.", valueName: "n"))
  var maxTasks: Int?

  @Option(
    help: ArgumentHelp(
      "What to do about connections to the outside when a snapshot is taken: reset or refuse.",
      valueName: "policy"))
  var tcp: ConnectionPolicy = .reset

  @Option(
    help: ArgumentHelp(
      "Confine the process that runs the guest: require, auto or off.", valueName: "mode"))
  var sandbox = SandboxMode.auto

  @Option(
    help: ArgumentHelp(
      "Where the guest's memory is kept until it is read; default: TMPDIR, or /var/tmp.",
      valueName: "dir"))
  var spool: String?

  func validate() throws {
    if let name, !ControlDirectory.isValid(name: name) {
      throw ValidationError(ControlDirectory.refusal(ofName: name))
    }
    guard !noPublish || publish.isEmpty else {
      throw ValidationError("--publish and --no-publish exclude each other")
    }
    guard !takeRoot || root == nil else {
      throw ValidationError("--take-root and --root exclude each other")
    }
    guard maxTasks.map({ $0 > 0 }) ?? true else {
      throw ValidationError("--max-tasks takes 1 or more")
    }
  }

  var options: ArrivalOptions {
    var options = ArrivalOptions(
      spool: spool ?? HostProcess.environmentValue("TMPDIR") ?? "/var/tmp")
    options.publishesNothing = noPublish
    options.takesRoot = takeRoot
    options.rootStore = rootStore.rootStore
    options.takesMounts = takeMounts
    options.picoprocess.name = name
    options.picoprocess.root = root
    options.picoprocess.mounts = mount
    options.picoprocess.publish = publish
    options.picoprocess.reach = net ?? .none
    options.picoprocess.resolver = dns
    options.picoprocess.memoryLimit = memoryLimit?.bytes
    options.picoprocess.taskLimit = maxTasks
    options.picoprocess.connections = tcp
    options.picoprocess.sandbox = sandbox
    return options
  }
}

struct Receive: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "receive", abstract: "Take a program from another machine.",
    discussion: """
      This is what `godwit migrate` runs over ssh: the protocol of migration is spoken over standard input and \
      output. The guest gets of this machine what the options name, and nothing else. It runs on when ssh has \
      ended, without a terminal.
      """)

  @OptionGroup var version: ProtocolOption

  @OptionGroup var choices: ArrivalChoices

  @Option(
    help: ArgumentHelp(
      "Whether the program's connections to the outside may be relayed.",
      valueName: "relay|reset"))
  var connections = MovedConnections.relay

  @Option(
    help: ArgumentHelp("The peer that sends it, for the supervisor.", visibility: .hidden))
  var peer: String?

  func run() throws {
    var options = choices.options
    options.peer = peer
    options.relays = connections == .relay
    if try !Arrival.run(options) { Console.exit(125) }
  }
}

struct Fetch: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch", abstract: "Move a running program from another machine to this one.",
    discussion: """
      ssh runs `godwit send` there. The program gets of this machine what the options name, and runs on when this \
      command has ended, without a terminal.
      """)

  @Argument(
    help: ArgumentHelp("The program there.", valueName: "ssh://[user@]host[:port]/name|peer/name"))
  var source: String

  @OptionGroup var shell: ShellOptions

  @OptionGroup var choices: ArrivalChoices

  @OptionGroup var pace: PaceOptions

  func run() throws {
    guard let (host, name) = RemoteHost.guest(source) else {
      throw Failure("'\(source)' is neither ssh://[USER@]HOST[:PORT]/NAME nor PEER/NAME")
    }
    pace.warn(name)
    var options = choices.options
    options.relays = pace.connections == .relay
    try Arrival.fetch(name, from: try shell.shell(host), pace.pace, options)
  }
}

struct Send: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send", abstract: "Give a running program to another machine.",
    discussion: """
      This is what `godwit fetch` runs over ssh: the protocol of migration is spoken over standard input and output.
      """)

  @OptionGroup var version: ProtocolOption

  @Argument(help: "The picoprocess's name.")
  var name: String

  @Option(help: ArgumentHelp("The name of the other machine, for people.", valueName: "name"))
  var peer = "the machine that fetches it"

  @Option(
    help: ArgumentHelp(
      "The other machine as a peer of this one, to learn from the move.", visibility: .hidden))
  var destination: RemoteHost?

  @Flag(help: "Send the guest's root, too.")
  var withRoot = false

  @Flag(help: "Send the files of the guest's writable mounts, too.")
  var withMounts = false

  @OptionGroup var pace: PaceOptions

  func run() throws {
    let isSent = try Departure.send(
      name, pace.pace, to: peer, destination, withRoot: withRoot, withMounts: withMounts)
    if !isSent { Console.exit(125) }
  }
}

struct Relay: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "relay", abstract: "Join a link with a relay of connections.",
    discussion: """
      This is what a relay runs over ssh: its protocol is spoken over standard input and output.
      """, shouldDisplay: false)

  @Argument(help: "The relay's name.")
  var name: String

  @Flag(help: "The link comes from another relay than the one whose end that is.")
  var shortcut = false

  func run() throws { try RelayJoiner.run(name, isShortcut: shortcut) }
}

struct Resolve: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resolve", abstract: "Decide where a program lives whose migration is in doubt.",
    discussion: """
      If the other machine could not say whether it runs the program, godwit ps shows it as in doubt, and it \
      stands. Look at the other machine first. If it runs there, drop it here. If it does not, keep it here, and \
      drop what may be in doubt there. Kept on both machines, it would run twice.
      """)

  @Argument(help: "The picoprocess's name.")
  var name: String

  @Argument(help: ArgumentHelp("The decision.", valueName: "keep|drop"))
  var resolution: Resolution

  func run() throws {
    _ = try ControlClient().ask(name, .resolve(resolution: resolution), timeout: 10_000_000_000)
  }
}

extension Resolution: ExpressibleByArgument {}
