import HostABI
import PosixHost
import Synchronization

/// Work that another thread does, whatever its outcome.
protocol BackgroundWork {
  var isDone: Bool { get }
  /// Has what is not done given up soon.
  func giveUp()
}

/// Waits for some seconds until all is done, and then has the rest given up.
func finishSoon(_ works: [any BackgroundWork]) {
  for _ in 0..<2_000 where !works.allSatisfy(\.isDone) {
    HostProcess.sleep(nanoseconds: 1_000_000)
  }
  for work in works { work.giveUp() }
}

/// Work on a snapshot that a thread of its own does while the guest runs on, from a view of its memory.
final class BackgroundWriting<Outcome: Sendable>: BackgroundWork {
  /// What both threads use.
  private final class Shared: Sendable {
    let outcome = Mutex<Result<Outcome, SaveError>?>(nil)
    let isConcluded = Atomic(false)
  }

  /// An object that the thread alone uses until the outcome is there.
  private struct Handed: @unchecked Sendable { let writing: SnapshotWriting }

  private let thread: HostThread
  private let shared = Shared()
  private let patience: Patience

  /// Starts the work. Its view must be active, and must stay so until `outcome` returns.
  ///
  /// - Parameter patience: tells `work` when the guest can wait no longer.
  init(
    _ writing: SnapshotWriting, wake: Wake, _ patience: Patience,
    _ work: @escaping @Sendable (SnapshotWriting) throws(SaveError) -> Outcome
  ) {
    let handed = Handed(writing: writing)
    let shared = shared
    self.patience = patience
    thread = HostThread {
      let result: Result<Outcome, SaveError>
      do throws(SaveError) { result = .success(try work(handed.writing)) } catch {
        result = .failure(error)
      }
      shared.outcome.withLock { $0 = result }
      // Again and again: the guest's thread may miss a call as it begins to execute or to wait, and cleans up
      // in steps.
      while !shared.isConcluded.load(ordering: .acquiring) {
        wake.call()
        HostProcess.sleep(nanoseconds: 1_000_000)
      }
    }
  }

  var isDone: Bool { shared.outcome.withLock { $0 != nil } }

  func giveUp() { patience.end() }

  /// Waits until it is done or has failed. Afterwards the thread calls for the guest's thread to clean up, every
  /// millisecond until `end`.
  func outcome() throws(SaveError) -> Outcome {
    while true {
      if let outcome = shared.outcome.withLock({ $0 }) { return try outcome.get() }
      HostProcess.sleep(nanoseconds: 1_000_000)
    }
  }

  /// Ends the thread.
  func end() {
    shared.isConcluded.store(true, ordering: .releasing)
    thread.join()
  }
}

/// How long the guest can bear that a view keeps memory from it.
final class Patience: Sendable {
  private let isEnded = Atomic(false)

  var isOver: Bool { isEnded.load(ordering: .acquiring) }

  func end() { isEnded.store(true, ordering: .releasing) }
}
