import Machine
import Snapshot

/// The pages of a snapshot: those handed to its sink, and those that an earlier one has.
struct StoredPages {
  private let sink: any StateSink
  /// The earlier snapshot.
  private let known: KnownPages?
  private(set) var digests: PageDigests
  /// The maps of the pages that a later snapshot may refer to, by the numbers of their owners.
  private(set) var maps: [UInt64: PageMap] = [:]
  /// The page of each frame that was met, by the number of the frame: processes share frames after a fork.
  private var frames: ContiguousArray<PageReference> = []
  /// Stands in `frames` for a frame that was not met.
  private static let notMet = PageReference(rawValue: .max)

  init(_ sink: any StateSink, _ known: KnownPages?) {
    self.sink = sink
    self.known = known
    digests = known?.digests ?? PageDigests()
  }

  /// Hands over a page, unless the sink has an equal one, or the earlier snapshot has it as `old`.
  mutating func add(_ page: RawSpan, old: PageReference? = nil) throws(SnapshotError)
    -> PageReference
  {
    let digest = Digest(ofPage: page)
    if let old, digests[old] == digest { return old }
    let reference = try sink.addPage(page, digest: digest)
    digests[reference] = digest
    return reference
  }

  /// Hands over the pages that the earlier snapshot does not have, and returns the map of all.
  mutating func add(_ pages: any FrozenPages, _ lineage: PageLineage, _ bytes: inout ViewedPages)
    throws(SnapshotError) -> PageMap
  {
    let earlier = known?.map(of: lineage)
    var map = PageMap()
    try pages.forEachPage { (page, entry) throws(SnapshotError) in
      map.append(page, try reference(to: entry, earlier?[page], &bytes))
    }
    maps[lineage.number] = map
    return map
  }

  /// - Parameter old: what the earlier snapshot has at the page's place.
  private mutating func reference(
    to entry: PageTableEntry, _ old: PageReference?, _ bytes: inout ViewedPages
  ) throws(SnapshotError) -> PageReference {
    let index = Int(entry.frame.index)
    if index >= frames.count {
      frames += repeatElement(Self.notMet, count: max(index + 1 - frames.count, frames.count))
    }
    if frames[index] != Self.notMet { return frames[index] }
    let reference: PageReference
    if let old, let known, entry.epoch < known.epoch {
      reference = old
      if digests[old] == nil {
        digests[old] = try bytes.withBytes(entry.frame) { Digest(ofPage: $0) }
      }
    } else {
      reference = try bytes.withBytes(entry.frame) { (page) throws(SnapshotError) in
        try add(page, old: old)
      }
    }
    frames[index] = reference
    return reference
  }
}
