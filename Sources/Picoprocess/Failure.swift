package import HostABI
package import LibOS
package import LinuxABI
package import Snapshot

/// A failure of Godwit: one line for the user, and the exit status.
package struct Failure: Error, Sendable, CustomStringConvertible {
  /// 125 for Godwit's own failures; 126 and 127 for programs, as in shells.
  package var status: Int32
  package var message: String

  package init(_ message: String, status: Int32 = 125) {
    self.message = message
    self.status = status
  }

  package init(_ error: LoadError) { self.init(error.message, status: error.status) }

  /// A host call on `subject` (a path, usually) failed.
  package init(_ subject: String, _ error: HostError) {
    self.init(subject, Errno(error))
  }

  package init(_ subject: String, _ errno: Errno) {
    self.init("\(subject): \(Failure.reason(errno))")
  }

  /// The text after the subject.
  static func reason(_ error: HostError) -> String { reason(Errno(error)) }

  private static func reason(_ errno: Errno) -> String {
    let reason = errno.message
    return reason.prefix(1).lowercased() + reason.dropFirst()
  }

  package init(_ path: String, _ error: SnapshotError) { self.init("\(path): \(error)") }

  package var description: String { message }
}

/// Runs `body`, and turns a host error into a failure that names `subject`.
func withFailure<R>(_ subject: String, _ body: () throws(HostError) -> R) throws(Failure) -> R {
  do throws(HostError) { return try body() } catch { throw Failure(subject, error) }
}
