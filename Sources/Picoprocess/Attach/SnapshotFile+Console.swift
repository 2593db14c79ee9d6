import LibOS
import LibOSState
package import Snapshot

extension SnapshotFile {
  /// Whether the guest in the snapshot at `path`, which was opened as `reader`, has a console.
  package static func hasConsole(_ path: String, _ reader: SnapshotReader) throws(Failure) -> Bool {
    do throws(SnapshotError) {
      try reader.require(Picoprocess.support)
      try reader.requireParents()
      let files: Godwit_State_Files = try StateLoader.section(.files, reader)
      return files.hasConsole
    } catch { throw Failure(path, error) }
  }
}
