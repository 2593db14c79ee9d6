import PosixHost

/// Where `godwit` itself speaks, and how it ends.
package enum Console {
  /// Writes `text` and a line break to standard output.
  package static func show(_ text: String) {
    // Whoever closed standard output doesn't want to read it.
    try? OutputFile.standardOutput.write(Array((text + "\n").utf8))
  }

  /// Writes one line to standard error, whatever `message` is.
  package static func complain(_ message: String) {
    let line = message.split(separator: "\n").first ?? "failed"
    try? OutputFile.standardError.write(Array("godwit: \(line)\n".utf8))
  }

  package static func exit(_ status: Int32) -> Never { HostProcess.exit(status) }
}
