import HostABI
import PosixHost
package import Snapshot

extension SnapshotFile {
  /// Files of a chain at most: a directory of snapshots, each an increment to the one before.
  private static let chainLimit = 4096

  /// Opens the snapshot at `path` with the snapshots that it is an increment to. Each lies beside its
  /// increment, under the name that the increment gives. From one that is missing on, the chain is incomplete:
  /// `requireParents`.
  ///
  /// - Parameter keys: open those that are sealed.
  package static func reader(_ path: String, _ keys: SealKeys) throws(Failure) -> SnapshotReader {
    if let place = try StorePath(path) { return try SnapshotStore.reader(place, keys) }
    var chain = [(path: path, snapshot: try single(SnapshotFile(path), path, keys))]
    while let parent = chain[chain.count - 1].snapshot.header.parent {
      guard chain.count < chainLimit else {
        throw Failure("\(path): more than \(chainLimit) increments, each to another")
      }
      let child = chain[chain.count - 1].path
      let place = place(of: parent, beside: child)
      guard let file = try SnapshotFile(ifPresent: place) else { break }
      let found = try single(file, place, keys)
      guard found.contentDigest == parent.contentDigest else {
        throw Failure(
          child, SnapshotError.wrongParent(name: parent.name, id: parent.id, found: found.id))
      }
      chain.append((place, found))
    }
    var reader = chain.removeLast().snapshot
    for (path, snapshot) in chain.reversed() {
      do throws(SnapshotError) { reader = try SnapshotReader(snapshot, parent: reader) } catch {
        throw Failure(path, error)
      }
    }
    return reader
  }

  private static func single(_ file: SnapshotFile, _ path: String, _ keys: SealKeys)
    throws(Failure) -> SnapshotReader
  {
    let source = try file.unsealed(path, keys)
    do throws(SnapshotError) { return try SnapshotReader(source) } catch {
      throw Failure(path, error)
    }
  }

  private static func place(of link: ParentLink, beside path: String) -> String {
    let directory = String(decoding: AtomicFile.directory(of: path), as: UTF8.self)
    return directory == "." ? link.name : directory + "/" + link.name
  }
}

/// The parent that a user names for an increment.
struct ParentFile {
  let reader: SnapshotReader
  let named: NamedParent

  /// - Returns: nil without a path.
  init?(_ path: String?, _ keys: SealKeys) throws(Failure) {
    guard let path else { return nil }
    reader = try SnapshotFile.reader(path, keys)
    named = NamedParent(
      digest: reader.contentDigest.description, path: path,
      name: String(path.split(separator: "/").last ?? ""))
  }
}
