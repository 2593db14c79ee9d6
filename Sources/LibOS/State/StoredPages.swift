import Machine
import Snapshot

/// The pages of a snapshot: those handed to its sink, and those that an earlier one has.
struct StoredPages {
  private let sink: any StateSink
  /// The earlier snapshot.
  private let known: KnownPages?
  /// The epoch that began with it.
  private let knownEpoch: Epoch?
  private(set) var digests: PageDigests
  /// The maps of the pages that a later snapshot may refer to, by the numbers of their owners.
  private(set) var maps: [UInt64: PageMap] = [:]
  /// The page of each frame that was met, by the number of the frame: processes share frames after a fork.
  private var frames: ContiguousArray<PageReference> = []
  /// Stands in `frames` for a frame that was not met.
  private static let notMet = PageReference(rawValue: .max)
  /// Stands there for one that was met, and whose digest is under way.
  private static let pending = PageReference(rawValue: .max - 1)

  init(_ sink: any StateSink, _ known: KnownPages?) {
    self.sink = sink
    self.known = known
    knownEpoch = known?.epoch
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
    let earlier = known?.map(of: lineage) ?? PageMap()
    var run = 0
    var map = PageMap()
    var digesting = PageDigesting(bytes.frames, sink.workers)
    try pages.forEachPage { (page, entry) throws(SnapshotError) in
      let old = earlier.reference(of: page, from: &run)
      if let reference = knownReference(entry, old) {
        digesting.append(page, reference)
      } else {
        if met(entry.frame) == nil { note(entry.frame, Self.pending) }
        digesting.append(PageDigesting.Page(number: page, entry: entry, old: old))
      }
      while let items = digesting.nextIfFull() { try add(items, to: &map, &bytes, report) }
    }
    while let items = digesting.next() { try add(items, to: &map, &bytes, report) }
    maps[lineage.number] = map
    return map
  }

  private mutating func add(
    _ items: [PageDigesting.Item], to map: inout PageMap, _ bytes: inout ViewedPages,
    _ report: ((Int) -> Void)?
  ) throws(SnapshotError) {
    let before = map.pageCount
    for item in items {
      switch item {
      case .known(let run): map.append(run)
      case .page(let page): map.append(page.number, try reference(to: page, &bytes))
      }
    }
    report?(Int(map.pageCount - before))
  }

  private mutating func reference(to page: PageDigesting.Page, _ bytes: inout ViewedPages)
    throws(SnapshotError) -> PageReference
  {
    if let reference = met(page.entry.frame), reference != Self.pending { return reference }
    let reference: PageReference
    if let old = page.old, isUnchanged(page.entry) {
      reference = old
      if digests[old] == nil {
        digests[old] = try digest(of: page, &bytes)
      }
    } else {
      reference = try bytes.withBytes(page.entry.frame) { (bytes) throws(SnapshotError) in
        try add(bytes, old: page.old, digest: page.digest)
      }
    }
    note(page.entry.frame, reference)
    return reference
  }

  private func digest(of page: PageDigesting.Page, _ bytes: inout ViewedPages)
    throws(SnapshotError) -> Digest
  {
    if let digest = page.digest { return digest }
    return try bytes.withBytes(page.entry.frame) { Digest(ofPage: $0) }
  }

  /// The reference of a page whose bytes nobody needs; nil if it is not known yet. The result in the end does not
  /// depend on how many digests are under way.
  ///
  /// - Parameter old: what the earlier snapshot has at its place.
  private mutating func knownReference(_ entry: PageTableEntry, _ old: PageReference?)
    -> PageReference?
  {
    if let reference = met(entry.frame) { return reference == Self.pending ? nil : reference }
    guard let old, isUnchanged(entry), digests[old] != nil else { return nil }
    note(entry.frame, old)
    return old
  }

  /// Whether the earlier snapshot has what it has at the page's place still.
  private func isUnchanged(_ entry: PageTableEntry) -> Bool {
    knownEpoch.map { entry.epoch < $0 } ?? false
  }

  /// The page of a frame that was met, or `pending`.
  private func met(_ frame: Frame) -> PageReference? {
    let index = Int(frame.index)
    guard index < frames.count, frames[index] != Self.notMet else { return nil }
    return frames[index]
  }

  private mutating func note(_ frame: Frame, _ reference: PageReference) {
    let index = Int(frame.index)
    if index >= frames.count {
      frames += repeatElement(Self.notMet, count: max(index + 1 - frames.count, frames.count))
    }
    frames[index] = reference
  }
}
