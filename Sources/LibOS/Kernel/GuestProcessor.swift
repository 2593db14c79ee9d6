package import Machine
import Synchronization

/// What executes programs of one guest ISA, and the calls they may make. All processes of the ISA
/// share it.
package final class GuestProcessor {
  package let engine: any Engine
  package let syscalls: SyscallTable
  package var isa: GuestISA { engine.isa }

  /// - Parameter rows: calls besides Linux's.
  init(_ engine: any Engine, adding rows: [SyscallRow]) {
    self.engine = engine
    syscalls = SyscallTable(isa: engine.isa, adding: rows)
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
