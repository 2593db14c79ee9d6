import LibOSState
import Machine
package import Snapshot

/// Hands the state of a picoprocess at one moment to a sink, in two steps.
///
/// `init` walks over the library OS's objects while the guest stands still, and takes a view of memory instead
/// of its pages. `finish` encodes, digests and hands over, which takes long: it may be called on another thread
/// while the guest runs on, as long as a view is active (see `FrozenView`).
package final class StatePass {
  private let sink: any StateSink
  private let state: CapturedState
  private var bytes: ViewedPages
  private var stored: StoredPages
  /// Numbers the pages of the guest's memory, which stay where they are.
  private let deferred: DeferredPages?
  private let epoch: Epoch
  /// Pages in the snapshot, wherever they are stored.
  package private(set) var pageCount: UInt64 = 0

  /// Called with how many pages were handed over since the last time.
  package var onPages: ((Int) -> Void)?

  /// Counts the pages that are to be handed over.
  package func countPages() -> UInt64 {
    var count: UInt64 = 0
    for case (_, .inView(let pages, _)) in state.pages { pages.forEachPage { _, _ in count += 1 } }
    return count
  }

  /// Captures the state of the stopped guest.
  ///
  /// - Parameter known: the pages of the snapshot that this one is an increment to.
  /// - Parameter deferred: numbers the pages, which are not handed over.
  /// - Throws: `refused` if the guest has something that can't travel.
  package convenience init(
    _ kernel: Kernel, to sink: any StateSink, _ known: KnownPages? = nil,
    _ deferred: DeferredPages? = nil
  ) throws(SnapshotError) {
    try self.init(kernel, to: sink, known, deferred, refusesObstacles: true)
  }

  /// - Parameter refusesObstacles: `false` for a digest, which covers also what can't travel.
  init(
    _ kernel: Kernel, to sink: any StateSink, _ known: KnownPages? = nil,
    _ deferred: DeferredPages? = nil, refusesObstacles: Bool
  ) throws(SnapshotError) {
    self.sink = sink
    self.deferred = deferred
    epoch = kernel.arena.epoch
    let saver = StateSaver(kernel, sink: sink, known)
    try saver.saveAll()
    guard !refusesObstacles || saver.obstacles.isEmpty else {
      throw .untransportable(saver.obstacles)
    }
    state = saver.captured
    stored = saver.stored!
    bytes = ViewedPages(kernel.arena.frozenBytes, stored: kernel.storedPages?.anotherReader())
  }

  /// Hands over only the pages: see `known`.
  ///
  /// - Parameter isGivenUp: asked before each process and memory object whether to leave out the rest.
  package func storePages(isGivenUp: () -> Bool) throws(SnapshotError) {
    for case (_, .inView(let pages, let lineage)) in state.pages where !isGivenUp() {
      _ = try stored.add(pages, lineage, &bytes, onPages)
    }
  }

  /// Hands over everything, and returns the digest of the state.
  package func finish() throws(SnapshotError) -> StateDigest {
    let (sections, maps) = try handOver()
    return try digest(sections, SavedPages(maps))
  }

  /// Hands over everything but the deferred pages. There is no digest without them.
  package func finishDeferring() throws(SnapshotError) { _ = try handOver() }

  private func handOver() throws(SnapshotError) -> ([StateSection: [UInt8]], Godwit_State_PageMaps)
  {
    var sections: [StateSection: [UInt8]] = [:]
    for section in StateSection.allCases {
      if let message = state.message(section) { sections[section] = try sink.add(section, message) }
    }
    var owners: [Godwit_State_PageOwner] = []
    for (owner, pages) in state.pages {
      let map =
        switch pages {
        case .inView(let pages, let lineage): try map(of: pages, lineage)
        case .stored(let map): map
        }
      pageCount += map.pageCount
      if map.pageCount > 0 { owners.append(Godwit_State_PageOwner(owner, map)) }
    }
    var maps = Godwit_State_PageMaps()
    maps.owners = owners
    try sink.add(.pageMaps, maps)
    return (sections, maps)
  }

  private func map(of pages: any FrozenPages, _ lineage: PageLineage) throws(SnapshotError)
    -> PageMap
  {
    if let map = deferred?.map(of: pages) { return map }
    return try stored.add(pages, lineage, &bytes, onPages)
  }

  /// What is known afterwards of the pages. Good for an increment if an epoch began with this pass.
  package var known: KnownPages {
    KnownPages(epoch: epoch, maps: stored.maps, digests: stored.digests)
  }

  private func digest(_ sections: [StateSection: [UInt8]], _ pages: SavedPages)
    throws(SnapshotError) -> StateDigest
  {
    let digests = stored.digests
    return try StateDigest(
      pages: pages, storedPages: .max,
      section: { sections[$0]! },
      pageDigests: { $0.map { digests[$0]! } })
  }
}

/// The library OS's objects, and where their pages are.
struct CapturedState {
  enum Pages {
    case inView(any FrozenPages, PageLineage)
    /// Handed to the sink already.
    case stored(PageMap)
  }

  /// The messages; that of the filesystems without the nodes of their trees.
  var sections: [StateSection: any StateMessage] = [:]
  /// The nodes of the tree at each mount; nil: of the files without names.
  var nodes: [(mount: Int?, nodes: [CapturedNode])] = []
  var pages: [(PageOwner, Pages)] = []

  /// The whole message of a section; nil for the page maps.
  func message(_ section: StateSection) -> (any StateMessage)? {
    guard var filesystems = sections[section] as? Godwit_State_Filesystems else {
      return sections[section]
    }
    for (mount, nodes) in nodes {
      let messages = nodes.map(\.message)
      if let mount {
        filesystems.mounts[mount].tree.nodes = messages
      } else {
        filesystems.memoryFiles.nodes = messages
      }
    }
    return filesystems
  }
}

extension Kernel {
  /// The digest of the state as it is. The run loop must not be running.
  package func digestState() throws(SnapshotError) -> StateDigest {
    try StatePass(self, to: DigestSink(), refusesObstacles: false).finish()
  }

  /// What the guest has that can't travel, each item with its reason; empty when a snapshot can be taken.
  package func untransportable() -> [String] {
    let saver = StateSaver(self, sink: nil)
    do throws(SnapshotError) { try saver.saveAll() } catch {
      return saver.obstacles + ["\(error)"]
    }
    return saver.obstacles
  }
}

/// Numbers the pages, and keeps nothing.
private final class DigestSink: StateSink {
  let workers: (any Workers)? = nil
  private var references: [Digest: PageReference] = [:]

  func addPage(_ page: RawSpan, digest: Digest?) -> PageReference {
    let digest = digest ?? Digest(ofPage: page)
    if digest == .zeroPage { return .zero }
    if let known = references[digest] { return known }
    let reference = PageReference(rawValue: UInt64(references.count + 1))
    references[digest] = reference
    return reference
  }

  func addSection(_ id: UInt32, isCritical: Bool, _ bytes: [UInt8]) {}
}
