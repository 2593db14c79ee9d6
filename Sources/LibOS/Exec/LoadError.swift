/// Why a program can't be started: one line for the user, and the status a shell would give.
package struct LoadError: Error, Sendable {
  /// 126: found but can't be executed; 127: not found.
  package var status: Int32
  package var message: String

  package static func notFound(_ message: String) -> LoadError {
    LoadError(status: 127, message: message)
  }
  package static func notExecutable(_ message: String) -> LoadError {
    LoadError(status: 126, message: message)
  }
}
