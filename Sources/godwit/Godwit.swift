import ArgumentParser
import Picoprocess
import PosixHost

/// The command: arguments in, exit status out.
@main
struct Godwit: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "godwit",
    abstract: "Run Linux programs on an emulated CPU, and move them while they run.",
    subcommands: [Run.self, Resume.self, Inspect.self, Verify.self, Version.self])

  /// Godwit's own failures, wrong usage too, end with status 125 and one line on standard error.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let failure as Failure {
      fail(failure)
    } catch {
      let status = exitCode(for: error)
      if status == .success { exit(withError: error) }
      if let code = error as? ExitCode { Self.exit(withError: code) }
      fail(Failure(message(for: error)))
    }
  }

  private static func fail(_ failure: Failure) -> Never {
    try? OutputFile.standardError.write(Array("godwit: \(failure.message)\n".utf8))
    Self.exit(withError: ExitCode(failure.status))
  }
}
