import HostABI
import PosixHost
import Snapshot

/// Removes what no snapshot of a store refers to any more. It knows blocks by their names only, so it needs no key of a
/// sealed store.
package struct StoreCollector {
  private let store: SnapshotStore

  /// What was done.
  package struct Outcome: Sendable, Encodable {
    package var removedPacks = 0
    package var rewrittenPacks = 0
    package var removedFiles = 0
    /// Bytes that the packs take less.
    package var freedBytes: Int64 = 0
    /// Packs that stay although they should go, each with the reason.
    package var faults: [String] = []
  }

  /// Packs of fewer bytes are put together once there are so many of them.
  private static let smallSize: UInt64 = 8 << 20
  private static let smallLimit = 16

  /// Collects in the store at `path`, when nobody else uses it any more.
  package static func collect(_ path: String) throws(Failure) -> Outcome {
    let store = try SnapshotStore(StoreLayout(path), nil)
    let lock = try withFailure(path) { () throws(HostError) in
      try store.layout.locked(.exclusive)
    }
    defer { withExtendedLifetime(lock) {} }
    return try StoreCollector(store: store).collect()
  }

  init(store: SnapshotStore) { self.store = store }

  /// Collects. The lock must be held exclusively.
  func collect() throws(Failure) -> Outcome {
    var outcome = Outcome()
    let layout = store.layout
    // No writer is at work, so whoever began these has ended.
    for directory in [layout.packs, layout.snapshots] {
      try removeUnfinished(directory, &outcome)
    }
    try store.refresh()
    let live = try liveBlocks()
    let before = store.packs.reduce(0) { $0 + Int64($1.byteCount) }
    outcome.faults = store.faults.map { "\(layout.packs)/\($0.name): \($0.reason)" }

    // Of two packs with the same block the later one is read.
    var latest: [Digest: Int] = [:]
    for (number, pack) in store.packs.enumerated() {
      for block in pack.blocks { latest[block.name] = number }
    }
    var dead: [PackFile] = []
    var sparse: [(pack: PackFile, live: [Int])] = []
    var small: [(pack: PackFile, live: [Int])] = []
    for (number, pack) in store.packs.enumerated() {
      let used = pack.blocks.indices.filter {
        let name = pack.blocks[$0].name
        return latest[name] == number && live.contains(name)
      }
      let bytes = used.reduce(0) { $0 + pack.blocks[$1].byteCount }
      if used.isEmpty {
        dead.append(pack)
      } else if bytes < (pack.end - UInt64(PackIndex.headerSize)) / 2 {
        sparse.append((pack, used))
      } else if pack.byteCount < Self.smallSize {
        small.append((pack, used))
      }
    }
    if small.count > Self.smallLimit { sparse += small }
    var replaced: [PackFile] = []
    let total = sparse.reduce(0) { sum, entry in
      entry.live.reduce(sum) { $0 + entry.pack.blocks[$1].byteCount }
    }
    let progress = Progress("copying", of: total)
    for (pack, blocks) in sparse {
      if try copy(blocks, of: pack, progress, &outcome) { replaced.append(pack) }
    }
    try store.commitPending()
    outcome.rewrittenPacks = replaced.count
    outcome.removedPacks = dead.count
    try withFailure(layout.path) { () throws(HostError) in
      for pack in dead + replaced { try HostFiles.remove(layout.packs + "/" + pack.name) }
      try HostFiles.synchronizeDirectory(layout.packs)
    }
    try store.refresh()
    outcome.freedBytes = before - store.packs.reduce(0) { $0 + Int64($1.byteCount) }
    return outcome
  }

  /// Copies blocks to a pack in the making; false if one is damaged, and the pack must stay.
  private func copy(
    _ blocks: [Int], of pack: PackFile, _ progress: Progress, _ outcome: inout Outcome
  ) throws(Failure) -> Bool {
    var isWhole = true
    for block in blocks {
      progress.advance(by: pack.blocks[block].byteCount)
      if let fault = try store.copy(block, of: pack) {
        outcome.faults.append("\(store.layout.packs)/\(pack.name): \(fault)")
        isWhole = false
      }
    }
    return isWhole
  }

  /// The names of all blocks that snapshots refer to. A manifest that can't be read could name any.
  private func liveBlocks() throws(Failure) -> Set<Digest> {
    var live: Set<Digest> = []
    for name in try store.layout.names() {
      do throws(Failure) {
        let names = try store.ifPresent(name) { () throws(Failure) in
          try store.references(of: name)
        }
        live.formUnion(names ?? [])
      } catch { throw Failure("\(error.message); nothing can be collected until it is removed") }
    }
    return live
  }

  private func removeUnfinished(_ directory: String, _ outcome: inout Outcome) throws(Failure) {
    try withFailure(directory) { () throws(HostError) in
      for bytes in try directoryNames(directory) {
        let name = String(decoding: bytes, as: UTF8.self)
        guard name.hasPrefix("."), name.hasSuffix(".tmp") else { continue }
        try HostFiles.remove(directory + "/" + name)
        outcome.removedFiles += 1
      }
    }
  }
}
