import ArgumentParser
import HostABI
import JSONText
import Picoprocess
import PosixHost

struct Evacuate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evacuate", abstract: "Move all running programs to another machine.",
    discussion: """
      Each moves as with godwit migrate, the smallest first. Those that can't, stay here, and the reason is said. \
      What stands behind -- is given to godwit migrate, as in: godwit evacuate ssh://server -- --with-mounts.
      """)

  @Argument(
    help: ArgumentHelp("The other machine.", valueName: "ssh://[user@]host[:port]|peer"))
  var destination: RemoteHost?

  @Option(help: ArgumentHelp("The same, as an option.", valueName: "machine"))
  var to: RemoteHost?

  @Option(help: ArgumentHelp("A program that stays here.", valueName: "name"))
  var except: [String] = []

  @Option(help: ArgumentHelp("How many move at the same time.", valueName: "n"))
  var jobs = 2

  @Flag(
    help:
      "Only say what each move would take, by what is known here: the other machine is not asked.")
  var dryRun = false

  @Flag(help: "With --dry-run: print what each way to move would take, as JSON.")
  var printStats = false

  @Argument(
    parsing: .postTerminator,
    help: ArgumentHelp("Options of godwit migrate.", valueName: "option"))
  var options: [String] = []

  func validate() throws {
    guard dryRun || !printStats else { throw ValidationError("--print-stats needs --dry-run") }
    guard jobs > 0 else { throw ValidationError("--jobs takes 1 or more") }
    guard (destination == nil) != (to == nil) else {
      throw ValidationError("say one machine to move to")
    }
    // Said once, and also where nothing runs.
    do { _ = try Migrate.parse(["name", "ssh://host"] + options) } catch {
      throw ValidationError("godwit migrate: \(Migrate.message(for: error))")
    }
  }

  func run() throws {
    guard let destination = destination ?? to else { return }
    let all = try ControlClient().list()
    if let stray = except.first(where: { name in !all.contains { $0.name == name } }) {
      throw Failure("--except \(stray): no picoprocess named \(stray) is running")
    }
    // A relay moves nothing, and ends by itself.
    let guests = all.filter { $0.relay == nil && !except.contains($0.name) }
      .sorted { ($0.memoryBytes, $0.name) < ($1.memoryBytes, $1.name) }
    if dryRun { return try foretell(guests.map(\.name), destination) }
    var waiting = guests.map(\.name)[...]
    var moving: [(name: String, program: ChildProgram)] = []
    var stay = 0
    while !waiting.isEmpty || !moving.isEmpty {
      while moving.count < jobs, let name = waiting.popFirst() {
        moving.append((name, try start(name, destination)))
      }
      HostProcess.sleep(nanoseconds: 2_000_000)
      moving.removeAll { name, program in
        guard let status = program.status else { return false }
        // The command has said why.
        if status != 0 { stay += 1 }
        if status == 0, !isRehearsal { Console.show("\(name): moved to \(destination)") }
        return true
      }
    }
    if !isRehearsal { try tellDetours() }
    if stay > 0 { throw Failure("\(stay) of \(guests.count) programs stay here") }
  }

  private func foretell(_ names: [String], _ destination: RemoteHost) throws {
    let migrate = try Migrate.parse(["name", "\(destination)"] + options)
    let forecasts = try LocalForecast.all(names, to: destination, migrate.pace.pace)
    if printStats { return Console.show(JSON.line(forecasts.map(\.message))) }
    Console.show(table([["NAME", "STANDS", "TAKES", "SENDS", "WAY"]] + forecasts.map(\.row)))
  }

  /// Whoever is about to switch this machine off waits until it is of no more use to those who are elsewhere.
  private func tellDetours() throws {
    let count = try ControlClient().awaitShortcuts(within: Self.patience)
    guard count > 0 else { return }
    Console.complain("connections that still go by way of this machine: \(count); see godwit ps")
  }

  private static let patience: Int64 = 5_000_000_000

  private var isRehearsal: Bool { options.contains("--dry-run") }

  private func start(_ name: String, _ destination: RemoteHost) throws(Failure) -> ChildProgram {
    // Two lines of progress would write over each other.
    let words = [HostProcess.ownProgram, "migrate", "--quiet", name, "\(destination)"] + options
    do throws(HostError) { return try ChildProgram(words) } catch {
      throw Failure("godwit migrate", error)
    }
  }
}
