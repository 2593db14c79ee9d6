import LibOS
import Machine
import Snapshot

/// Who takes snapshots of a picoprocess one after the other, each of which may be an increment to the one before.
package struct SnapshotObserver: RawRepresentable, Sendable, Hashable, Codable {
  package let rawValue: String

  package init(rawValue: String) { self.rawValue = rawValue }

  /// Whoever runs `godwit checkpoint` and `godwit suspend`.
  static let user = SnapshotObserver(rawValue: "user")
  /// The process that takes the checkpoints of `--checkpoint-every`.
  static let keeper = SnapshotObserver(rawValue: "keeper")

  private static let copyPrefix = "copy at "

  /// Whoever has another machine keep a copy of the guest.
  static func copy(at peer: String) -> SnapshotObserver {
    SnapshotObserver(rawValue: copyPrefix + peer)
  }

  fileprivate var isOfCopy: Bool { rawValue.hasPrefix(Self.copyPrefix) }

  /// How many of its checkpoints may be under way at once; all together no more than there can be views.
  var checkpointLimit: Int { self == .user ? 4 : 1 }
}

/// The last snapshot of each observer. What one of them takes does not disturb the chains of the others.
///
/// A base costs about 32 bytes for each page of its chain, so there are none for those who took no snapshot.
struct SnapshotBases {
  private var bases: [SnapshotObserver: SnapshotBase] = [:]

  /// Machines whose copies may be increments. Those of others begin anew.
  private static let copyLimit = 4

  subscript(observer: SnapshotObserver) -> SnapshotBase? { bases[observer] }

  /// Of two snapshots that were written at the same time, the one of the later moment is the last.
  mutating func remember(_ base: SnapshotBase, for observer: SnapshotObserver) {
    if let last = bases[observer], last.known.epoch > base.known.epoch { return }
    bases[observer] = base
    let oldest = copies.min { $0.value.known.epoch < $1.value.known.epoch }
    if copies.count > Self.copyLimit, let oldest { bases[oldest.key] = nil }
  }

  private var copies: [SnapshotObserver: SnapshotBase] { bases.filter { $0.key.isOfCopy } }

  /// The copies that other machines have been sent.
  ///
  /// - Parameter writes: first writes of pages by now.
  func sentCopies(_ writes: UInt64) -> [SentCopy] {
    copies.map { observer, base in
      SentCopy(
        observer: observer, digest: base.contentDigest.description,
        pagesWritten: writes - min(writes, base.writesBefore))
    }
  }

  /// The observer will take no more increments.
  mutating func forget(_ observer: SnapshotObserver) { bases[observer] = nil }

  /// Since when writes are of interest to an increment; nil: there will be none.
  var oldestEpoch: Epoch? { bases.values.map(\.known.epoch).min() }
}
