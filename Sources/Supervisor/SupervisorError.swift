import HostABI
import PosixHost

/// Why something failed: one line for the user.
struct SupervisorError: Error, CustomStringConvertible {
  let message: String

  init(_ message: String) { self.message = message }

  /// A call about `subject` failed.
  init(_ subject: String, _ error: HostError) { self.init("\(subject): \(Self.words(error))") }

  /// The file of a secret can't be used.
  init(_ path: String, _ error: PrivateFile.ReadError) {
    switch error {
    case .host(let error): self.init(path, error)
    case .notOwned: self.init("\(path): it belongs to another user")
    case .tooOpen: self.init("\(path): others may read or write it: chmod 600 it")
    case .notASecret: self.init("\(path): it is not a file with a secret")
    }
  }

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
