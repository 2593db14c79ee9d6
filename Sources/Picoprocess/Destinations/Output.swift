import Age
import PosixHost
import Snapshot

/// How a snapshot is laid out, beside what it is of.
package struct OutputShape: Sendable, Hashable {
  /// The files outside that it carries; nil: none.
  package var carries: CarriedScope?
  /// What the picoprocess was given, beneath which those files must lie; nil: it is this process.
  var grants: GrantRecord?
  /// Bytes of each part but the last; nil: it is one file.
  package var partSize: Int?

  package init() {}
}

/// What a user may give as the output of a snapshot: a file, or `store:DIR/NAME`.
enum Output {
  /// Begins a snapshot that will replace what is at `path`.
  ///
  /// - Parameter compression: how a store compresses what is new.
  /// - Parameter recipients: who can open it; nil: whoever has the file.
  /// - Parameter keys: open a sealed store.
  /// - Parameter mustBeSealed: the user gave keys, which are for nothing else than a sealed store.
  static func destination(
    _ path: String, _ compression: Compression?, _ recipients: Recipients?, _ keys: SealKeys,
    _ shape: OutputShape = OutputShape(), mustBeSealed: Bool = false
  ) throws(Failure) -> any SnapshotDestination {
    func stream(_ sink: any SnapshotSink, transfer: Compression? = nil) -> StreamDestination {
      guard let scope = shape.carries else {
        return StreamDestination(path, sink, transfer: transfer)
      }
      let carrying = CarryingSink(
        path, sink, scope, within: shape.grants, transfer ?? compression ?? .standard)
      return StreamDestination(path, carrying, transfer: transfer)
    }
    guard let place = try StorePath(path) else {
      if recipients == nil, shape == OutputShape() { return try FileDestination(path) }
      let medium: any SnapshotMedium =
        if let size = shape.partSize {
          try PartedFile(path, partSize: size)
        } else {
          try SnapshotFile.beginning(path)
        }
      let sink: any SnapshotSink =
        if let recipients {
          try SealedFile(path, medium, recipients)
        } else {
          PlainFile(path, medium)
        }
      return stream(sink)
    }
    guard shape.partSize == nil else { throw Failure("\(path): a store is not split") }
    let layout = try StoreLayout.create(place.directory).layout
    if let recipients, !layout.isSealed {
      return stream(try SealedFile(place, layout, recipients))
    }
    // Whoever can write to the disk may have taken the seal away.
    guard layout.isSealed || !mustBeSealed else {
      throw Failure("\(path): the store is not sealed")
    }
    // A passphrase opens the store.
    if case .keys = recipients {
      throw Failure("\(path): the store is sealed itself, to whom it was made for")
    }
    let store = SnapshotStore(layout, try layout.key(keys))
    return stream(
      try StoreWriter(store, place, compression ?? .standard), transfer: Compression.none)
  }

  /// Whether what is written to `path` is encrypted with the key of a store.
  static func isInSealedStore(_ path: String) throws(Failure) -> Bool {
    guard let place = try StorePath(path), try StoreLayout.isThere(place.directory) else {
      return false
    }
    return try StoreLayout(place.directory).isSealed
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
