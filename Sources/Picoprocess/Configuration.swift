/// What a user asks of a picoprocess.
package struct Configuration: Sendable {
  /// One `--mount`.
  package struct Mount: Sendable, Hashable {
    package var host: String
    package var guest: String
    package var isReadOnly: Bool
    package init(host: String, guest: String, isReadOnly: Bool) {
      self.host = host
      self.guest = guest
      self.isReadOnly = isReadOnly
    }
  }

  /// The host directory that is the guest's read-only root.
  package var root = "/"
  package var mounts: [Mount] = []
  /// Bytes of guest memory; nil for three quarters of the host's.
  package var memoryLimit: UInt64?
  /// Takes the trace, a line at a time; nil: no trace.
  package var trace: (@Sendable (String) -> Void)?
  package var countsSyscalls = false
  /// Come out of `run` when this many system calls were made, since the guest began.
  package var syscallLimit = UInt64.max

  package init() {}
}

/// What to run: a program, its arguments (the first is its own name), environment and directory.
package struct Invocation: Sendable {
  package var program: [UInt8]
  package var arguments: [[UInt8]]
  package var environment: [[UInt8]]
  package var directory: [UInt8]

  package init(
    program: [UInt8], arguments: [[UInt8]], environment: [[UInt8]], directory: [UInt8]
  ) {
    self.program = program
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
  }
}

/// Godwit's own failure: one line for the user, and the exit status that goes with it.
package struct Failure: Error, Sendable {
  package var status: Int32
  package var message: String

  package init(_ message: String, status: Int32 = 125) {
    self.message = message
    self.status = status
  }
}
