import LibOS
import Machine
import Snapshot

/// Who takes snapshots of a picoprocess one after the other, each of which may be an increment to the one before.
package enum SnapshotObserver: String, Sendable, Hashable, Codable, CaseIterable {
  /// Whoever runs `godwit checkpoint` and `godwit suspend`.
  case user
  /// The process that takes the checkpoints of `--checkpoint-every`.
  case keeper

  /// How many of its checkpoints may be under way at once; all together no more than there can be views.
  var checkpointLimit: Int {
    switch self {
    case .user: 4
    case .keeper: 1
    }
  }
}

/// The last snapshot of each observer. What one of them takes does not disturb the chains of the others.
///
/// A base costs about 32 bytes for each page of its chain, so there are none for those who took no snapshot.
struct SnapshotBases {
  private var bases: [SnapshotObserver: SnapshotBase] = [:]

  subscript(observer: SnapshotObserver) -> SnapshotBase? { bases[observer] }

  /// Of two snapshots that were written at the same time, the one of the later moment is the last.
  mutating func remember(_ base: SnapshotBase, for observer: SnapshotObserver) {
    if let last = bases[observer], last.known.epoch > base.known.epoch { return }
    bases[observer] = base
  }

  /// The observer will take no more increments.
  mutating func forget(_ observer: SnapshotObserver) { bases[observer] = nil }

  /// Since when writes are of interest to an increment; nil: there will be none.
  var oldestEpoch: Epoch? { bases.values.map(\.known.epoch).min() }
}
