import LibOS
import Snapshot

/// The digest of a guest's state, laid out as text and as JSON.
package struct DigestReport {
  package var digest: String
  /// The digests of all parts, that of the whole first.
  package var text: String
  package var json: JSON
}

extension SnapshotFile {
  /// Digests the guest's state in the snapshot at `path`.
  package static func digest(_ path: String) throws(Failure) -> DigestReport {
    let reader = try reader(path)
    let state: StateDigest
    do throws(SnapshotError) {
      try reader.require(Picoprocess.support)
      state = try StateDigest(reader)
    } catch { throw Failure(path, error) }
    let parts = state.parts.map { (name: $0.name, digest: $0.digest.description) }
    let whole = state.whole.description
    return DigestReport(
      digest: whole,
      text: (["\(whole)  all"] + parts.map { "\($0.digest)  \($0.name)" }).joined(separator: "\n"),
      json: .object([
        ("digest", .string(whole)),
        ("syscallCount", .integer(Int64(clamping: state.syscallCount))),
        (
          "parts",
          .array(
            parts.map {
              .object([("name", .string($0.name)), ("digest", .string($0.digest))])
            })
        ),
      ]))
  }
}
