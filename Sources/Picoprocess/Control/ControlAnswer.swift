package import PosixHost

/// The answer of a picoprocess to a `ControlRequest`.
package enum ControlAnswer: Sendable, Hashable, Codable {
  /// The request failed, for this reason (one line).
  case failed(error: String)
  /// The file passed along cannot be written, for this reason of the host's.
  case unwritable(reason: String)
  /// The request was carried out.
  case done
  case running(picoprocess: PicoprocessInfo)
  /// The snapshot is written. After `suspend`, the picoprocess now waits for a `ControlVerdict`.
  case saved(snapshot: SavedSnapshot)
}

/// The state of a picoprocess.
package struct PicoprocessInfo: Sendable, Hashable, Codable {
  package var name: String
  /// The PID of its process on the host.
  package var pid: Int32
  /// The path of the guest's first program.
  package var isa: String
  package var program: String
  package var uptimeNanoseconds: Int64
  /// Guest memory in use.
  package var memoryBytes: Int
  package var threads: Int
  package var syscallCount: UInt64
  /// How far the process is confined.
  package var sandbox: ConfinementReport
}

/// Figures of a written snapshot.
package struct SavedSnapshot: Sendable, Hashable, Codable {
  package var bytes: UInt64
  /// How long the guest was stopped for it.
  package var nanoseconds: Int64
  /// The number of system calls the guest had made.
  package var syscallCount: UInt64
}
