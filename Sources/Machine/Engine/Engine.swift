/// A processor that executes guest instructions of one ISA over an `AddressSpace`.
///
/// An engine runs on the picoprocess's one thread; only `requestStop()` may come from another. It
/// holds the registers of exactly one guest thread at a time; `save` and `restore` change which.
package protocol Engine: AnyObject {
  var isa: GuestISA { get }

  /// What programs are told about the processor: nothing that the engine does not execute.
  var hwcaps: HardwareCapabilities { get }

  /// Runs guest instructions in `space` until something needs the library OS.
  ///
  /// Before the first instruction the engine honours `space.tlbVersion` (edits since the last run
  /// invalidate its TLB) and `arena.takeStaleCodeFrames(_:)` (their translations are dropped).
  func run(in space: AddressSpace) -> Exit

  /// The same, for at most `budget` guest instructions; `.stopped` when they are done. They are counted
  /// exactly: the same on every host, and however often something interrupts them.
  ///
  /// - Parameter budget: what the guest executed is taken off.
  /// - Parameter time: what counters that programs can read (time stamp counter, CNTVCT) show at first, in
  ///   nanoseconds. They go on by one for each instruction.
  func run(in space: AddressSpace, budget: inout UInt64, time: Int64) -> Exit

  /// Forgets an exclusive load (AArch64's local monitor), as a switch of threads does.
  func clearExclusive()

  /// Lets go of `space`, which its process has left: its memory shall be free at once.
  func leave(_ space: AddressSpace)

  /// What the counters show that programs can read (time stamp counter, CNTVCT), in nanoseconds. It is
  /// asked while the guest runs. `nil`: they are the host's.
  var counterTime: (() -> Int64)? { get set }

  /// Makes the current or next `run` return `.stopped` soon. Callable from any thread.
  ///
  /// A request that arrives between two runs may be lost: the caller repeats it until answered.
  func requestStop()

  /// Whether `run` returns `.paused` behind an instruction for loops that wait: PAUSE of x86-64, YIELD
  /// and WFE of AArch64. Otherwise they do nothing.
  var stopsAtPause: Bool { get set }

  /// The whole register file of the thread that is loaded.
  var registers: RegisterFile { get set }

  var programCounter: UInt64 { get set }
  var stackPointer: UInt64 { get set }
  /// fs base or tpidr_el0.
  var threadPointer: UInt64 { get set }

  /// The number and six arguments of the system call that `run` stopped at, read in one batch.
  func syscallFrame() -> SyscallFrame

  /// Puts a system call's result where the ISA returns it (rax, x0).
  func setSyscallResult(_ value: UInt64)

  /// Remembers the loaded thread's registers in `context`.
  func save(to context: any EngineContext)

  /// Loads the registers that `save` left in `context`.
  func restore(from context: any EngineContext)

  /// A place for one thread's registers, only meaningful to this engine and this process.
  func makeContext() -> any EngineContext

  /// What the engine counted since it was made.
  var statistics: EngineStatistics { get }
}

extension Engine {
  package func leave(_ space: AddressSpace) {}

  package var stopsAtPause: Bool {
    get { false }
    set {}
  }
}

/// Registers of a thread that is not loaded, in the engine's own form. Never a file format.
package protocol EngineContext: AnyObject {}

/// A system call as the guest's registers state it.
package struct SyscallFrame: Sendable {
  package var number: UInt64
  package var arguments: InlineArray<6, UInt64>

  package init(number: UInt64, arguments: InlineArray<6, UInt64>) {
    self.number = number
    self.arguments = arguments
  }
}

/// Counters for `--stats`.
package struct EngineStatistics: Sendable {
  package var runs: UInt64 = 0
  package var tlbFills: UInt64 = 0
  package var tlbFlushes: UInt64 = 0
  package init() {}
}
