import HostABI
import PosixHost
import Snapshot

/// The check of everything in a store.
package enum StoreCheck {
  /// Reads all packs and all snapshots of the store at `path`, and calls `report` with each fault.
  ///
  /// - Parameter keys: open a sealed store, and sealed snapshots. What they do not open is checked for damage as far as
  ///   that is possible, and the result says so.
  /// - Returns: a line that says how much was whole.
  package static func run(_ path: String, _ keys: SealKeys, _ report: (String) -> Void)
    throws(Failure) -> String
  {
    let layout = try StoreLayout(path)
    let isBlind = layout.isSealed && keys.identities.isEmpty
    let store = SnapshotStore(layout, isBlind ? nil : try layout.key(keys))
    let lock = try withFailure(path) { () throws(HostError) in try store.layout.locked(.shared) }
    defer { withExtendedLifetime(lock) {} }
    // A snapshot that is listed has all its packs already.
    let names = try store.layout.names()
    try store.refresh()
    var faults = 0
    var count = 0
    var unopened = 0
    func complain(_ line: String) {
      faults += 1
      report(line)
    }
    for fault in store.faults { complain("\(store.layout.packs)/\(fault.name): \(fault.reason)") }
    let progress = Progress("checking", of: store.packs.reduce(0) { $0 + $1.byteCount })
    for pack in store.packs {
      for (index, block) in pack.blocks.enumerated() {
        progress.advance(by: block.byteCount)
        if let fault = store.fault(in: index, of: pack) {
          complain("\(store.layout.packs)/\(pack.name): at byte \(block.offset): \(fault)")
        }
      }
    }
    for name in names {
      let place = try StorePath(path, name: name)
      do throws(Failure) {
        let isOpened = try store.ifPresent(name) { () throws(Failure) in
          if isBlind {
            _ = try store.references(of: name)
            return false
          }
          return try check(name, place, store, keys)
        }
        guard let isOpened else { continue }
        count += 1
        if !isOpened { unopened += 1 }
      } catch { complain(error.message) }
    }
    let bytes = store.packs.reduce(0) { $0 + $1.byteCount }
    guard faults == 0 else { throw Failure("\(path): \(faults) faults") }
    let rest =
      unopened == 0
      ? "" : "; \(unopened) of the snapshots are sealed and were not opened: say --identity FILE"
    return "\(path): whole, \(count) snapshots, \(store.packs.count) packs, \(bytes) bytes\(rest)"
  }

  /// - Returns: `false` for a sealed snapshot in a store that is not, which none of the keys opens.
  private static func check(
    _ name: String, _ place: StorePath, _ store: SnapshotStore, _ keys: SealKeys
  ) throws(Failure) -> Bool {
    let snapshot = try store.snapshot(name)
    if case .whole = snapshot, keys.identities.isEmpty { return false }
    let reader = try store.reader(snapshot, place, keys)
    do throws(SnapshotError) {
      let progress = Progress("checking \(name)", of: reader.byteCount)
      try SnapshotWorkers.with { (workers) throws(SnapshotError) in
        try reader.verify(on: workers) { progress.advance(by: $0) }
      }
    } catch { throw Failure("\(place)", error) }
    if case .broken = reader.signature {
      throw Failure("\(place): \(try Provenance(reader, knownKeys: nil))")
    }
    return true
  }
}
