import HostABI
import LibOS
import Machine
import PosixHost
import Snapshot

// A checkpoint stops the guest only while its objects are captured. Its memory is in a view, which a thread
// writes while the guest runs on.

extension Picoprocess {
  /// Begins the checkpoint that `letter` requests, which is answered when it is written.
  func beginCheckpoint(for letter: Mailbox.Letter, _ settings: SnapshotSettings) {
    let start = host.now(.monotonic).totalNanoseconds
    let arena = machine.arena
    guard arena.beginView() else {
      letter.progress = .answered(
        .failed(error: "no more checkpoints of this run are possible; suspend and resume it"))
      return
    }
    do throws(SaveError) {
      let patience = Patience()
      let append = Self.appender(to: letter)
      let writing = try beginSnapshot(settings) { (bytes) throws(SaveError) in
        if patience.isOver { throw .refused(Self.givenUp) }
        try append(bytes)
      }
      try writing.capture(kernel)
      let live = BackgroundWriting(writing, wake: wake, patience) { (writing) throws(SaveError) in
        try writing.finish(guestRuns: true)
      }
      let frozen = host.now(.monotonic).totalNanoseconds - start
      arena.onViewPressure = { [unowned self] in
        live.finishSoon()
        concludeCheckpoint()
      }
      checkpoint = RunningCheckpoint(
        writing: live, letter: letter, freezingTime: start - letter.time, frozenTime: frozen,
        syscallCount: kernel.syscallCount)
    } catch {
      arena.endView()
      letter.progress = .answered(ControlAnswer(error))
    }
  }

  private static let givenUp = Failure(
    "the checkpoint was given up: the guest needs the memory that it took")

  /// Ends the checkpoint under way, if there is one, once it is written, and answers the request for it.
  func concludeCheckpoint() {
    guard let checkpoint else { return }
    self.checkpoint = nil
    do throws(SaveError) {
      let written = try checkpoint.writing.outcome()
      remember(written.base)
      checkpoint.letter.progress = .answered(
        .saved(
          snapshot: SavedSnapshot(
            written, syscallCount: checkpoint.syscallCount,
            freezingTime: checkpoint.freezingTime, frozenTime: checkpoint.frozenTime)))
    } catch { checkpoint.letter.progress = .answered(ControlAnswer(error)) }
    endView { checkpoint.writing.end() }
  }

  /// Ends the active view, which is no longer read. Its memory is freed in steps, with `endThread` after the last
  /// of them.
  func endView(_ endThread: @escaping () -> Void) {
    machine.arena.onViewPressure = nil
    machine.arena.endView()
    endingView?()
    endingView = endThread
  }

  /// Frees a part of what the last view had, at the top of the loop.
  func cleanUpAfterView() {
    guard let endingView, machine.arena.freeEnded(atMost: 256) else { return }
    endingView()
    self.endingView = nil
  }
}

/// A checkpoint under way, as the guest's thread sees it.
struct RunningCheckpoint {
  let writing: BackgroundWriting<WrittenSnapshot>
  let letter: Mailbox.Letter
  /// In nanoseconds, as in `SavedSnapshot`.
  let freezingTime: Int64
  let frozenTime: Int64
  let syscallCount: UInt64
}

extension SavedSnapshot {
  init(
    _ written: WrittenSnapshot, syscallCount: UInt64, freezingTime: Int64, frozenTime: Int64
  ) {
    self.init(
      bytes: written.byteCount, syscallCount: syscallCount, freezingTime: freezingTime,
      frozenTime: frozenTime, dumpTime: written.dumpTime, writeTime: written.writeTime,
      pages: written.pages, pagesWritten: written.pagesWritten)
  }
}
