package import Machine
import Synchronization

/// What executes programs of one guest ISA, and the calls they may make. All Linux processes of the ISA share one, and
/// all guests of the host ABI another, with the same engine.
package final class GuestProcessor {
  package let engine: any Engine
  package let syscalls: SyscallTable
  /// Its programs make the calls of the host ABI, not Linux's.
  package let isNative: Bool
  package var isa: GuestISA { engine.isa }

  /// - Parameter rows: calls besides Linux's.
  init(_ engine: any Engine, adding rows: [SyscallRow]) {
    self.engine = engine
    isNative = false
    syscalls = SyscallTable(isa: engine.isa, adding: rows)
  }

  /// For guests of the host ABI.
  init(native engine: any Engine) {
    self.engine = engine
    isNative = true
    syscalls = .native
  }
}

/// The engine's `requestStop`, the one call that other threads may make on it.
package struct EngineStop: Sendable {
  package let call: @Sendable () -> Void
  package init(_ call: @escaping @Sendable () -> Void) { self.call = call }
}

/// Stops whichever engine of the picoprocess is running. Callable from any thread.
package final class StopSwitch: Sendable {
  private let stops = Mutex<[EngineStop]>([])

  func add(_ stop: EngineStop) { stops.withLock { $0.append(stop) } }

  package func call() { stops.withLock { for stop in $0 { stop.call() } } }
}
