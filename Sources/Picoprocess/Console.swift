import HostABI
import PosixHost

/// The output and exit of the command itself.
package enum Console {
  /// Writes `text` and a line break to standard output. Its lines are printable, whatever is in them.
  package static func show(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    // If standard output is closed, the text is lost, as with any command.
    try? OutputFile.standardOutput.write(
      Array((lines.map { printable($0) }.joined(separator: "\n") + "\n").utf8))
  }

  /// Writes `text` as it is to standard output: none that a guest or a snapshot has a say in.
  package static func write(_ text: String) {
    try? OutputFile.standardOutput.write(Array(text.utf8))
  }

  /// Writes one printable line to standard error, whatever `message` is.
  package static func complain(_ message: String) {
    let line = message.isEmpty ? "failed" : printable(message)
    try? OutputFile.standardError.write(Array("godwit: \(line)\n".utf8))
  }

  /// Has crashes of this process end with status 125 and one line, as all that goes wrong.
  package static func reportCrashes() { HostProcess.reportCrashes(exitStatus: 125) }

  package static func exit(_ status: Int32) -> Never { HostProcess.exit(status) }
}
