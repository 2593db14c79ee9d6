import LibOS
import Synchronization
import PosixHost

/// Brings the picoprocess's thread to the top of its loop, from any other thread.
final class Wake: Sendable {
  private struct Target {
    var interrupt: InterruptToken
    var stop: StopSwitch
  }

  private let target = Mutex<Target?>(nil)
  private let waker: Waker

  init(_ host: PosixHost) { waker = host.waker }

  /// Aims at `machine` from now on.
  func aim(at machine: GuestMachine) {
    let new = Target(interrupt: machine.kernel.interrupt, stop: machine.kernel.stopSwitch)
    target.withLock { $0 = new }
  }

  /// Ends a wait, or the guest's turn. To be repeated until it has shown effect: a turn that just
  /// begins may miss it.
  func call() {
    target.withLock { target in
      target?.interrupt.raise()
      target?.stop.call()
    }
    waker.wake()
  }
}
