import ArgumentParser
import ConformanceReports
import HostABI
import JSONText
import LinuxConformance
import Picoprocess
import PosixHost

struct ConformanceOfLinux: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "linux",
    abstract: "Check a system that runs Linux programs (Docs/Conformance.md).",
    discussion: """
      The runner is native: this machine's kernel, in namespaces of their own; godwit, where each program is also saved \
      and restored all along; or a command in which {} stands for the program and {isa} for its ISA, such as \
      'qemu-{isa}-static {}'. The exit status is 0 if no check did otherwise than it should, else 1.
      """)

  @Argument(help: "Only these checks: ids, or their first parts, such as socket or socket.tcp.")
  var checks: [String] = []

  @Option(help: "What runs the programs.")
  var runner = "native"

  @Option(help: "The directory that has the programs, and checks.tsv.")
  var programs = ".deps/guests"

  @Option(
    help: ArgumentHelp(
      "Run the programs beneath this directory, of another suite: they tell results as KTAP or TAP, or by exit statuses as the Linux Test Project's do.",
      valueName: "directory"))
  var suite: String?

  @Option(help: "Only programs for this ISA: x86_64, aarch64 or riscv64.")
  var isa: String?

  @Option(help: "Only programs run in this form: plain or saved.")
  var form: ProgramForm?

  @Option(help: ArgumentHelp("How long a check may take.", valueName: "seconds"))
  var timeLimit = 60

  @Option(name: .shortAndLong, help: "How many programs run at the same time.")
  var jobs = HostProcess.processorCount

  @Option(name: .customLong("repeat"), help: "Run each program so often, to find flaky checks.")
  var turns = 1

  @Option(help: "Run the programs in an order that this number determines.")
  var shuffle: UInt64?

  @Option(help: ArgumentHelp("Run only one part of several.", valueName: "part/parts"))
  var shard: String?

  @Option(
    help: ArgumentHelp(
      "Checks that are known not to pass, one a line, and the form that it is about.",
      valueName: "file"))
  var expectedFailures: String?

  @Option(help: "Show the results as text, tap (version 14), junit (XML) or json.")
  var format = ReportFormat.text

  @Option(help: ArgumentHelp("Also write the results to this file, as json.", valueName: "file"))
  var record: String?

  @Option(
    help: ArgumentHelp(
      "Judge checks by what the system did whose results this --record file has, instead of by what is expected of Linux.",
      valueName: "file"))
  var against: String?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Run nothing, but show what went otherwise in the second of two --record files; status 1 if something is worse.",
      valueName: "file"))
  var compare: [String] = []

  @Flag(help: "Show checks that pass, too.")
  var verbose = false

  @Flag(help: "Show the checks, with what they check and need, and run nothing.")
  var list = false

  func run() throws {
    if !compare.isEmpty { return try showComparison() }
    let (name, version, programs, listed) = try chosenSuite()
    let choice = CheckChoice(checks)
    if list { return showList(programs, listed, choice) }
    let run = try configured(listed)
    let recording = try against.map { Recording(try results(in: $0)) }
    var report = ConformanceReport(
      suite: name, version: version, host: "\(runner) on \(HostProcess.machineDescription)")
    let showsProgress = HostProcess.isTerminal(2)
    run.run(programs, choice) { entry in
      let entry = recording?.judge(entry) ?? entry
      report.add(entry)
      if format == .text, verbose || entry.isUnexpected || entry.isFlaky { entry.show() }
    } progress: { done, count in
      if showsProgress {
        let news = report.unexpected
        Console.showProgress("\(done) of \(count) programs; \(news) unexpected results")
      }
    }
    if let record { try write(JSON.pretty(report), to: record) }
    if format == .text { Console.show(table(report.groups)) }
    format.show(report)
    Console.exit(report.unexpected == 0 ? 0 : 1)
  }

  private func showComparison() throws {
    guard compare.count == 2 else { throw Failure("--compare takes two files") }
    let reports = try compare.map { try results(in: $0) }
    let comparison = ConformanceComparison(reports[0], reports[1])
    if !comparison.changes.isEmpty { Console.show(table(comparison.rows)) }
    Console.exit(comparison.isWorse ? 1 : 0)
  }

  /// What is run: its name, its version, its programs, and its list of checks, if it has one.
  private func chosenSuite() throws -> (String, String, [SuiteProgram], LinuxSuite?) {
    if let suite {
      let programs: [SuiteProgram]
      do {
        programs = try SuiteProgram.found(in: suite, machine: HostProcess.machine)
      } catch { throw Failure(suite, error) }
      if programs.isEmpty { throw Failure("\(suite): it has no programs") }
      return (suite, "unknown", programs, nil)
    }
    let listed = try ownSuite()
    for name in checks where !listed.checks.contains(where: { !$0.isRetired && $0.isNamed(name) }) {
      throw Failure("there is no check \(name): --list shows them")
    }
    return ("linux", LinuxSuite.version, listed.programs, listed)
  }

  private func showList(_ programs: [SuiteProgram], _ listed: LinuxSuite?, _ choice: CheckChoice) {
    let rows = listed?.checks.filter { !$0.isRetired && choice.contains($0.id) }.map { check in
      [check.id, check.since, needs(check), check.rule]
    }
    Console.show(table(rows ?? programs.map { [$0.id] }))
  }

  private func needs(_ check: LinuxCheck) -> String {
    check.needs.isEmpty ? "-" : check.needs.joined(separator: ",")
  }

  private func ownSuite() throws -> LinuxSuite {
    let path = programs + "/checks.tsv"
    let text = try TextFile.read(path)
    do {
      return try LinuxSuite(text)
    } catch { throw Failure("\(path): line \(error.line) is no check") }
  }

  /// - Parameter listed: the suite, if its checks are listed.
  private func configured(_ listed: LinuxSuite?) throws -> LinuxRun {
    let command = try ownProgramPath()
    guard let runner = LinuxRunner(runner, command: command) else {
      throw Failure("the runner is native, godwit, or a command with {} in it, not \(runner)")
    }
    guard timeLimit > 0, timeLimit < 100_000, jobs > 0, turns > 0 else {
      throw Failure("the time limit, jobs and repetitions are 1 or more")
    }
    let isas = runner.isas(machine: HostProcess.machine)
    if let isa, !isas.contains(isa) { throw Failure("no programs for \(isa) run here") }
    if let form, !runner.forms.contains(form) {
      throw Failure("only Godwit saves and restores programs")
    }
    var run = LinuxRun(
      runner: runner, command: command, programs: suite ?? programs,
      isas: isa.map { [$0] } ?? isas,
      forms: form.map { [$0] } ?? runner.forms, timeLimit: .seconds(timeLimit), jobs: jobs)
    run.turns = turns
    run.seed = shuffle
    if let shard {
      let numbers = shard.split(separator: "/").map { Int($0) }
      guard numbers.count == 2, let part = numbers[0], let parts = numbers[1], part > 0,
        part <= parts
      else { throw Failure("a shard is a part and their number, such as 2/3, not \(shard)") }
      run.shard = (part, parts)
    }
    if let expectedFailures {
      run.expectedFailures = ExpectedFailures(try TextFile.read(expectedFailures))
      if let listed, let stranger = run.expectedFailures.strangers(to: listed).first {
        throw Failure("\(expectedFailures): there is no check \(stranger)")
      }
    }
    return run
  }

  private func write(_ text: String, to path: String) throws {
    do {
      try OutputFile(path).write(Array((text + "\n").utf8))
    } catch { throw Failure(path, error) }
  }
}

