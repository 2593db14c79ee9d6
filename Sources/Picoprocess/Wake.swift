import LibOS
import Synchronization
import PosixHost

/// Makes the picoprocess's thread return to the top of its loop; called from other threads.
final class Wake: Sendable {
  private struct Target {
    var interrupt: InterruptToken
    var stop: StopSwitch
  }

  private let target = Mutex<Target?>(nil)
  private let waker: Waker

  init(_ host: PosixHost) { waker = host.waker }

  /// Targets `machine` from now on.
  func aim(at machine: GuestMachine) {
    let new = Target(interrupt: machine.kernel.interrupt, stop: machine.kernel.stopSwitch)
    target.withLock { $0 = new }
  }

  /// Ends a wait, or the guest's execution. To be repeated until it has had an effect: an execution that is
  /// just starting may miss it.
  func call() {
    target.withLock { target in
      target?.interrupt.raise()
      target?.stop.call()
    }
    waker.wake()
  }
}
