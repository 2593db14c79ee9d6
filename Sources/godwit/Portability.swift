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
    let courses = try commands.map(course)
    let outcome = DigestCourse.compare(
      courses[0], courses[1], limit: Int64(timeLimit) * 1_000_000_000)
    let statuses = courses.map { text($0.status) }
    switch outcome {
    case .late: throw Failure("it has not ended within \(timeLimit) s")
    case .different(let calls, let part):
      Console.show(
        "different after \(calls) system calls: \(part ?? "only one of the programs goes on")")
      Console.exit(1)
    case .none(let course):
      let name = names[course === courses[0] ? 0 : 1]
      throw Failure("\(name): no digests; status \(text(course.status)): \(course.remark)")
    case .same(let count) where statuses[0] == statuses[1]:
      Console.show("the same: \(count) digests, status \(statuses[0])")
    case .same(let count):
      Console.show(
        "\(count) digests are the same; the statuses are \(statuses[0]) and \(statuses[1])")
      Console.exit(1)
    }
  }

  private func course(_ words: [String]) throws -> DigestCourse {
    var guest = program.first == "--" ? Array(program.dropFirst()) : program
    guest = Array(OptionalValues.rewrite(["run"] + guest).dropFirst())
    let host = words == ["godwit"] ? [HostProcess.ownProgram] : words
    do throws(HostError) {
      return try DigestCourse(host, guest, every: every)
    } catch { throw Failure(host[0], error) }
  }

  private func text(_ status: Int32?) -> String { status.map { "\($0)" } ?? "none in time" }
}

/// The harness of `make cpu-test`, from a checkout.
struct ConformanceOfProcessor: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cpu",
    abstract: "Check the emulated processors, instruction by instruction (Docs/BitExactness.md).",
    discussion: """
      Every form of the ISAs' instructions, with random operands, against this machine's processor or qemu-user. It \
      needs Python and a C compiler. The exit status is 0 if nothing differs but what is known to.
      """)

  @Option(help: "The harness, Scripts/cpu-test of a checkout.")
  var harness = "Scripts/cpu-test"

  @Argument(
    parsing: .captureForPassthrough, help: "What the harness takes: --isa, --seed, --one-in.")
  var options: [String] = []

  func run() throws {
    let options = options.first == "--" ? Array(options.dropFirst()) : options
    let words = [harness] + options + [try ownProgramPath()]
    let program: ChildProgram
    do throws(HostError) {
      _ = try InputFile(harness)
      program = try ChildProgram(words)
    } catch { throw Failure(harness, error) }
    Console.exit(program.waitForEnd())
  }
}
