import ArgumentParser
import Picoprocess

struct Coverage: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coverage",
    abstract: "Show what programs exercise of the system calls there are, as Markdown.")

  @Option(
    help: ArgumentHelp(
      "The errors that the manual names: a call and its errors on each line.", valueName: "file"))
  var manual = "Guests/manual-errors.tsv"

  @Argument(
    help: ArgumentHelp("Traces of the programs: 'godwit run --trace=FILE'.", valueName: "file"))
  var traces: [String]

  func run() throws {
    var coverage = SyscallCoverage()
    for path in traces { coverage.add(trace: try TextFile.read(path)) }
    var errors: [String: [String]] = [:]
    for line in try TextFile.read(manual).split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split { $0 == "\t" || $0 == " " }.map(String.init)
      errors[words[0]] = Array(words.dropFirst())
    }
    Console.show(coverage.markdown(errors))
  }
}
