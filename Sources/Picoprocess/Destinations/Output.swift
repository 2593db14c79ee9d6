import Snapshot

/// What a user may give as the output of a snapshot.
enum Output {
  /// Begins a snapshot that will replace what is at `path`.
  ///
  /// - Parameter compression: as the user wants it; nil: the default.
  static func destination(_ path: String, _ compression: Compression?) throws(Failure)
    -> any SnapshotDestination
  {
    try FileDestination(path)
  }
}
