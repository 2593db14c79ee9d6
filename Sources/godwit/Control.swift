import Age
import ArgumentParser
import HostABI
import JSONText
import Picoprocess
import PosixHost
import SupervisorMessages

// Commands to picoprocesses that run.

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ps", abstract: "List what runs.")

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Also what runs at the supervisor's peers; see godwit serve.")
  var all = false

  private static let titles = [
    "NAME", "PID", "ISA", "STATE", "UPTIME", "MEMORY", "SANDBOX", "PROGRAM",
  ]

  func run() throws {
    if all { return try showAll() }
    let list = try ControlClient().list()
    if json {
      Console.show(JSON.pretty(list.map { Listed(info: $0) }))
      return
    }
    Console.show(table([Self.titles] + list.map(row)))
    for info in list where info.periodicCheckpoints?.goOn == false {
      Console.show("\(info.name): \(PeriodicCheckpoints.ended)")
    }
    for info in list {
      if let doubt = info.doubt {
        let way = doubt.isArriving ? "arrival from" : "migration to"
        Console.show(
          "\(info.name): in doubt: its \(way) \(doubt.peer); see godwit resolve")
      }
      guard let missing = info.missingPages else { continue }
      if missing.bytes == 0, let failure = missing.failure {
        Console.show("\(info.name): it waits: \(failure)")
        continue
      }
      let reason = missing.failure.map { " (\($0))" } ?? ""
      let place = missing.migration == nil ? "in its snapshot" : "on the machine that it came from"
      Console.show(
        "\(info.name): \(size(missing.bytes)) of its memory are still \(place)\(reason)")
    }
    for info in list {
      guard let lending = info.lending else { continue }
      Console.show(
        "\(info.name): it runs at \(lending.peer), and \(size(lending.bytes)) of its memory are only here"
      )
    }
  }

  /// What a picoprocess says, and the state that the table shows.
  private struct Listed: Encodable {
    var info: PicoprocessInfo

    private enum Key: CodingKey { case state }

    func encode(to encoder: any Encoder) throws {
      try info.encode(to: encoder)
      var fields = encoder.container(keyedBy: Key.self)
      try fields.encode(info.state, forKey: .state)
    }
  }

  /// What runs on a machine, or why that is not known.
  private struct Machine: Encodable {
    var machine: String
    var applications: [Listed]?
    var error: String?
  }

  private func showAll() throws {
    guard case .lists(let reports) = try SupervisorClient.ask(.list) else {
      throw Failure("the supervisor is of another version")
    }
    let machines = reports.map { report in
      let list = report.applications.flatMap {
        JSON.decode([PicoprocessInfo].self, from: Array($0.utf8))?.map { Listed(info: $0) }
      }
      return Machine(
        machine: report.name, applications: list,
        error: list == nil ? report.error ?? "its godwit is of another version" : nil)
    }
    if json { return Console.show(JSON.pretty(machines)) }
    var rows = [["MACHINE"] + Self.titles]
    for machine in machines {
      guard let list = machine.applications else {
        let unknown = [String](repeating: "-", count: Self.titles.count - 1)
        rows.append([machine.machine] + unknown + [machine.error ?? ""])
        continue
      }
      for listed in list { rows.append([machine.machine] + row(listed.info)) }
    }
    Console.show(table(rows))
  }

  private func row(_ info: PicoprocessInfo) -> [String] {
    if info.isSilent == true {
      let pid = info.pid > 0 ? "\(info.pid)" : "-"
      return [info.name, pid, "-", info.state, "-", "-", "-", "-"]
    }
    return [
      info.name, "\(info.pid)", info.isa, info.state,
      uptime(info.uptimeNanoseconds), size(info.memoryBytes),
      info.sandbox.summary, info.program,
    ]
  }

  private func uptime(_ nanoseconds: Int64) -> String {
    let seconds = nanoseconds / 1_000_000_000
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(seconds / 3600):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
  }

  private func size(_ bytes: Int) -> String { "\((bytes + 1023) / 1024)K" }
}

extension PicoprocessInfo {
  fileprivate var state: String {
    if isSilent == true { return "not answering" }
    if lending != nil { return "moved" }
    if relay != nil { return "relaying" }
    if doubt != nil { return "in doubt" }
    return isPaused == true ? "paused" : "running"
  }
}

/// Columns of printable cells, as wide as their longest cell, the last one as it is.
func table(_ cells: [[String]]) -> String {
  let rows = cells.map { row in row.map { printable($0) } }
  let columns = rows.first?.count ?? 0
  let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
  return rows.map { row in
    row.indices.map { column in
      let padding = column == columns - 1 ? 0 : widths[column] - row[column].count
      return row[column] + String(repeating: " ", count: padding)
    }.joined(separator: "  ")
  }.joined(separator: "\n")
}

struct Suspend: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "suspend", abstract: "Write a running program to a file, and end it.")

  @Argument(help: "The picoprocess's name.")
  var name: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
  var output: String

  @OptionGroup var options: SnapshotOptions

  func run() throws {
    let client = try ControlClient()
    options.report(
      try client.suspend(
        name, to: output, options.saveOptions()))
  }
}

struct Checkpoint: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoint", abstract: "Write a running program to a file, and let it go on.")

  @Argument(help: "The picoprocess's name.")
  var name: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
  var output: String

  @OptionGroup var options: SnapshotOptions

  func run() throws {
    let client = try ControlClient()
    options.report(
      try client.checkpoint(
        name, to: output, options.saveOptions()))
  }
}

struct SnapshotOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Write only what changed since this snapshot: the last of this run, or the one that it was resumed from.",
      valueName: "file"))
  var parent: String?

  @OptionGroup var compression: CompressionOption

  @OptionGroup var shape: ShapeOptions

  @OptionGroup var seal: SealOptions

  @OptionGroup var keys: KeyOptions

  @Flag(help: "Print times in microseconds and numbers of pages, as JSON.")
  var printStats = false

  @OptionGroup var progress: ProgressOption

  func saveOptions() throws -> SaveOptions {
    progress.begin()
    var options = SaveOptions(keys: try keys.keys())
    options.parent = parent
    options.compression = compression.compress
    options.shape = shape.shape
    options.recipients = try seal.sealing(options.keys)
    return options
  }

  func report(_ snapshot: SavedSnapshot) {
    if printStats { Console.show(JSON.line(SnapshotStatistics(snapshot))) }
  }
}

struct Kill: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kill", abstract: "Send a signal to a running program.")

  @Argument(help: "The picoprocess's name.")
  var name: String

  @Argument(help: "The signal's name or number; default: TERM.")
  var number: String?

  @Option(name: .shortAndLong, help: "The same as an option.")
  var signal: String?

  func validate() throws {
    guard number == nil || signal == nil else {
      throw ValidationError("--signal and a signal behind the name exclude each other")
    }
  }

  func run() throws {
    let signal = number ?? signal ?? "TERM"
    guard let request = ControlRequest(signalNamed: signal) else {
      throw Failure("there is no signal \(signal)")
    }
    _ = try ControlClient().ask(name, request, timeout: 10_000_000_000)
  }
}
