import LibOS
import Snapshot

extension SnapshotFile {
  /// Verifies every byte of the snapshot at `path` and its signature, and describes it.
  package static func verify(_ path: String, _ keys: SealKeys, knownKeys: String?) throws(Failure)
    -> String
  {
    if try StorePath(path) == nil { try PartList.verify(path) }
    let reader = try reader(path, keys)
    let progress = Progress("checking", of: reader.chainByteCount)
    do throws(SnapshotError) {
      try SnapshotWorkers.with { (workers) throws(SnapshotError) in
        try reader.verify(on: workers) { progress.advance(by: $0) }
      }
      try reader.require(Picoprocess.support)
      try reader.requirePageOwners()
    } catch { throw Failure(path, error) }
    let carried: CarriedFiles?
    do throws(SnapshotError) { carried = try CarriedFiles(reader) } catch {
      throw Failure(path, error)
    }
    do throws(Failure) { try carried?.verify() } catch {
      throw Failure("\(path): \(error.message)")
    }
    let provenance = try Provenance(reader, knownKeys: knownKeys)
    if case .broken = provenance { throw Failure("\(path): \(provenance)") }
    return "\(path): whole, \(reader.byteCount) bytes, \(reader.contentDigest), \(provenance)"
  }
}
