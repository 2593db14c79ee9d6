import HostABI
import PosixHost
import Snapshot

/// Removes what no snapshot of a store refers to any more.
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
    let store = try SnapshotStore(StoreLayout(path))
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

    var dead: [PackFile] = []
    var sparse: [(pack: PackFile, live: [PackIndex.Entry])] = []
    var small: [(pack: PackFile, live: [PackIndex.Entry])] = []
    for (number, pack) in store.packs.enumerated() {
      let used = pack.index.entries.filter {
        live.contains($0.block.digest) && store.pack(of: $0.block.digest) == number
      }
      let bytes = used.reduce(0) { $0 + $1.block.storedSize }
      if used.isEmpty {
        dead.append(pack)
      } else if bytes < (pack.index.end - UInt64(PackIndex.headerSize)) / 2 {
        sparse.append((pack, used))
      } else if pack.byteCount < Self.smallSize {
        small.append((pack, used))
      }
    }
    if small.count > Self.smallLimit { sparse += small }
    var replaced: [PackFile] = []
    let total = sparse.reduce(0) { $0 + $1.live.reduce(0) { $0 + $1.block.storedSize } }
    let progress = Progress("copying", of: total)
    for (pack, entries) in sparse {
      if try copy(entries, of: pack, progress, &outcome) { replaced.append(pack) }
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
    _ entries: [PackIndex.Entry], of pack: PackFile, _ progress: Progress,
    _ outcome: inout Outcome
  ) throws(Failure) -> Bool {
    var isWhole = true
    for entry in entries {
      progress.advance(by: entry.block.storedSize)
      if let fault = store.fault(in: entry, of: pack) {
        outcome.faults.append("\(store.layout.packs)/\(pack.name): \(fault)")
        isWhole = false
        continue
      }
      let stored: [UInt8]
      do throws(SnapshotError) { stored = try pack.contents(of: entry) } catch {
        throw Failure(store.layout.path, error)
      }
      try store.addCopy(entry, stored)
    }
    return isWhole
  }

  /// The digests of all blocks that snapshots refer to. A manifest that can't be read could name any.
  private func liveBlocks() throws(Failure) -> Set<Digest> {
    var live: Set<Digest> = []
    for name in try store.layout.names() {
      do throws(Failure) {
        guard let manifest = try store.manifest(ifPresent: name) else { continue }
        for block in manifest.blocks { live.insert(block.digest) }
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
