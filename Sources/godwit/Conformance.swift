import ArgumentParser
import HostConformance
import JSONText
import Picoprocess

struct Conformance: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conformance",
    abstract: "Check a system against the contract that Godwit relies on.",
    subcommands: [ConformanceOfHost.self])
}

struct ConformanceOfHost: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "host", abstract: "Check this machine against the host ABI (Docs/HostABI.md).",
    discussion: """
      Each check has an id, the words of the contract that it checks, and what was expected and seen. \
      The exit status is 0 if no check fails, else 1.
      """)

  enum Format: String, CaseIterable, ExpressibleByArgument { case text, tap, junit, json }

  @Argument(help: "Only these checks: ids, or their first parts, such as file or file.read.")
  var checks: [String] = []

  @Option(help: "Show the results as text, tap (version 14), junit (XML) or json.")
  var format = Format.text

  @Option(help: "Work beneath this directory.")
  var directory = "/tmp"

  @Flag(help: "Show the ids of the checks and the words of the contract, and check nothing.")
  var list = false

  func run() throws {
    let chosen = try choice()
    if list {
      Console.show(table(chosen.map { [$0.id, $0.rule] }))
      return
    }
    var report = ConformanceReport(host: "posix")
    for check in chosen {
      let fixture = try fixture()
      var result: CheckResult?
      let duration = ContinuousClock().measure { result = check.run(on: fixture) }
      fixture.tearDown()
      guard let result else { continue }
      let entry = report.add(result, took: duration)
      if format == .text { Console.show(entry.text) }
    }
    switch format {
    case .text: Console.show(report.summary)
    case .tap: Console.show(report.tap)
    case .junit: Console.show(report.junit)
    case .json: Console.show(JSON.pretty(report))
    }
    Console.exit(report.failed == 0 ? 0 : 1)
  }

  private func choice() throws -> [ContractCheck] {
    let all = HostSuite().checks
    for name in checks where !all.contains(where: { $0.isNamed(name) }) {
      throw Failure("there is no check \(name): --list shows them")
    }
    return checks.isEmpty ? all : all.filter { check in checks.contains { check.isNamed($0) } }
  }

  private func fixture() throws -> PosixFixture {
    do {
      return try PosixFixture(in: directory)
    } catch { throw Failure("can't make a directory in \(directory)") }
  }
}
