import ArgumentParser
import HostABI
import Picoprocess
import SupervisorMessages

/// When applications move by themselves.
struct Policies: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy", abstract: "Check and explain when applications move by themselves.",
    subcommands: [Check.self, Explain.self, Reload.self])
}

extension Policies {
  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check", abstract: "Name each mistake in a policy file, with its line.")

    @Argument(
      help: ArgumentHelp(
        "The file; default: godwit/policy.yaml in XDG_CONFIG_HOME, or in ~/.config.",
        valueName: "file"))
    var file: String?

    func run() throws { try SupervisorProgram.become(.checkPolicy(file: file)) }
  }

  struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "explain", abstract: "Say what each rule would do now, and why.",
      discussion:
        "If no supervisor is running, it says only what the file means. See Docs/Policies.md.")

    @Argument(help: ArgumentHelp("An application; default: all.", valueName: "name"))
    var name: String?

    func run() throws {
      guard SupervisorClient.isRunning else {
        try SupervisorProgram.become(.explainPolicy(application: name))
      }
      guard case .text(let text) = try SupervisorClient.ask(.explain(application: name)) else {
        throw Failure("the supervisor is of another version")
      }
      Console.show(text)
    }
  }

  struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "reload", abstract: "Have the supervisor read its policy file again.",
      discussion: "With a mistake in it, what held before goes on to hold.")

    func run() throws {
      guard case .mistakes(let mistakes) = try SupervisorClient.ask(.reload) else {
        throw Failure("the supervisor is of another version")
      }
      for mistake in mistakes { Console.complain(mistake) }
      if !mistakes.isEmpty { Console.exit(1) }
    }
  }
}
