import HostABI
import PosixHost

/// Why something failed: one line for the user.
struct SupervisorError: Error, CustomStringConvertible {
  let message: String

  init(_ message: String) { self.message = message }

  /// A call about `subject` failed.
  init(_ subject: String, _ error: HostError) { self.init("\(subject): \(Self.words(error))") }

  /// `permissionDenied` is "permission denied".
  static func words(_ error: HostError) -> String {
    "\(error)".reduce(into: "") { $0 += $1.isUppercase ? " " + $1.lowercased() : "\($1)" }
  }

  var description: String { message }
}

/// What the supervisor has to say goes to standard error, a line for each.
enum Log {
  static func say(_ line: String) {
    try? OutputFile.standardError.write(Array("godwit: \(printable(line))\n".utf8))
  }
}
