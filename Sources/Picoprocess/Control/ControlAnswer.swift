package import PosixHost

/// What a picoprocess says to a `ControlRequest`.
package enum ControlAnswer: Sendable, Hashable, Codable {
  /// It could not be done; one line says why.
  case failed(error: String)
  /// The file that came along can't be written; the host's reason.
  case unwritable(reason: String)
  /// It was done, and there is no more to say.
  case done
  case running(picoprocess: PicoprocessInfo)
  /// The snapshot is written; of `suspend`, a `ControlVerdict` is waited for now.
  case saved(snapshot: SavedSnapshot)
}

/// What a picoprocess tells about itself.
package struct PicoprocessInfo: Sendable, Hashable, Codable {
  package var name: String
  /// The host's id of its process.
  package var pid: Int32
  /// The guest's, of its first program.
  package var isa: String
  package var program: String
  package var uptimeNanoseconds: Int64
  /// Guest memory in use.
  package var memoryBytes: Int
  package var threads: Int
  package var syscallCount: UInt64
  /// How far its process is confined.
  package var sandbox: ConfinementReport
}

/// A snapshot that was written.
package struct SavedSnapshot: Sendable, Hashable, Codable {
  package var bytes: UInt64
  /// How long the guest stood still for it.
  package var nanoseconds: Int64
  /// The calls the guest had made.
  package var syscallCount: UInt64
}
