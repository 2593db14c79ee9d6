import ArgumentParser
import HostABI
import LinuxConformance
import Picoprocess
import PosixHost

struct Portability: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "portable", abstract: "Check that a program takes the same course on two hosts.",
    discussion: """
      The program runs deterministically on both, and digests of its state are compared. A host is a command that stands \
      for godwit there, such as 'ssh arm-box godwit'; godwit itself is this one. The exit status is 0 if the courses are \
      the same; else it is 1, and the first part of the state that differs is named.
      """)

  @Option(help: ArgumentHelp("The two hosts.", valueName: "a,b"))
  var hosts: String

  @Option(help: ArgumentHelp("How many system calls lie between two digests.", valueName: "n"))
  var every: UInt64 = 100

  @Option(help: ArgumentHelp("How long the program may run on a host.", valueName: "seconds"))
  var timeLimit = 600

  @Argument(
    parsing: .captureForPassthrough, help: "The program, as for run: with options of run before it."
  )
  var program: [String]

  func run() throws {
    guard every > 0, timeLimit > 0, timeLimit < 1_000_000 else {
      throw Failure("the calls between digests and the time limit are 1 or more")
    }
    let names = hosts.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let commands = names.map { $0.split(separator: " ").map(String.init) }
    guard commands.count == 2, !commands.contains([]) else {
      throw Failure("--hosts takes two commands with a comma between, not \(hosts)")
    }
    let courses = try courses(commands, every: every, inParts: false)
    for (name, course) in zip(names, courses) where course.points.isEmpty {
      throw Failure("\(name): no digests; status \(text(course.status)): \(course.remark)")
    }
    guard let calls = courses[0].divergence(from: courses[1]) else {
      let same = courses[0].status == courses[1].status
      let count = courses[0].points.count
      Console.show(
        same
          ? "the same: \(count) digests, status \(text(courses[0].status))"
          : "\(count) digests are the same; the statuses are \(text(courses[0].status)) and \(text(courses[1].status))"
      )
      Console.exit(same ? 0 : 1)
    }
    // Again, with the parts of the state where it first differs.
    let details = try self.courses(commands, every: max(1, calls), inParts: true)
    let part = details[0].points.first.flatMap { one in
      details[1].points.first.flatMap { one.firstDifference(from: $0) }
    }
    Console.show(
      "different after \(calls) system calls: \(part ?? "one of the programs has ended")")
    Console.exit(1)
  }

  private func courses(_ commands: [[String]], every step: UInt64, inParts: Bool) throws
    -> [DigestCourse]
  {
    var guest = program.first == "--" ? Array(program.dropFirst()) : program
    guest = Array(OptionalValues.rewrite(["run"] + guest).dropFirst())
    return try commands.map { words in
      let host = words == ["godwit"] ? [HostProcess.ownProgram] : words
      do {
        return try DigestCourse(
          host, guest, every: step, inParts: inParts, limit: Int64(timeLimit) * 1_000_000_000)
      } catch { throw Failure(host[0], error) }
    }
  }

  private func text(_ status: Int32?) -> String { status.map { "\($0)" } ?? "none in time" }
}

/// The harness of `make cpu-test`, from a checkout.
struct ConformanceOfProcessor: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cpu",
    abstract: "Check the emulated processors, instruction by instruction (Docs/BitExactness.md).",
    discussion: """
      Every form of both ISAs' instructions, with random operands, against this machine's processor or qemu-user. It \
      needs Python and a C compiler. The exit status is 0 if nothing differs but what is known to.
      """)

  @Option(help: "The harness, Scripts/cpu-test of a checkout.")
  var harness = "Scripts/cpu-test"

  @Argument(
    parsing: .captureForPassthrough, help: "What the harness takes: --isa, --seed, --one-in.")
  var options: [String] = []

  func run() throws {
    do {
      _ = try InputFile(harness)
      let options = options.first == "--" ? Array(options.dropFirst()) : options
      let program = try ChildProgram([harness] + options + [HostProcess.ownProgramPath ?? "godwit"])
      while true {
        if let status = program.status { Console.exit(status) }
        HostProcess.sleep(nanoseconds: 20_000_000)
      }
    } catch { throw Failure(harness, error) }
  }
}
