import HostABI
import PosixHost
import Synchronization

/// The output and exit of the command itself.
package enum Console {
  /// Writes `text` and a line break to standard output, with everything unprintable escaped.
  package static func show(_ text: String) {
    eraseProgress()
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    // If standard output is closed, the text is lost, as with other commands.
    try? OutputFile.standardOutput.write(
      Array((lines.map { printable($0) }.joined(separator: "\n") + "\n").utf8))
  }

  /// Writes `text` to standard output unescaped; it must not contain text from a guest or a snapshot.
  package static func write(_ text: String) {
    try? OutputFile.standardOutput.write(Array(text.utf8))
  }

  /// Writes `message` as one printable line to standard error.
  package static func complain(_ message: String) {
    eraseProgress()
    let line = message.isEmpty ? "failed" : printable(message)
    try? OutputFile.standardError.write(Array("godwit: \(line)\n".utf8))
  }

  /// Makes crashes of this process end with status 125 and one line, like other failures.
  package static func reportCrashes() { HostProcess.reportCrashes(exitStatus: 125) }

  package static func exit(_ status: Int32) -> Never {
    eraseProgress()
    HostProcess.exit(status)
  }

  // MARK: Progress

  private static let hasProgress = Mutex(false)

  /// Replaces the line of progress on the terminal that standard error is.
  package static func showProgress(_ text: String) {
    // A longer line could not be erased.
    let columns = HostProcess.terminalColumns(2) ?? 80
    let line = printable("godwit: \(text)").prefix(max(0, columns - 1))
    hasProgress.withLock { isShown in
      isShown = true
      try? OutputFile.standardError.write(Array("\r\(line)\u{1b}[K".utf8))
    }
  }

  package static func eraseProgress() {
    hasProgress.withLock { isShown in
      guard isShown else { return }
      isShown = false
      try? OutputFile.standardError.write(Array("\r\u{1b}[K".utf8))
    }
  }
}
