import Machine
package import Snapshot

/// What a lazily resumed guest can't have at the moment.
///
/// A page of its snapshot can't be read, say, or a file of its root is no more the one that the snapshot knew. What
/// needs it waits until it is there again.
package final class Shortage {
  /// What may be missing.
  enum Need: Hashable {
    /// A page of the snapshot, by its number.
    case page(UInt32)
    /// A file, by its path as the guest sees it.
    case file(String)
  }

  /// Called when something can't be had, and when it is there again (nil).
  package var onChange: ((SnapshotError?) -> Void)?
  /// Called when nothing can go on without it: returns after a while.
  package var onStandstill: (() -> Void)?
  /// The first thing that can't be had, and why not; nil if there is none.
  private var missing: (need: Need, reason: SnapshotError)?

  /// Why something can't be had; nil if all can, as far as is known.
  package var failure: SnapshotError? { missing?.reason }

  /// Remembers that something can't be had. Other things may be there all the same.
  func note(_ need: Need, _ reason: SnapshotError) {
    guard missing == nil else { return }
    missing = (need, reason)
    onChange?(reason)
  }

  func noteHere(_ need: Need) {
    guard need == missing?.need else { return }
    missing = nil
    onChange?(nil)
  }

  func waitUntilWorthwhile() { onStandstill?() }
}
