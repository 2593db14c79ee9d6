import JSONText
import LibOS
import Snapshot

/// The digest of a guest's state, laid out as text and for JSON.
package struct DigestReport: Encodable {
  struct Part: Encodable {
    var name: String
    var digest: String
  }

  package var digest: String
  var parts: [Part]
  var syscallCount: UInt64

  /// The digests of all parts, beginning with that of the whole.
  package var text: String {
    (["\(digest)  all"] + parts.map { "\($0.digest)  \($0.name)" }).joined(separator: "\n")
  }
}

extension SnapshotFile {
  /// Digests the state that a snapshot holds, on all processors.
  static func digest(_ reader: SnapshotReader) throws(SnapshotError) -> StateDigest {
    let progress = Progress("digesting")
    return try SnapshotWorkers.with { (workers) throws(SnapshotError) in
      try StateDigest(reader, on: workers) { progress.advance(by: UInt64($0 * Page.size)) }
    }
  }

  /// Computes the digests of the guest's state in the snapshot at `path`.
  package static func digest(_ path: String, _ keys: SealKeys) throws(Failure) -> DigestReport {
    let reader = try reader(path, keys)
    let state: StateDigest
    do throws(SnapshotError) {
      try reader.require(Picoprocess.support)
      state = try digest(reader)
    } catch { throw Failure(path, error) }
    return DigestReport(
      digest: state.whole.description,
      parts: state.parts.map {
        DigestReport.Part(name: $0.name, digest: $0.digest.description)
      },
      syscallCount: state.syscallCount)
  }
}
