package import LinuxABI

/// Why a program can't be started: one line for the user, the status a shell would give, and what
/// `execve` returns.
package struct LoadError: Error, Sendable {
  /// 126: found but can't be executed; 127: not found.
  package var status: Int32
  package var message: String
  package var errno: Errno

  package static func notFound(_ message: String) -> LoadError {
    LoadError(status: 127, message: message, errno: .ENOENT)
  }
  package static func notExecutable(_ message: String, _ errno: Errno = .EACCES) -> LoadError {
    LoadError(status: 126, message: message, errno: errno)
  }
}
