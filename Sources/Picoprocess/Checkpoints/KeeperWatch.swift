import PosixHost
import Synchronization

/// Notices that the keeper has ended, and has the guest's thread see to it.
final class KeeperWatch {
  private final class Shared: Sendable {
    let hasEnded = Atomic(false)
    let isNoted = Atomic(false)
  }

  private let shared = Shared()

  init(_ keeper: Companion, _ wake: Wake) {
    let shared = shared
    let end = keeper.end
    HostThread {
      end.wait()
      shared.hasEnded.store(true, ordering: .releasing)
      // Again and again: the guest's thread may miss a call as it begins to execute or to wait.
      while !shared.isNoted.load(ordering: .acquiring) {
        wake.call()
        HostProcess.sleep(nanoseconds: 1_000_000)
      }
    }.detach()
  }

  /// Whether the keeper has ended.
  var hasEnded: Bool { shared.hasEnded.load(ordering: .acquiring) }

  deinit { note() }

  /// Ends the calls for the guest's thread.
  func note() { shared.isNoted.store(true, ordering: .releasing) }
}
