import HostABI
import PosixHost
import Synchronization

/// A checkpoint that a thread of its own writes while the guest runs on.
final class LiveCheckpoint {
  /// What both threads use.
  private final class Shared: Sendable {
    let outcome = Mutex<Result<WrittenSnapshot, SaveError>?>(nil)
    let isGivenUp = Atomic(false)
    let isConcluded = Atomic(false)
  }

  /// An object that the thread alone uses from now on.
  private struct Handed: @unchecked Sendable { let writing: SnapshotWriting }

  private let thread: HostThread
  private let shared: Shared

  /// Starts to write a snapshot. A view must be active, and must stay so until `outcome` returns.
  ///
  /// - Parameter capture: captures the state, to be written with the given function.
  init(
    wake: Wake, write: @escaping (RawSpan) throws(SaveError) -> Void,
    capture: (@escaping (RawSpan) throws(SaveError) -> Void) throws(SaveError) -> SnapshotWriting
  ) throws(SaveError) {
    let shared = Shared()
    self.shared = shared
    let writing = try capture { (bytes) throws(SaveError) in
      if shared.isGivenUp.load(ordering: .acquiring) { throw .refused(Self.givenUp) }
      try write(bytes)
    }
    let handed = Handed(writing: writing)
    thread = HostThread {
      let result: Result<WrittenSnapshot, SaveError>
      do throws(SaveError) { result = .success(try handed.writing.finish()) } catch {
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

  private static let givenUp = Failure(
    "the checkpoint was given up: the guest needs the memory that it took")

  var isWritten: Bool { shared.outcome.withLock { $0 != nil } }

  /// Waits for some seconds until it is written, and then gives it up.
  func finishSoon() {
    for _ in 0..<2_000 where !isWritten { HostProcess.sleep(nanoseconds: 1_000_000) }
    shared.isGivenUp.store(true, ordering: .releasing)
  }

  /// Waits until it is written or has failed. Afterwards the thread calls for the guest's thread to clean up,
  /// every millisecond until `end`.
  func outcome() throws(SaveError) -> WrittenSnapshot {
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
