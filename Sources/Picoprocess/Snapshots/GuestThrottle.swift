import PosixHost
import Synchronization

/// Slows a guest that writes its memory faster than a link carries it: the guest's thread is held for a part of each
/// slice of time. The guest's clocks go on.
final class GuestThrottle {
  private let isEnding: Ending
  private let thread: HostThread
  /// The share of time, in percent, that the guest is held.
  var share = 0
  /// When the guest is held next, on the host's monotonic clock.
  private var next: Int64 = 0

  private final class Ending: Sendable {
    let isDue = Atomic(false)
  }

  /// Nanoseconds that the guest runs between two holds.
  private static let slice: Int64 = 10_000_000

  /// Calls for the guest's thread once a slice.
  init(_ wake: Wake) {
    let isEnding = Ending()
    self.isEnding = isEnding
    thread = HostThread {
      while !isEnding.isDue.load(ordering: .acquiring) {
        wake.call()
        HostProcess.sleep(nanoseconds: GuestThrottle.slice)
      }
    }
  }

  deinit {
    isEnding.isDue.store(true, ordering: .releasing)
    thread.join()
  }

  /// Called by the guest's thread, at the top of its loop.
  func hold() {
    guard share > 0, HostProcess.monotonicTime >= next else { return }
    HostProcess.sleep(nanoseconds: Self.slice * Int64(share) / Int64(100 - share))
    next = HostProcess.monotonicTime + Self.slice
  }
}
