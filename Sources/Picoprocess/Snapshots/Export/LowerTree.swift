import HostABI
import LibOSState
import PosixHost

/// The directory beneath the guest's root, as far as this host has it and the snapshot may lead to it.
final class LowerTree {
  private let tree: HostTree

  /// Nil if it is not there, or the snapshot's signer is not known.
  init?(_ snapshot: SnapshotDescription, _ mount: Godwit_State_Mount) {
    guard snapshot.provenance.isTrusted, !mount.tree.lower.isEmpty,
      let tree = try? HostTree(Array(mount.tree.lower))
    else { return nil }
    self.tree = tree
  }

  func attributes(of path: RelativePath) -> SavedAttributes? {
    (try? tree.attributes(of: path)).map { SavedAttributes($0) }
  }

  /// The text of a symbolic link.
  func target(of path: RelativePath) -> [UInt8]? { try? tree.target(of: path) }

  func names(in directory: RelativePath) -> [FileName] {
    ((try? tree.entries(of: directory)) ?? []).compactMap { FileName($0.name) }
  }

  /// Calls `body` with the bytes of a regular file, piece by piece, and their offsets.
  func forEachPiece<E: Error>(
    of path: RelativePath, failure: (HostError) -> E, _ body: (UInt64, RawSpan) throws(E) -> Void
  ) throws(E) {
    try tree.forEachPiece(of: path, failure: failure, body)
  }
}
