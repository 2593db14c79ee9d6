import HostABI
import LibOS
import Machine
import PosixHost
import Snapshot

// A lazy resume: the guest runs as soon as its state is there. Its pages are read when it needs them, and in the
// background until all are here.

extension Picoprocess {
  /// Follows the restored guest, whose pages are still in the snapshot at `path`.
  ///
  /// - Parameter expected: what the guest is likely to need first.
  func beginLazily(_ path: String, prefetches: Bool, _ expected: WorkingSet? = nil)
    throws(SnapshotError)
  {
    guard let pages = kernel.storedPages, let shortage = kernel.shortage else { return }
    shortage.onChange = { failure in
      Console.complain(
        failure.map { "\(path): \($0); what needs this waits until it can be read" }
          ?? "\(path): what was missing can be read again")
    }
    shortage.onStandstill = { [unowned self] in standStill() }
    workingSet?.begin(pages)
    if prefetches { prefetcher = PagePrefetcher(pages.anotherReader(), wake, expected) }
    followPages()
  }

  /// Has the restored guest map pages of the snapshot at `path`, in place of reading them.
  func beginSharing(_ path: String) {
    kernel.storedPages?.shares = true
    HostProcess.exitOnBusError(
      in: machine.arena.hostAddresses, status: 125,
      "godwit: \(printable(path)): it was truncated, and the guest shares its memory with it")
  }

  /// Takes what was read in the background. Called at the top of the loop.
  func followPages() {
    guard borrowed == nil, let pages = kernel.storedPages else { return }
    if let prefetcher {
      // One batch at a time: the guest should not stop for long.
      if prefetcher.advance(machine.arena, pages, isBusy: !kernel.isIdle) {
        kernel.interrupt.raise()
      }
      if let (page, reason) = prefetcher.failure { pages.note(page, reason) }
    }
    if kernel.endStoring() { endPrefetching() }
  }

  func endPrefetching() {
    prefetcher?.end()
    prefetcher = nil
  }

  /// Waits, because the library OS needs what can't be read. Nothing of the guest can go on.
  private func standStill() {
    if let failure = kernel.shortage?.failure { serveRequests(waitingFor: failure) }
    endIfKilled()
    HostProcess.sleep(nanoseconds: 50_000_000)
  }

  /// What the guest has not got yet, and why it can't be had.
  var missingPages: MissingPages? {
    let failure = kernel.shortage?.failure ?? borrowingFailure
    guard kernel.storedPages != nil || failure != nil else { return nil }
    return MissingPages(
      bytes: machine.arena.storedFrameCount * Page.size, failure: failure.map { "\($0)" },
      migration: borrowed?.memory.migration)
  }
}

/// Memory of a resumed guest that is still in its snapshot, or in files of its root.
package struct MissingPages: Sendable, Hashable, Codable {
  package var bytes: Int
  /// Why it can't be read at the moment; nil if it can.
  package var failure: String?
  /// The migration that brought the guest here without it, in hexadecimal digits; nil: it is in a snapshot.
  package var migration: String?
}
