import HostABI
import PosixHost
package import Snapshot

/// The newest checkpoint of a run that crashed.
package struct Recovery {
  package let directory: CheckpointDirectory
  /// The snapshot, as `store:DIR/NAME`.
  package let path: String
  package let reader: SnapshotReader

  /// Finds the newest checkpoint in the store at `path` that is whole.
  ///
  /// - Parameter keys: open a sealed store.
  /// - Parameter report: is called with a line on each that is not.
  package init(_ path: String, _ keys: SealKeys, _ report: (String) -> Void) throws(Failure) {
    directory = try CheckpointDirectory(path, creates: false)
    let names = try directory.names()
    if let how = directory.howItEnded() {
      throw Failure(
        "\(path): the guest did not crash: it \(how)"
          + (names.last.map { "; godwit resume store:\(path)/\($0) goes back" } ?? ""))
    }
    let store = SnapshotStore(directory.layout, try directory.layout.key(keys))
    for name in names.reversed() {
      let place = try StorePath(path, name: "\(name)")
      do throws(Failure) {
        let reader = try store.reader(place, keys)
        do throws(SnapshotError) {
          // Without workers: no thread may be started before this process is confined.
          let progress = Progress("checking", of: reader.byteCount)
          try reader.verify { progress.advance(by: $0) }
        } catch { throw Failure("\(place)", error) }
        self.reader = reader
        self.path = "\(place)"
        return
      } catch { report(error.message) }
    }
    throw Failure("\(path): there is no whole checkpoint of the last run")
  }
}
