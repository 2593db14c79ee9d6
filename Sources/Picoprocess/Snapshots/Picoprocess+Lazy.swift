import HostABI
import LibOS
import Machine
import PosixHost
import Snapshot

// A lazy resume: the guest runs as soon as its state is there. Its pages are read when it needs them, and in the
// background until all are here.

extension Picoprocess {
  /// Follows the restored guest, whose pages are still in the snapshot at `path`.
  func beginLazily(_ path: String, prefetches: Bool) throws(SnapshotError) {
    guard let pages = kernel.storedPages else { return }
    pages.onChange = { failure in
      Console.complain(
        failure.map { "\(path): \($0); what needs this page waits until it can be read" }
          ?? "\(path): the page can be read again")
    }
    pages.onStandstill = { [unowned self] in standStill() }
    if prefetches { prefetcher = PagePrefetcher(pages.anotherReader(), wake) }
    followPages()
  }

  /// Takes what was read in the background. Called at the top of the loop.
  func followPages() {
    guard let pages = kernel.storedPages else { return }
    if let prefetcher {
      // One batch at a time: the guest should not stop for long.
      if prefetcher.advance(machine.arena, pages) { kernel.interrupt.raise() }
      if let (page, reason) = prefetcher.failure { pages.note(page, reason) }
    }
    if kernel.endStoring() { endPrefetching() }
  }

  func endPrefetching() {
    prefetcher?.end()
    prefetcher = nil
  }

  /// Waits, because the library OS needs a page that can't be read. Nothing of the guest can go on.
  private func standStill() {
    if let failure = kernel.storedPages?.failure { serveRequests(waitingFor: failure) }
    HostProcess.sleep(nanoseconds: 50_000_000)
  }

  /// The pages that are still in the snapshot, and why they can't be read.
  var missingPages: MissingPages? {
    guard let pages = kernel.storedPages else { return nil }
    return MissingPages(
      bytes: machine.arena.storedFrameCount * Page.size,
      failure: pages.failure.map { "\($0)" })
  }
}

/// Memory of a resumed guest that is still in its snapshot.
package struct MissingPages: Sendable, Hashable, Codable {
  package var bytes: Int
  /// Why it can't be read at the moment; nil if it can.
  package var failure: String?
}
