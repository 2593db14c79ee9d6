import Synchronization

/// Counts first writes of pages in an epoch, for other threads to read: from the moment when an epoch begins it grows by the
/// pages that are written in it.
package final class WriteCount: Sendable {
  private let count = Atomic<UInt64>(0)

  init() {}

  func add() { count.add(1, ordering: .relaxed) }

  package var value: UInt64 { count.load(ordering: .relaxed) }
}
