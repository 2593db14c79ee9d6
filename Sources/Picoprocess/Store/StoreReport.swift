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
  package init(_ path: String) throws(Failure) {
    let store = try SnapshotStore(StoreLayout(path))
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
        guard let manifest = try store.manifest(ifPresent: name) else { continue }
        own = Self.distinct(manifest.blocks)
        let place = try StorePath(path, name: name)
        let reader = try store.reader(manifest, place)
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
      snapshots[index].ownSize = own.reduce(0) {
        users[$1.digest] == 1 ? $0 + store.storedSize(of: $1) : $0
      }
    }
    let used = Set(users.keys)
    unusedSize = store.packs.reduce(0) { sum, pack in
      pack.index.entries.reduce(sum) {
        used.contains($1.block.digest) ? $0 : $0 + $1.block.storedSize
      }
    }
  }

  private static func distinct(_ blocks: [BlockDescriptor]) -> [BlockDescriptor] {
    var seen: Set<Digest> = []
    return blocks.filter { seen.insert($0.digest).inserted }
  }
}

/// The check of everything in a store.
package enum StoreCheck {
  /// Reads all packs and all snapshots of the store at `path`, and calls `report` with each fault.
  ///
  /// - Returns: a line that says how much was whole.
  package static func run(_ path: String, _ report: (String) -> Void) throws(Failure) -> String {
    let store = try SnapshotStore(StoreLayout(path))
    let lock = try withFailure(path) { () throws(HostError) in try store.layout.locked(.shared) }
    defer { withExtendedLifetime(lock) {} }
    // A snapshot that is listed has all its packs already.
    let names = try store.layout.names()
    try store.refresh()
    var faults = 0
    var count = 0
    func complain(_ line: String) {
      faults += 1
      report(line)
    }
    for fault in store.faults { complain("\(store.layout.packs)/\(fault.name): \(fault.reason)") }
    let progress = Progress("checking", of: store.packs.reduce(0) { $0 + $1.byteCount })
    for pack in store.packs {
      for entry in pack.index.entries {
        progress.advance(by: entry.block.storedSize)
        if let fault = store.fault(in: entry, of: pack) {
          complain("\(store.layout.packs)/\(pack.name): at byte \(entry.offset): \(fault)")
        }
      }
    }
    for name in names {
      let place = try StorePath(path, name: name)
      do throws(Failure) {
        guard let manifest = try store.manifest(ifPresent: name) else { continue }
        count += 1
        let reader = try store.reader(manifest, place)
        do throws(SnapshotError) {
          let progress = Progress("checking \(name)", of: reader.byteCount)
          try SnapshotWorkers.with { (workers) throws(SnapshotError) in
            try reader.verify(on: workers) { progress.advance(by: $0) }
          }
        } catch { throw Failure("\(place)", error) }
        if case .broken = reader.signature {
          throw Failure("\(place): \(try Provenance(reader, knownKeys: nil))")
        }
      } catch { complain(error.message) }
    }
    let bytes = store.packs.reduce(0) { $0 + $1.byteCount }
    guard faults == 0 else { throw Failure("\(path): \(faults) faults") }
    return "\(path): whole, \(count) snapshots, \(store.packs.count) packs, \(bytes) bytes"
  }
}
