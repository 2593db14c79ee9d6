import Machine
package import Snapshot

/// Takes what `StateSaver` collects: a snapshot, or a digest.
package protocol StateSink: AnyObject {
  /// Takes a page of 4,096 bytes, with its digest, and says how it is referred to.
  func addPage(_ page: RawSpan, digest: Digest?) throws(SnapshotError) -> PageReference

  func addSection(_ id: UInt32, isCritical: Bool, _ bytes: [UInt8]) throws(SnapshotError)
}

extension SnapshotWriter: StateSink {}

/// What several walks over a picoprocess that stands still have in common: the moment that they record,
/// and digests of frames that were met before. Good until the guest runs on.
package final class StandingState {
  let moment: KernelClock.Moment
  /// By the number of the frame.
  private var known: ContiguousArray<Digest?> = []

  package init(_ kernel: Kernel) { moment = kernel.clock.moment }

  func digest(of frame: Frame, _ bytes: RawSpan) -> Digest {
    let index = Int(frame.index)
    if index >= known.count {
      known.append(contentsOf: repeatElement(nil, count: max(index + 1 - known.count, known.count)))
    }
    if let digest = known[index] { return digest }
    let digest = Digest(ofPage: bytes)
    known[index] = digest
    return digest
  }
}
