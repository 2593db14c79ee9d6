package import Age
import HostABI
import LibOS
import PosixHost
package import Snapshot

extension SnapshotFile {
  /// Writes the snapshot at `path` and its parents as one that has no parent, of the same state and id.
  ///
  /// The user's signature says that he trusts the state: another's snapshot gets it only if its key is known.
  ///
  /// - Parameter recipients: who can open the new one; nil: whoever has the file.
  /// - Returns: lines of what the user may not expect: that the new one is not signed, or not sealed.
  package static func flatten(
    _ path: String, _ keys: SealKeys, to output: String, sealedTo recipients: Recipients?,
    compression: Compression, knownKeys: String?
  ) throws(Failure) -> [String] {
    let reader = try reader(path, keys)
    let provenance = try Provenance(reader, knownKeys: knownKeys)
    let state: StateDigest
    do throws(SnapshotError) {
      try reader.requireParents()
      try reader.require(Picoprocess.support)
      state = try digest(reader)
    } catch { throw Failure(path, error) }

    let file = try Output.destination(output, compression, recipients, keys)
    var header = reader.header
    header.parent = nil
    var writeError: Failure?
    do throws(SnapshotError) {
      let writer = try SnapshotWriter(header, compression: file.transfer ?? compression) { bytes in
        do throws(Failure) { try file.write(bytes) } catch {
          writeError = error
          throw error
        }
      }
      try SnapshotWorkers.with { (workers) throws(SnapshotError) in
        try writer.use(workers)
        let progress = Progress("writing")
        try reader.copyWhole(to: writer) { progress.advance(by: UInt64(Page.size)) }
        _ = try writer.finish(id: reader.id)
      }
    } catch {
      throw writeError ?? Failure(path, error)
    }

    let copy = try file.readBack(nil)
    do throws(SnapshotError) {
      guard try digest(copy).whole == state.whole else {
        throw .malformed("its state is not that of \(path)")
      }
    } catch { throw Failure(output, error) }
    let signer =
      provenance.isTrusted
      ? SnapshotSigner() : .none(reason: "\(path) is \(provenance)")
    var notices: [String] = []
    if recipients == nil, try isSealed(path), try !Output.isInSealedStore(output) {
      notices.append("\(output) is not sealed, as \(path) is: add --encrypt-to")
    }
    if let notice = try file.commit(copy, signer) { notices.append(notice) }
    return notices
  }

  /// Whether the snapshot at `path` is sealed, or in a sealed store.
  package static func isSealed(_ path: String) throws(Failure) -> Bool {
    guard let place = try StorePath(path) else { return try SnapshotFile(path).isSealed(path) }
    let layout = try StoreLayout(place.directory)
    if layout.isSealed { return true }
    return try SnapshotFile(layout.manifest(place.name)).isSealed("\(place)")
  }
}
