package import Machine

/// A processor that never runs: for a kernel that is built only to see whether it can be.
package final class RestingEngine: Engine {
  private final class Context: EngineContext {}

  package let isa: GuestISA
  package var registers: RegisterFile
  package var counterTime: (() -> Int64)?
  package let hwcaps = HardwareCapabilities()
  package let statistics = EngineStatistics()

  package init(isa: GuestISA) {
    self.isa = isa
    registers = RegisterFile(isa: isa)
  }

  package func run(in space: AddressSpace) -> Exit { .stopped }

  package func run(in space: AddressSpace, budget: inout UInt64, time: Int64) -> Exit { .stopped }

  package func clearExclusive() {}

  package func requestStop() {}

  package var programCounter: UInt64 {
    get { registers.programCounter }
    set { registers.programCounter = newValue }
  }

  package var stackPointer: UInt64 {
    get { registers.stackPointer }
    set { registers.stackPointer = newValue }
  }

  package var threadPointer: UInt64 {
    get { registers.threadPointer }
    set { registers.threadPointer = newValue }
  }

  package func syscallFrame() -> SyscallFrame {
    SyscallFrame(number: 0, arguments: InlineArray(repeating: 0))
  }

  package func setSyscallResult(_ value: UInt64) {}

  // Nobody asks for what was put away.
  package func makeContext() -> any EngineContext { Context() }

  package func save(to context: any EngineContext) {}

  package func restore(from context: any EngineContext) {}
}
