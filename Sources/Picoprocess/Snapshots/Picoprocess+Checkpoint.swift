import HostABI
import LibOS
import Machine
import PosixHost
import Snapshot

// A checkpoint stops the guest only while its objects are captured. Its memory is in a view, which a thread
// writes while the guest runs on. Several may be under way, each of a moment of its own.

extension Picoprocess {
  /// Begins the checkpoint that `letter` requests, which is answered when it is written.
  func beginCheckpoint(for letter: Mailbox.Letter, _ settings: SnapshotSettings) {
    let start = host.now(.monotonic).totalNanoseconds
    let arena = machine.arena
    let writesBefore = arena.firstWrites.value
    guard let view = arena.beginView() else {
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
      checkpoints.append(
        RunningCheckpoint(
          writing: live, letter: letter, observer: settings.observer, view: view,
          freezingTime: start - letter.time, frozenTime: frozen,
          syscallCount: kernel.syscallCount, writesBefore: writesBefore))
      arena.onViewPressure = { [unowned self] in giveUpViews() }
    } catch {
      arena.endView(view)
      letter.progress = .answered(ControlAnswer(error))
    }
    updateEpochOfInterest()
  }

  private static let givenUp = Failure(
    "the checkpoint was given up: the guest needs the memory that it took")

  /// Ends the checkpoints that are written, and answers the requests for them.
  func concludeWrittenCheckpoints() {
    while let index = checkpoints.firstIndex(where: \.writing.isDone) {
      conclude(checkpoints.remove(at: index))
    }
  }

  /// Waits for all checkpoints under way, and ends them.
  func concludeCheckpoints() {
    while !checkpoints.isEmpty { conclude(checkpoints.removeFirst()) }
  }

  private func conclude(_ checkpoint: RunningCheckpoint) {
    do throws(SaveError) {
      let written = try checkpoint.writing.outcome()
      var base = written.base
      base.writesBefore = checkpoint.writesBefore
      bases.remember(base, for: checkpoint.observer)
      let snapshot = SavedSnapshot(
        written, syscallCount: checkpoint.syscallCount, freezingTime: checkpoint.freezingTime,
        frozenTime: checkpoint.frozenTime)
      if checkpoint.observer == .keeper { periodicCheckpoints?.note(snapshot) }
      checkpoint.letter.progress = .answered(.saved(snapshot: snapshot))
    } catch { checkpoint.letter.progress = .answered(ControlAnswer(error)) }
    endView(checkpoint.view) { checkpoint.writing.end() }
    updateEpochOfInterest()
  }

  /// Ends all views, since the guest needs their memory: their readers have some seconds to be done.
  func giveUpViews() {
    var works: [any BackgroundWork] = checkpoints.map(\.writing)
    if let round = suspension?.round { works.append(round) }
    finishSoon(works)
    concludeCheckpoints()
    if suspension?.round != nil {
      suspension?.pace.mustEnd = true
      endRound()
    }
  }

  /// Ends an active view, which is no longer read. Its memory is freed in steps, with `endThread` after the last
  /// of them.
  func endView(_ view: FrozenView, _ endThread: @escaping () -> Void) {
    machine.arena.endView(view)
    endingViews.append(endThread)
    if machine.arena.views.isEmpty { machine.arena.onViewPressure = nil }
  }

  /// Frees a part of what ended views had, at the top of the loop.
  func cleanUpAfterViews() {
    if !endingViews.isEmpty, machine.arena.freeEnded(atMost: 256) { endEndingViews() }
  }

  /// Ends the threads that read views which have ended.
  func endEndingViews() {
    for endThread in endingViews { endThread() }
    endingViews = []
  }

  /// Tells the arena since when writes are of interest to the next snapshots.
  func updateEpochOfInterest() {
    let epochs =
      checkpoints.map(\.view.epoch) + [bases.oldestEpoch, suspension?.epoch].compactMap { $0 }
    machine.arena.oldestEpochOfInterest = epochs.min()
  }
}

/// A checkpoint under way, as the guest's thread sees it.
struct RunningCheckpoint {
  let writing: BackgroundWriting<WrittenSnapshot>
  let letter: Mailbox.Letter
  let observer: SnapshotObserver
  let view: FrozenView
  /// In nanoseconds, as in `SavedSnapshot`.
  let freezingTime: Int64
  let frozenTime: Int64
  let syscallCount: UInt64
  /// First writes of pages before it.
  let writesBefore: UInt64
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
