package import Machine
import Snapshot

/// What a picoprocess remembers of the pages in a snapshot, so that the next one need not store them again.
package struct KnownPages: Sendable {
  /// The epoch that began with the snapshot: what was not written in it or later is in the snapshot.
  package let epoch: Epoch
  /// By the numbers of address spaces and memory objects.
  private(set) var maps: [UInt64: PageMap] = [:]
  private(set) var digests = PageDigests()

  init(epoch: Epoch, maps: [UInt64: PageMap], digests: PageDigests) {
    self.epoch = epoch
    self.maps = maps
    self.digests = digests
  }

  /// The map of the pages, where their owner, or the one it was forked from, had them.
  func map(of lineage: PageLineage) -> PageMap? {
    lineage.number(at: epoch).flatMap { maps[$0] }
  }
}

/// The digests of the stored pages of a chain of snapshots, as far as they are known.
struct PageDigests: Sendable {
  /// In the order of the pages' numbers; `zeroPage`, which is never stored, where it is not known.
  private var digests: ContiguousArray<Digest> = []

  subscript(reference: PageReference) -> Digest? {
    get {
      if reference.isZero { return .zeroPage }
      let index = Int(clamping: reference.rawValue - 1)
      guard index < digests.count, digests[index] != .zeroPage else { return nil }
      return digests[index]
    }
    set {
      guard let newValue, !reference.isZero else { return }
      let index = Int(clamping: reference.rawValue - 1)
      if index == digests.count {
        digests.append(newValue)
        return
      }
      if index > digests.count {
        digests += repeatElement(.zeroPage, count: index + 1 - digests.count)
      }
      digests[index] = newValue
    }
  }
}
