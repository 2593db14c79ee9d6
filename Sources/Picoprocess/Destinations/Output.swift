import Age
import PosixHost
import Snapshot

/// What a user may give as the output of a snapshot: a file, or `store:DIR/NAME`.
enum Output {
  /// Begins a snapshot that will replace what is at `path`.
  ///
  /// - Parameter compression: how a store compresses what is new.
  /// - Parameter recipients: who can open it; nil: whoever has the file.
  static func destination(
    _ path: String, _ compression: Compression?, _ recipients: Recipients?
  ) throws(Failure) -> any SnapshotDestination {
    guard let place = try StorePath(path) else {
      guard let recipients else { return try FileDestination(path) }
      return StreamDestination(path, try SealedFile(path, recipients))
    }
    guard recipients == nil else {
      throw Failure("\(path): a snapshot in a store can't be sealed")
    }
    let store = try SnapshotStore(StoreLayout.create(place.directory))
    return StreamDestination(
      path, try StoreWriter(store, place, compression ?? .standard), transfer: Compression.none)
  }

  /// The directory in which a snapshot at `path` changes files.
  static func directory(_ path: String) -> [UInt8] {
    if let place = try? StorePath(path) { return Array(place.directory.utf8) }
    return AtomicFile.directory(of: path)
  }

  /// Refuses an increment where it makes no sense.
  static func checkParent(_ parent: String?, of path: String) throws(Failure) {
    guard let parent else { return }
    guard try StorePath(path) == nil else {
      throw Failure("\(path): a store needs no --parent: equal pages are there once anyway")
    }
    guard try StorePath(parent) == nil else {
      throw Failure("\(path): a file can't be an increment to a snapshot in a store")
    }
  }
}
