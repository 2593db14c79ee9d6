import ArgumentParser
import ConformanceReports
import HostABI
import HostConformance
import JSONText
import Picoprocess
import PosixHost

struct Conformance: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conformance",
    abstract: "Check a system against the contract that Godwit relies on, or that it keeps.",
    subcommands: [
      ConformanceOfHost.self, Plug.self, ConformanceOfLinux.self, Matrix.self, Portability.self,
      ConformanceOfProcessor.self, Coverage.self, Isolated.self,
    ])
}

enum ReportFormat: String, CaseIterable, ExpressibleByArgument {
  case text, tap, junit, json

  /// Shows all of a report; in words, what is not shown while it is made.
  func show(_ report: ConformanceReport) {
    switch self {
    case .text: Console.show(report.summary)
    case .tap: Console.show(report.tap)
    case .junit: Console.show(report.junit)
    case .json: Console.show(JSON.pretty(report))
    }
  }
}

extension ConformanceReport.Entry {
  /// Shows it; the status has a colour on a terminal, unless NO_COLOR forbids it.
  func show() {
    guard HostProcess.isTerminal(1), HostProcess.environmentValue("NO_COLOR") == nil else {
      return Console.show(text)
    }
    let colour = status == .pass ? 32 : status == .skip ? 33 : 31
    Console.eraseProgress()
    Console.write("\u{1b}[\(colour)m\(status.rawValue)\u{1b}[0m")
    Console.show(String(text.dropFirst(status.rawValue.count)))
  }
}

struct ConformanceOfHost: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "host", abstract: "Check this machine against the host ABI (Docs/HostABI.md).",
    discussion: """
      Each check has an id, the words of the contract that it checks, and what was expected and seen. Each is made in a \
      process of its own, which --plug replaces by another host's. The exit status is 0 if no check fails, else 1.
      """)

  @Argument(help: "Only these checks: ids, or their first parts, such as file or file.read.")
  var checks: [String] = []

  @Option(help: "Show the results as text, tap (version 14), junit (XML) or json.")
  var format = ReportFormat.text

  @Option(help: "Work beneath this directory.")
  var directory = "/tmp"

  @Option(
    help: ArgumentHelp(
      "Check the host that this command answers for, over its standard input and output, in place of this machine.",
      valueName: "command"))
  var plug: String?

  @Option(help: ArgumentHelp("How long a check may take.", valueName: "seconds"))
  var timeLimit = 60

  @Flag(help: "Show the ids of the checks and the words of the contract, and check nothing.")
  var list = false

  func run() throws {
    let chosen = try choice()
    if list {
      Console.show(table(chosen.map { [$0.id, $0.rule] }))
      return
    }
    guard timeLimit > 0, timeLimit < 100_000 else {
      throw Failure("the time limit is 1 second or more")
    }
    let command = try command()
    var report = ConformanceReport(
      suite: "host", version: HostABIVersion.current.description, host: plug ?? "posix")
    for check in chosen {
      let start = ContinuousClock.now
      let result = result(of: check, command)
      let entry = result.entry(took: .now - start)
      report.add(entry)
      if format == .text { entry.show() }
    }
    format.show(report)
    Console.exit(report.unexpected == 0 ? 0 : 1)
  }

  private func choice() throws -> [ContractCheck] {
    let all = HostSuite().checks
    for name in checks where !all.contains(where: { $0.isNamed(name) }) {
      throw Failure("there is no check \(name): --list shows them")
    }
    return checks.isEmpty ? all : all.filter { check in checks.contains { check.isNamed($0) } }
  }

  /// What answers for the host.
  private func command() throws -> [String] {
    if let plug { return plug.split(separator: " ").map(String.init) }
    // What is wrong with it is found out at once.
    try Plug.fixture(directory).tearDown()
    return [HostProcess.ownProgram, "conformance", "plug", "--directory", directory]
  }

  private func result(of check: ContractCheck, _ command: [String]) -> CheckResult {
    do throws(PlugFixture.Unusable) {
      let fixture = try PlugFixture(
        starting: command, timeLimit: Int64(timeLimit) * 1_000_000_000)
      defer { fixture.tearDown() }
      return check.run(on: fixture)
    } catch { return check.result(error.trouble) }
  }
}

/// Answers for the host that Godwit runs on.
struct Plug: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plug", abstract: "Answer the checks of 'conformance host' for this machine.",
    discussion:
      "Calls and answers go over standard input and output (Docs/HostABI.md, \"Other hosts\").")

  @Option(help: "Work beneath this directory.")
  var directory = "/tmp"

  func run() throws {
    let fixture = try Self.fixture(directory)
    do {
      PlugServer(try ByteLink.standardStreams(), fixture).run()
    } catch { throw Failure("standard input and output", error) }
  }

  static func fixture(_ directory: String) throws -> PosixFixture {
    do {
      return try PosixFixture(in: directory)
    } catch { throw Failure("can't make a directory in \(directory)") }
  }
}