extension ProgramForm: ExpressibleByArgument {}

/// The results in a `--record` file.
private func results(in path: String) throws -> ConformanceReport {
  let text = Array(try TextFile.read(path).utf8)
  guard let report = JSON.decode(ConformanceReport.self, from: text) else {
    throw Failure("\(path): it has no results of a suite")
  }
  return report
}

struct Matrix: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "matrix", abstract: "Show results of several systems side by side, as HTML.")

  @Argument(help: ArgumentHelp("Files of 'conformance linux --record'.", valueName: "file"))
  var files: [String]

  func run() throws {
    Console.show(ConformanceMatrix(try files.map { try results(in: $0) }).html)
  }
}

/// What `--runner native` starts for each program.
struct Isolated: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "isolated", abstract: "Run a program in namespaces of its own.",
    shouldDisplay: false)

  @Argument(help: "The program, and its arguments.")
  var words: [String]

  func run() throws {
    do {
      try HostProcess.becomeIsolated(words)
    } catch { throw Failure(words.first ?? "", error) }
  }
}

/// A file of a user's, read whole.
enum TextFile {
  private static let limit: UInt64 = 64 << 20

  static func read(_ path: String) throws -> String {
    do throws(HostError) {
      return String(decoding: try InputFile(path).contents(limit: limit), as: UTF8.self)
    } catch .fileTooLarge { throw Failure("\(path): it is too large") } catch {
      throw Failure(path, error)
    }
  }
}
