import HostABI
import PosixHost
import Snapshot

/// What is in a store.
package struct StoreReport: Encodable, Sendable {
  package struct Entry: Encodable, Sendable {
    package var name: String
    /// Bytes that the snapshot would take as a file.
    package var size: UInt64 = 0
    /// Bytes in the packs that no other snapshot of the store needs.
    package var ownSize: UInt64 = 0
    /// Nil if it can't be read.
    package var content: SnapshotList.Content?
    /// What is wrong with it, in one line.
    package var fault: String?
  }

  package private(set) var snapshots: [Entry] = []
  /// Bytes of all packs.
  package private(set) var storedSize: UInt64 = 0
  /// Bytes in the packs that no snapshot needs.
  package private(set) var unusedSize: UInt64 = 0
  package private(set) var packs = 0
  /// Packs that can't be read, each with the reason.
  package private(set) var faults: [String] = []

  /// Bytes that all snapshots would take as files.
  package var separateSize: UInt64 { snapshots.reduce(0) { $0 + $1.size } }

  /// Lists the store in the directory at `path`. Pages are not read.
  ///
  /// - Parameter keys: open a sealed store, and sealed snapshots.
  package init(_ path: String, _ keys: SealKeys) throws(Failure) {
    let layout = try StoreLayout(path)
    let store = SnapshotStore(layout, try layout.key(keys))
    let lock = try withFailure(path) { () throws(HostError) in try store.layout.locked(.shared) }
    defer { withExtendedLifetime(lock) {} }
    // A snapshot that is listed has all its packs already.
    let names = try store.layout.names()
    try store.refresh()
    packs = store.packs.count
    storedSize = store.packs.reduce(0) { $0 + $1.byteCount }
    faults = store.faults.map { "\(store.layout.packs)/\($0.name): \($0.reason)" }

    var blocks: [[BlockDescriptor]] = []
    // In how many snapshots a block is.
    var users: [Digest: Int] = [:]
    for name in names {
      var entry = Entry(name: name)
      var own: [BlockDescriptor] = []
      do throws(Failure) {
        let snapshot = try store.ifPresent(name) { () throws(Failure) in
          try store.snapshot(name)
        }
        guard let snapshot else { continue }
        switch snapshot {
        case .manifest(let manifest): own = Self.distinct(manifest.blocks)
        case .whole(let file):
          entry.size = file.size
          entry.ownSize = file.size
        }
        let reader = try store.reader(snapshot, try StorePath(path, name: name), keys)
        entry.size = reader.byteCount
        do throws(SnapshotError) { entry.content = try SnapshotList.Content(reader) } catch {
          entry.fault = "\(error)"
        }
      } catch { entry.fault = error.message }
      for block in own { users[block.digest, default: 0] += 1 }
      snapshots.append(entry)
      blocks.append(own)
    }
    for (index, own) in blocks.enumerated() {
      snapshots[index].ownSize += own.reduce(0) {
        users[$1.digest] == 1 ? $0 + store.storedSize(of: $1) : $0
      }
    }
    let used = Set(users.keys)
    unusedSize = store.packs.reduce(0) { sum, pack in
      zip(pack.entries, pack.blocks).reduce(sum) {
        used.contains($1.0.block.digest) ? $0 : $0 + $1.1.byteCount
      }
    }
  }

  private static func distinct(_ blocks: [BlockDescriptor]) -> [BlockDescriptor] {
    var seen: Set<Digest> = []
    return blocks.filter { seen.insert($0.digest).inserted }
  }
}
