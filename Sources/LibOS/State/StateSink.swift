package import Snapshot

/// Takes the parts of a state: a snapshot, or a digest.
package protocol StateSink: AnyObject {
  /// Takes a page of 4,096 bytes, with its digest, and says how it is referred to.
  func addPage(_ page: RawSpan, digest: Digest?) throws(SnapshotError) -> PageReference

  func addSection(_ id: UInt32, isCritical: Bool, _ bytes: [UInt8]) throws(SnapshotError)
}

extension SnapshotWriter: StateSink {}
