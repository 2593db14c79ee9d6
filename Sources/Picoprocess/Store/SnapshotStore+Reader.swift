import Age
import HostABI
import PosixHost
import Snapshot

extension SnapshotStore {
  /// Opens a snapshot in a store. Its packs stay open as long as the reader is used, so it does not matter if
  /// others remove them meanwhile.
  ///
  /// - Parameter keys: open a sealed store, or a sealed snapshot in another.
  static func reader(_ path: StorePath, _ keys: SealKeys) throws(Failure) -> SnapshotReader {
    let layout = try StoreLayout(path.directory)
    return try SnapshotStore(layout, try layout.key(keys)).reader(path, keys)
  }

  /// The same, in this store.
  func reader(_ path: StorePath, _ keys: SealKeys) throws(Failure) -> SnapshotReader {
    let lock = try withFailure("\(path)") { () throws(HostError) in try layout.locked(.shared) }
    defer { withExtendedLifetime(lock) {} }
    let snapshot = try snapshot(path.name)
    if case .manifest = snapshot { try refresh() }
    return try reader(snapshot, path, keys)
  }

  func reader(_ snapshot: StoredSnapshot, _ path: StorePath, _ keys: SealKeys) throws(Failure)
    -> SnapshotReader
  {
    let source: any SnapshotSource
    switch snapshot {
    case .manifest(let manifest):
      do throws(SnapshotError) {
        source = ManifestSource(manifest, try SnapshotBlocks(manifest, self))
      } catch { throw Failure("\(path)", error) }
    case .whole(let file):
      do throws(AgeError) { source = try SealedSnapshot(file, keys) } catch {
        throw Failure("\(path)", error)
      }
    }
    do throws(SnapshotError) { return try SnapshotReader(source) } catch {
      throw Failure("\(path)", error)
    }
  }
}
