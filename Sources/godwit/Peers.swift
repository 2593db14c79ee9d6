import ArgumentParser
import HostABI
import JSONText
import Picoprocess
import PosixHost
import SupervisorMessages

struct Peers: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "peer", abstract: "Say which machines the supervisor knows and trusts.",
    subcommands: [Add.self, Rm.self, Ls.self, Show.self, Lost.self, Exchange.self])
}

extension Peers {
  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add", abstract: "Trust another machine's supervisor.",
      discussion: """
        With ssh://host, each of the two learns the other's certificate over ssh. With an address and a fingerprint, this \
        one alone: do the same there. Nothing else is trusted.
        """)

    @Argument(
      help: ArgumentHelp(
        "The other machine.", valueName: "ssh://[user@]host[:port]|host:port"))
    var machine: String

    @OptionGroup var shell: ShellOptions

    @Option(help: ArgumentHelp("Its name here; default: its host name.", valueName: "name"))
    var name: String?

    @Option(
      help: ArgumentHelp(
        "With ssh://: the name of this machine there; default: its host name.", valueName: "name"))
    var `as`: String?

    @Option(
      help: ArgumentHelp(
        "With ssh://: where its supervisor is reached; default: where it listens.",
        valueName: "host:port"))
    var address: String?

    @Option(
      help: ArgumentHelp(
        "With host:port: what godwit peer show prints there.", valueName: "SHA256:…"))
    var fingerprint: String?

    @Flag(help: "Also in place of another machine of this name.")
    var replace = false

    func run() throws {
      if let remote = RemoteHost(machine), !remote.isPeer {
        guard fingerprint == nil else { throw Failure("--fingerprint is for HOST:PORT") }
        var options = PeerExchange.Options()
        (options.name, options.ownName) = (name, `as`)
        (options.address, options.replaces) = (address, replace)
        let entry = try PeerExchange.begin(try shell.shell(remote), options)
        return Console.show("\(entry.name): \(entry.address ?? "it does not listen")")
      }
      guard machine.contains(":"), !machine.contains("//") else {
        throw Failure("'\(machine)' is neither ssh://[USER@]HOST[:PORT] nor HOST:PORT")
      }
      guard let fingerprint, let name else {
        throw Failure(
          "\(machine): say its --fingerprint, as godwit peer show prints it there, and its --name")
      }
      try compare(fingerprint, name)
    }

    private func compare(_ fingerprint: String, _ name: String) throws(Failure) {
      guard
        case .identity(var card, let shown, _) = try SupervisorClient.ask(.probe(address: machine))
      else { throw Failure("the supervisor is of another version") }
      // The whole of it: a part could be made to match.
      guard shown == fingerprint else {
        throw Failure("\(machine): its fingerprint is another one: \(shown)")
      }
      card.name = name
      _ = try SupervisorClient.ask(.pin(card: card, replaces: replace))
      Console.show("\(name): \(machine)")
    }
  }

  struct Rm: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rm", abstract: "Trust a machine no more, and end its links.",
      aliases: ["remove"])

    @Argument(help: "The peer's name.")
    var name: String

    func run() throws { _ = try SupervisorClient.ask(.unpin(peer: name)) }
  }

  struct Ls: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "ls", abstract: "List the peers.")

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
      guard case .peers(let peers) = try SupervisorClient.ask(.peers) else {
        throw Failure("the supervisor is of another version")
      }
      if json { return Console.show(JSON.pretty(peers)) }
      Console.show(
        table(
          [["NAME", "ADDRESS", "FINGERPRINT"]]
            + peers.map { [$0.name, $0.address ?? "-", $0.fingerprint] }))
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "Print this machine's address and fingerprint, for its peers.")

    func run() throws {
      guard case .identity(let card, let fingerprint, _) = try SupervisorClient.ask(.identify)
      else { throw Failure("the supervisor is of another version") }
      Console.show("\(card.address ?? "it does not listen") \(fingerprint)")
    }
  }

  struct Lost: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "lost",
      abstract:
        "Confirm that a machine runs nothing any more: this one goes on with what it keeps of it.",
      discussion: """
        Nothing can tell a machine that is lost from one that can't be reached. If it runs on, its programs run twice until \
        it is reached again. See protect in Docs/Policies.md.
        """)

    @Argument(help: "The peer's name.")
    var name: String

    func run() throws {
      guard case .text(let text) = try SupervisorClient.ask(.confirmLoss(peer: name)) else {
        throw Failure("the supervisor is of another version")
      }
      Console.show(text)
    }
  }

  struct Exchange: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "exchange", abstract: "Take part in godwit peer add at another machine.",
      discussion: "This is what godwit peer add runs over ssh.", shouldDisplay: false)

    @Flag(help: "Also in place of another machine of this name.")
    var replace = false

    func run() throws { try PeerExchange.answer(replaces: replace) }
  }
}
