import HostABI
import PosixHost
import Snapshot

extension SnapshotStore {
  /// Opens a snapshot in a store. Its packs stay open as long as the reader is used, so it does not matter if
  /// others remove them meanwhile.
  static func reader(_ path: StorePath) throws(Failure) -> SnapshotReader {
    let store = try SnapshotStore(StoreLayout(path.directory))
    let lock = try withFailure("\(path)") { () throws(HostError) in
      try store.layout.locked(.shared)
    }
    defer { withExtendedLifetime(lock) {} }
    let manifest = try store.manifest(path.name)
    try store.refresh()
    return try store.reader(manifest, path)
  }

  func reader(_ manifest: SnapshotManifest, _ path: StorePath) throws(Failure) -> SnapshotReader {
    do throws(SnapshotError) {
      return try SnapshotReader(ManifestSource(manifest, self))
    } catch { throw Failure("\(path)", error) }
  }
}
