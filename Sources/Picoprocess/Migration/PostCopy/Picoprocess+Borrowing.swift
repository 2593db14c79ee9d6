import LibOS
import LinuxABI
import Machine
import PosixHost
import Snapshot

// The holder's part of a post-copy: the guest runs, and its pages come when it needs them, and one after the other.

extension Picoprocess {
  /// Follows the restored guest, whose pages are still on the machine that it came from.
  ///
  /// - Parameter reader: the state, and the few pages that came with it.
  func beginBorrowing(_ memory: BorrowedMemory, _ reader: SnapshotReader) throws(SnapshotError) {
    guard kernel.storedPages != nil else { return }
    kernel.shortage?.onStandstill = { [unowned self] in standStillBorrowing() }
    try loadCarriedPages(reader, above: memory.limit)
    borrowed = BorrowedFrames(memory, machine.arena)
    exchange.memory = .borrowed(memory)
    // It may have left nothing behind.
    _ = kernel.endStoring()
  }

  private func loadCarriedPages(_ reader: SnapshotReader, above limit: UInt32)
    throws(SnapshotError)
  {
    var bytes = [UInt8](repeating: 0, count: Page.size)
    for run in machine.arena.storedRuns {
      for page in run.pages.clamped(to: limit + 1..<UInt32.max) {
        try bytes.withMutableRawSpan { (span) throws(SnapshotError) in
          try reader.page(PageReference(rawValue: UInt64(page)), into: &span)
        }
        bytes.withRawSpan { machine.arena.deliver($0, of: page, to: run.frame(of: page)) }
      }
    }
  }

  /// Puts what has come in its place. Called at the top of the loop.
  func followBorrowedPages() {
    guard borrowed != nil else { return }
    if deliverBorrowedPages() { kernel.pageWaiters.wake() }
    // The last ones may have come in the middle of a call, or nobody needs them any more.
    if kernel.storedPages != nil { _ = kernel.endStoring() }
  }

  /// - Returns: whether something has come.
  private func deliverBorrowedPages() -> Bool {
    guard let borrowed else { return false }
    let (some, more) = borrowed.deliver(to: machine.arena)
    // The guest should not stop for long.
    if more { kernel.interrupt.raise() }
    return some
  }

  /// Waits, because the library OS needs a page in the middle of a call. Nothing of the guest can go on.
  private func standStillBorrowing() {
    if deliverBorrowedPages() { return }
    if let failure = kernel.shortage?.failure ?? borrowingFailure {
      serveRequests(waitingFor: failure)
    } else {
      // All else can wait: pages come.
      while let letter = mailbox.take(where: { $0 == .info || $0 == Self.killing }) {
        if letter.request == .info {
          letter.progress = .answered(.running(picoprocess: info))
        } else {
          kill(Signal.SIGKILL.rawValue, for: letter)
        }
      }
    }
    endIfKilled()
    HostProcess.sleep(nanoseconds: 500_000)
  }

  private static let killing = ControlRequest.kill(signal: Signal.SIGKILL.rawValue)

  /// Why borrowed pages do not come; nil if they do, or if all are here.
  var borrowingFailure: SnapshotError? {
    guard kernel.storedPages != nil, let failure = borrowed?.memory.failure else { return nil }
    return .refused(failure)
  }

  /// Whether a snapshot has to wait, since pages of the guest are still to come.
  var snapshotsWaitForPages: Bool {
    borrowed != nil && kernel.storedPages != nil && borrowingFailure == nil
  }

  /// Answers a request for a snapshot that can't be had, since pages of the guest do not come.
  ///
  /// - Returns: whether that is so.
  func refusesSnapshot(_ letter: Mailbox.Letter) -> Bool {
    guard let failure = borrowingFailure else { return false }
    letter.progress = .answered(.failed(error: "\(SnapshotError.missingPage(failure))"))
    return true
  }
}
