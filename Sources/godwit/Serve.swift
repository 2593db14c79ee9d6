import ArgumentParser
import HostABI
import Picoprocess
import PosixHost
import SupervisorMessages

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Supervise the programs of this user on this machine.",
    discussion: """
      It makes links to the machines that godwit peer add names, over TLS, and hears theirs. It runs until SIGTERM or \
      SIGINT. See Docs/Supervisor.md.
      """)

  @Option(
    help: ArgumentHelp(
      "What its peers call this machine; default: its host name.", valueName: "name"))
  var name: String?

  @Option(
    help: ArgumentHelp(
      "Hear peers there; port 0: any that is free.", valueName: "address:port"))
  var listen: String?

  @Option(
    help: ArgumentHelp(
      "How peers reach it; default: as --listen says, or as ssh has reached it.",
      valueName: "host:port"))
  var address: String?

  @Option(
    help: ArgumentHelp(
      """
      What peers may have: root:dir, mount:dir[:ro], net, loopback, ports for the programs that they send, fetch to fetch \
      what runs here, attach to attach to it, or all.
      """, valueName: "what"))
  var grant: [Grant] = []

  @Option(
    help: ArgumentHelp(
      "What becomes of detached programs at SIGTERM: leave, suspend or evacuate:peer; what was suspended goes on at the next start.",
      valueName: "action"))
  var onStop = StopAction.leave

  @Option(
    help: ArgumentHelp(
      "Show a page to browsers there; the address with its token is printed.",
      valueName: "address:port"))
  var console: String?

  @Flag(
    help: "Let --console be at an address that other machines reach; nothing of it is encrypted.")
  var consoleForOthers = false

  @Flag(help: "Print a unit for systemd that runs it so, and do nothing else.")
  var printUnit = false

  func validate() throws {
    if let name, !ControlDirectory.isValid(name: name) {
      throw ValidationError(ControlDirectory.refusal(ofName: name))
    }
  }

  func run() throws {
    if printUnit { return Console.write(try SupervisorUnit(self).text) }
    var options = SupervisorOptions(godwit: try ownProgramPath())
    options.name = name
    options.listen = listen
    options.address = address
    options.grants = grant
    options.onStop = onStop
    options.console = console
    options.opensConsole = consoleForOthers
    try SupervisorProgram.become(.serve(options))
  }
}

extension Grant: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}

extension StopAction: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}

/// A user unit of systemd (systemd.service(5)) for the supervisor.
struct SupervisorUnit {
  private let words: [String]
  private let seconds: Int

  /// Seconds for what has nothing to do with memory.
  private static let margin = 30
  /// What systemd gives by default.
  private static let least = 90
  /// Bytes a second that a slow disk takes.
  private static let storageRate = 50e6

  init(_ serve: Serve) throws(Failure) {
    var words = [try ownProgramPath(), "serve"]
    if let name = serve.name { words += ["--name", name] }
    if let listen = serve.listen { words += ["--listen", listen] }
    if let address = serve.address { words += ["--address", address] }
    for grant in serve.grant { words += ["--grant", "\(grant)"] }
    if serve.onStop != .leave { words += ["--on-stop", "\(serve.onStop)"] }
    if let console = serve.console { words += ["--console", console] }
    if serve.consoleForOthers { words += ["--console-for-others"] }
    self.words = words
    let memory = try ControlClient().list().reduce(0) { $0 + max(0, $1.memoryBytes) }
    let needed: Double
    switch serve.onStop {
    case .leave: needed = 0
    case .suspend: needed = Double(memory) / Self.storageRate
    case .evacuate(let peer):
      // What can't move is suspended.
      let records = RemoteHost("peer://" + peer).flatMap { MoveRecords($0)?.records } ?? []
      needed = Double(memory) / LinkFigures(records).rate + Double(memory) / Self.storageRate
    }
    seconds = max(Self.least, Self.margin + 2 * Int(min(needed, 1e6)))
  }

  var text: String {
    """
    [Unit]
    Description=Supervisor of Godwit's programs

    [Service]
    Type=exec
    ExecStart=\(words.map(Self.quoted).joined(separator: " "))
    Restart=on-failure
    # The programs are no part of it: they run on when it ends.
    KillMode=process
    # Twice what moving or suspending the programs would take that run now.
    TimeoutStopSec=\(seconds)

    [Install]
    WantedBy=default.target

    """
  }

  /// As systemd reads it: no specifiers and no variables.
  private static func quoted(_ word: String) -> String {
    let plain = word.utf8.allSatisfy { byte in
      (0x2B...0x3A).contains(byte) || (0x40...0x5F).contains(byte) && byte != 0x5C
        || (0x61...0x7A).contains(byte) || byte == 0x3D
    }
    if plain { return word }
    var text = ""
    for character in word {
      switch character {
      case "\\", "\"": text += "\\\(character)"
      case "%", "$": text += "\(character)\(character)"
      default: text.append(character)
      }
    }
    return "\"\(text)\""
  }
}
