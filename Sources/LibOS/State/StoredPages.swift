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
  ///
  /// - Parameter digest: the page's, where it is known.
  mutating func add(_ page: RawSpan, old: PageReference? = nil, digest: Digest? = nil)
    throws(SnapshotError) -> PageReference
  {
    let digest = digest ?? Digest(ofPage: page)
    if let old, digests[old] == digest { return old }
    let reference = try sink.addPage(page, digest: digest)
    digests[reference] = digest
    return reference
  }

  /// Hands over the pages that the earlier snapshot does not have, and returns the map of all.
  ///
  /// - Parameter report: called with how many were handed over since the last time.
  mutating func add(
    _ pages: any FrozenPages, _ lineage: PageLineage, _ bytes: inout ViewedPages,
    _ report: ((Int) -> Void)?
  ) throws(SnapshotError) -> PageMap {
    let earlier = known?.map(of: lineage)
    var map = PageMap()
    var digesting = PageDigesting(bytes.frames, sink.workers)
    try pages.forEachPage { (page, entry) throws(SnapshotError) in
      var next = PageDigesting.Page(number: page, entry: entry, old: earlier?[page])
      next.isWanted = needsDigest(next)
      digesting.append(next)
      while let digested = digesting.nextIfFull() {
        try add(digested, to: &map, &bytes)
        report?(digested.count)
      }
    }
    while let digested = digesting.next() {
      try add(digested, to: &map, &bytes)
      report?(digested.count)
    }
    maps[lineage.number] = map
    return map
  }

  private mutating func add(
    _ pages: [PageDigesting.Page], to map: inout PageMap, _ bytes: inout ViewedPages
  ) throws(SnapshotError) {
    for page in pages { map.append(page.number, try reference(to: page, &bytes)) }
  }

  private mutating func reference(to page: PageDigesting.Page, _ bytes: inout ViewedPages)
    throws(SnapshotError) -> PageReference
  {
    let index = Int(page.entry.frame.index)
    if index >= frames.count {
      frames += repeatElement(Self.notMet, count: max(index + 1 - frames.count, frames.count))
    }
    if frames[index] != Self.notMet { return frames[index] }
    let reference: PageReference
    if let old = page.old, isUnchanged(page) {
      reference = old
      if digests[old] == nil {
        digests[old] = try digest(of: page, &bytes)
      }
    } else {
      reference = try bytes.withBytes(page.entry.frame) { (bytes) throws(SnapshotError) in
        try add(bytes, old: page.old, digest: page.digest)
      }
    }
    frames[index] = reference
    return reference
  }

  private func digest(of page: PageDigesting.Page, _ bytes: inout ViewedPages)
    throws(SnapshotError) -> Digest
  {
    if let digest = page.digest { return digest }
    return try bytes.withBytes(page.entry.frame) { Digest(ofPage: $0) }
  }

  /// Whether the earlier snapshot has the page, at the same place.
  private func isUnchanged(_ page: PageDigesting.Page) -> Bool {
    guard page.old != nil, let known else { return false }
    return page.entry.epoch < known.epoch
  }

  /// Whether `reference` will need the digest of the page, as far as is known by now.
  private func needsDigest(_ page: PageDigesting.Page) -> Bool {
    let index = Int(page.entry.frame.index)
    if index < frames.count, frames[index] != Self.notMet { return false }
    guard let old = page.old, isUnchanged(page) else { return true }
    return digests[old] == nil
  }
}
