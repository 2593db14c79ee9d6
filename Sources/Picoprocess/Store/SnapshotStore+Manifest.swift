import HostABI
import PosixHost
import Snapshot

/// A snapshot in a store, as its file says.
enum StoredSnapshot {
  /// Its contents are in the packs.
  case manifest(SnapshotManifest)
  /// It is all in the file, sealed for itself, in a store that is not.
  case whole(InputFile)
}

extension SnapshotStore {
  /// Bytes of a manifest: a table of contents, the names of its blocks in a sealed store, and little more.
  private static let manifestLimit: UInt64 = 400 << 20

  /// Opens the file of the snapshot `name`.
  private func file(_ name: String) throws(Failure) -> InputFile {
    try withFailure("\(try StorePath(layout.path, name: name))") { () throws(HostError) in
      try InputFile(layout.manifest(name))
    }
  }

  private func bytes(of file: InputFile, _ name: String) throws(Failure) -> [UInt8] {
    try withFailure("\(try StorePath(layout.path, name: name))") { () throws(HostError) in
      try file.contents(limit: Self.manifestLimit)
    }
  }

  /// Reads the file of the snapshot `name`.
  func snapshot(_ name: String) throws(Failure) -> StoredSnapshot {
    let file = try file(name)
    if try isWhole(file, name) { return .whole(file) }
    let bytes = try bytes(of: file, name)
    do throws(SnapshotError) {
      guard layout.isSealed else { return .manifest(try SnapshotManifest(decoding: bytes)) }
      let sealed = try SealedManifest(decoding: bytes)
      guard let key else { preconditionFailure("a sealed store is read without its key") }
      return .manifest(try sealed.opened(as: name, with: key))
    } catch { throw Failure("\(try StorePath(layout.path, name: name))", error) }
  }

  /// Whether a snapshot is stored whole. In a sealed store none is.
  private func isWhole(_ file: InputFile, _ name: String) throws(Failure) -> Bool {
    if layout.isSealed { return false }
    return try withFailure("\(try StorePath(layout.path, name: name))") { () throws(HostError) in
      try SealedSnapshot.isSealed(file)
    }
  }

  /// The names of the blocks that the snapshot `name` refers to. They can be read without the key of a sealed store.
  func references(of name: String) throws(Failure) -> [Digest] {
    let file = try file(name)
    if try isWhole(file, name) { return [] }
    let bytes = try bytes(of: file, name)
    do throws(SnapshotError) {
      if layout.isSealed { return try SealedManifest(decoding: bytes).references }
      return try SnapshotManifest(decoding: bytes).blocks.map(\.digest)
    } catch { throw Failure("\(try StorePath(layout.path, name: name))", error) }
  }

  /// What `body` makes of a snapshot that was listed; nil if somebody has removed it since, which takes no lock.
  func ifPresent<R>(_ name: String, _ body: () throws(Failure) -> R) throws(Failure) -> R? {
    do throws(Failure) { return try body() } catch {
      guard try layout.names().contains(name) else { return nil }
      throw error
    }
  }

  /// Puts the manifest of the snapshot `name` into the store.
  func commit(_ manifest: SnapshotManifest, as name: String) throws(Failure) {
    let bytes =
      key.map { SealedManifest(manifest, of: name, with: $0).encoded } ?? manifest.encoded
    try withFailure("\(try StorePath(layout.path, name: name))") { () throws(HostError) in
      try AtomicFile.replace(layout.manifest(name), with: bytes)
    }
  }
}
