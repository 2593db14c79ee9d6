import Snapshot
import Synchronization

/// How far the writing of a snapshot has come, for a client that wants to know.
final class PageCount: Sendable {
  private let done = Atomic<UInt64>(0)
  private let total = Atomic<UInt64>(0)

  /// - Parameter pages: to be written besides those that are.
  func expect(_ pages: UInt64) {
    total.store(done.load(ordering: .relaxed) + pages, ordering: .relaxed)
  }

  func add(_ pages: Int) { done.add(UInt64(pages), ordering: .relaxed) }

  /// In bytes; the total is 0 before the first page.
  var answer: ControlAnswer {
    let total = total.load(ordering: .relaxed)
    let size = UInt64(Page.size)
    return .progress(done: done.load(ordering: .relaxed) * size, total: total * size)
  }
}
