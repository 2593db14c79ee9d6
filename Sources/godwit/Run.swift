import ArgumentParser
import HostABI
import LibOS
import Picoprocess
import PosixHost

struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Run a program.")

  @OptionGroup var guest: GuestOptions

  @Option(name: [.short, .long], help: "Set a variable of the guest's environment.")
  var env: [String] = []

  @Option(help: "The guest's working directory.")
  var cwd: String?

  @Argument(parsing: .captureForPassthrough, help: "The program and its arguments.")
  var command: [String]

  func run() throws {
    var words = command
    if words.first == "--" {
      words.removeFirst()
    } else if let option = words.first, option.hasPrefix("-") {
      throw Failure("run: unknown option \(option)")
    }
    guard let program = words.first else { throw Failure("run: no program given") }
    let picoprocess = try Picoprocess(
      try guest.configuration(),
      Invocation(
        program: Array(program.utf8), arguments: words.map { Array($0.utf8) },
        environment: environment(), directory: Array((cwd ?? workingDirectory()).utf8)))
    try finish(picoprocess, guest)
  }

  private func environment() -> [[UInt8]] {
    var result = HostProcess.environment
    for assignment in env {
      let bytes = Array(assignment.utf8)
      let name = bytes.prefix { $0 != UInt8(ascii: "=") } + [UInt8(ascii: "=")]
      result.removeAll { $0.starts(with: name) }
      result.append(bytes)
    }
    return result
  }

  /// Over the host's own root the guest starts where the user stands; elsewhere at its root.
  private func workingDirectory() -> String {
    guard guest.root == "/", let path = try? HostProcess.workingDirectory() else { return "/" }
    return String(decoding: path, as: UTF8.self)
  }
}

struct Resume: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Go on with a suspended program.")

  @OptionGroup var guest: GuestOptions

  @Argument(help: "The snapshot.")
  var file: String

  func run() throws {
    let reader = try SnapshotFile.reader(file)
    try finish(try Picoprocess(try guest.configuration(), resuming: reader), guest)
  }
}

/// Runs the guest and ends as it does.
private func finish(_ picoprocess: Picoprocess, _ options: GuestOptions) throws {
  let start = picoprocess.host.now(.monotonic)
  let outcome = picoprocess.run()
  if let path = options.stats {
    let wall = picoprocess.host.now(.monotonic).totalNanoseconds - start.totalNanoseconds
    try TextSink(path).write(picoprocess.statistics(wallNanoseconds: wall))
  }
  switch outcome {
  case .exited(let status):
    throw ExitCode(status.shellStatus)
  case .syscallLimit, .interrupted:
    guard let output = options.output else { throw Failure("stopped without --output") }
    try picoprocess.save(to: output)
  case .deadlock:
    throw Failure("every thread of the guest waits for something that can't happen")
  }
}
