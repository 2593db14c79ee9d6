import CUnicorn
import Synchronization

/// Asks an engine to stop, from any thread. It may outlive the engine.
package final class StopToken: Sendable {
  private let isRequested = Atomic<Bool>(false)
  /// The address of the Unicorn instance; 0 when there is none (any more).
  private let instance = Mutex<UInt>(0)

  init() {}

  /// Makes the current or next `run` of the engine return `.stopped` soon.
  package func request() {
    isRequested.store(true, ordering: .releasing)
    instance.withLock { address in
      // SAFETY: the instance lives while the address is set: `detach` comes first and takes the same
      // lock. Unicorn allows this call, and no other, beside a running uc_emu_start.
      if let handle = unsafe OpaquePointer(bitPattern: address) { _ = unsafe uc_emu_stop(handle) }
    }
  }

  /// Whether a stop was asked for since the last call.
  func take() -> Bool {
    guard isRequested.load(ordering: .relaxed) else { return false }
    return isRequested.exchange(false, ordering: .acquiring)
  }

  func attach(_ emulator: Emulator) {
    let address = unsafe UInt(bitPattern: emulator.handle)
    instance.withLock { $0 = address }
  }

  func detach() { instance.withLock { $0 = 0 } }
}
