import HostABI
import LibOS
import PosixHost
package import Snapshot

extension SnapshotFile {
  /// Writes the snapshot at `path` and its parents as one that has no parent, of the same state and id.
  ///
  /// The user's signature says that he trusts the state: another's snapshot gets it only if its key is known.
  ///
  /// - Returns: why the new one is not signed, in one line; nil if it is.
  package static func flatten(
    _ path: String, to output: String, compression: Compression, knownKeys: String?
  ) throws(Failure) -> String? {
    let reader = try reader(path)
    let provenance = try Provenance(reader, knownKeys: knownKeys)
    let state: StateDigest
    do throws(SnapshotError) {
      try reader.requireParents()
      try reader.require(Picoprocess.support)
      state = try StateDigest(reader)
    } catch { throw Failure(path, error) }

    let file = try Output.destination(output, compression)
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
      try reader.copyWhole(to: writer)
      _ = try writer.finish(id: reader.id)
    } catch {
      throw writeError ?? Failure(path, error)
    }

    let copy = try file.readBack(nil)
    do throws(SnapshotError) {
      guard try StateDigest(copy).whole == state.whole else {
        throw .malformed("its state is not that of \(path)")
      }
    } catch { throw Failure(output, error) }
    let signer =
      provenance.isTrusted
      ? SnapshotSigner() : .none(reason: "\(path) is \(provenance)")
    return try file.commit(copy, signer)
  }
}
