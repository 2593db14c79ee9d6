/// A processor that executes guest instructions of one ISA over an `AddressSpace`.
///
/// An engine runs on the picoprocess's thread; only `requestStop()` may be called from others. It holds the
/// registers of one guest thread at a time; `save` and `restore` switch threads.
package protocol Engine: AnyObject {
  var isa: GuestISA { get }

  /// What programs are told about the processor: only features that the engine executes.
  var hwcaps: HardwareCapabilities { get }

  /// Executes guest instructions in `space` until the library OS is needed.
  ///
  /// Before the first instruction the engine honours `space.tlbVersion` (edits since the last run
  /// invalidate its TLB) and `arena.takeStaleCodeFrames(_:)` (their translations are dropped).
  func run(in space: AddressSpace) -> Exit

  /// The same, for at most `budget` guest instructions; `.stopped` when these are used up. They are counted
  /// exactly: the count depends neither on the host nor on interruptions.
  ///
  /// - Parameter budget: reduced by the number of executed instructions.
  /// - Parameter time: the initial value, in nanoseconds, of the counters that programs can read (time stamp
  ///   counter, CNTVCT, `time`). They advance by one nanosecond per instruction.
  func run(in space: AddressSpace, budget: inout UInt64, time: Int64) -> Exit

  /// Clears the exclusive monitor (AArch64) or the reservation (RISC-V), as a context switch does.
  func clearExclusive()

  /// Releases `space`, which its process has left, so that its memory is freed at once.
  func leave(_ space: AddressSpace)

  /// Returns the value of the counters that programs can read (time stamp counter, CNTVCT, `time`), in nanoseconds.
  /// Called while the guest runs. `nil`: the host's counters.
  var counterTime: (() -> Int64)? { get set }

  /// Makes the current or next `run` return `.stopped` soon. May be called from any thread.
  ///
  /// A request between two runs may be lost, so the caller must repeat it until it has an effect.
  func requestStop()

  /// Whether `run` returns `.paused` after a spin-loop hint: PAUSE on x86-64, YIELD and WFE on AArch64.
  /// Otherwise these do nothing.
  var stopsAtPause: Bool { get set }

  /// Whether the loaded thread may not read the time stamp counter (x86-64): its registers have that, too.
  var forbidsTimeStamps: Bool { get set }

  /// The register file of the loaded thread.
  var registers: RegisterFile { get set }

  var programCounter: UInt64 { get set }
  var stackPointer: UInt64 { get set }
  /// fs base, tpidr_el0 or tp.
  var threadPointer: UInt64 { get set }

  /// The number and six arguments of the system call that `run` stopped at, read in one batch.
  func syscallFrame() -> SyscallFrame

  /// Stores a system call's result in the ISA's result register (rax, x0, a0).
  func setSyscallResult(_ value: UInt64)

  /// Saves the loaded thread's registers in `context`.
  func save(to context: any EngineContext)

  /// Loads the registers that `save` stored in `context`.
  func restore(from context: any EngineContext)

  /// Makes a place for one thread's registers, valid only for this engine in this process.
  func makeContext() -> any EngineContext

  /// The engine's counters since it was made.
  var statistics: EngineStatistics { get }
}

extension Engine {
  package func leave(_ space: AddressSpace) {}

  package var stopsAtPause: Bool {
    get { false }
    set {}
  }

  package var forbidsTimeStamps: Bool {
    get { false }
    set {}
  }
}

/// Registers of a thread that is not loaded, in the engine's own form. Never a file format.
package protocol EngineContext: AnyObject {}

/// A system call, from the guest's registers.
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
