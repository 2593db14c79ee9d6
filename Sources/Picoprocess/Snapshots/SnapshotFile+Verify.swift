import Snapshot

extension SnapshotFile {
  /// Checks every byte of the snapshot at `path`, and says what it is.
  package static func verify(_ path: String) throws(Failure) -> String {
    let reader = try reader(path)
    do throws(SnapshotError) {
      try reader.verify()
      try reader.require(Picoprocess.support)
    } catch { throw Failure(path, error) }
    return "\(path): whole, \(reader.byteCount) bytes, \(reader.contentDigest)"
  }
}
