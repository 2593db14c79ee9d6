import ArgumentParser
import Picoprocess

/// The entry point. Whatever fails ends with 125 (or what a shell says of programs that it can't start)
/// and one line on standard error.
@main
struct Main {
  static func main() {
    Console.reportCrashes()
    do {
      let arguments = OptionalValues.rewrite(Array(CommandLine.arguments.dropFirst()))
      if let plain = PlainRun(arguments) { try plain.run() }
      var command = try Godwit.command(arguments)
      try command.run()
      Console.exit(0)
    } catch let ending as GuestEnding {
      Console.exit(ending.status)
    } catch let failure as Failure {
      Console.complain(failure.message)
      Console.exit(failure.status)
    } catch  where Godwit.exitCode(for: error) == .success {
      // Help was asked for.
      Console.show(Godwit.fullMessage(for: error))
      Console.exit(0)
    } catch {
      // What is wrong stands in front of how it is done.
      Console.complain(String(Godwit.message(for: error).split(separator: "\n").first ?? ""))
      Console.exit(125)
    }
  }
}

/// Ends `godwit` with the guest's status.
struct GuestEnding: Error {
  var status: Int32
}

/// Each command states its name: one that does not has it derived from its type, by reflection, at each start of whatever
/// command, and thirty of them take milliseconds.
struct Godwit: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "godwit",
    abstract: "Runs Linux programs in picoprocesses, and moves them while they run.",
    version: GodwitVersion.text,
    subcommands: [
      Run.self, Resume.self, Recover.self, List.self, Attach.self, Join.self, Logs.self, Pause.self,
      Unpause.self, Wait.self, Stop.self, Kill.self, Suspend.self, Checkpoint.self,
      Migrate.self, Moves.self, Evacuate.self, Fetch.self, Receive.self, Send.self, Relay.self,
      Resolve.self,
      ListSnapshots.self, Store.self, Diff.self, Inspect.self,
      Verify.self, Digest.self, Flatten.self, Export.self, Key.self, Check.self,
      Conformance.self, Version.self,
      Serve.self, Peers.self, Hosts.self, Policies.self,
      Syscalls.self, KeepCheckpoints.self,
    ])

  /// The command that `arguments` name, parsed by itself: with all of `godwit` around it, the parser describes that as
  /// well, at each start. Whatever is wrong with them, and help, is for the whole to tell.
  static func command(_ arguments: [String]) throws -> any ParsableCommand {
    if let type = configuration.subcommands.first(where: {
      $0.configuration.commandName == arguments.first
    }),
      let command = try? type.parseAsRoot(Array(arguments.dropFirst())),
      Swift.type(of: command) == type
    {
      return command
    }
    return try parseAsRoot(arguments)
  }
}

struct Version: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Show the version.")

  func run() { Console.show(GodwitVersion.text) }
}

struct Syscalls: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "syscalls", abstract: "Show the system calls there are, as Markdown.",
    shouldDisplay: false)

  func run() { Console.show(SyscallReport.markdown) }
}
