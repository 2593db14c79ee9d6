import LinuxABI
import Machine

/// An engine without a processor: it holds registers, and "runs" by doing the steps of a script.
final class FakeEngine: Engine {
  typealias Step = (FakeEngine) -> Exit

  final class Context: EngineContext {
    var registers: RegisterFile
    init(_ isa: GuestISA) { registers = RegisterFile(isa: isa) }
  }

  let isa: GuestISA
  var registers: RegisterFile
  var script: [Step] = []
  /// Called when the script is at its end.
  var onEnd: () -> Void = {}
  var statistics = EngineStatistics()
  var hwcaps: HardwareCapabilities { HardwareCapabilities() }

  init(isa: GuestISA) {
    self.isa = isa
    registers = RegisterFile(isa: isa)
  }

  func run(in space: AddressSpace) -> Exit {
    guard !script.isEmpty else {
      onEnd()
      return .stopped
    }
    return script.removeFirst()(self)
  }

  /// Each step is an instruction.
  func run(in space: AddressSpace, budget: inout UInt64, time: Int64) -> Exit {
    guard budget > 0 else { return .stopped }
    budget -= 1
    return run(in: space)
  }

  func clearExclusive() {}

  var counterTime: (() -> Int64)?

  func requestStop() {}

  var programCounter: UInt64 {
    get { registers.programCounter }
    set { registers.programCounter = newValue }
  }
  var stackPointer: UInt64 {
    get { registers.stackPointer }
    set { registers.stackPointer = newValue }
  }
  var threadPointer: UInt64 {
    get { registers.threadPointer }
    set { registers.threadPointer = newValue }
  }

  func syscallFrame() -> SyscallFrame {
    var arguments = InlineArray<6, UInt64>(repeating: 0)
    for index in 0..<6 { arguments[index] = registers.syscallArgument(index) }
    return SyscallFrame(number: registers.syscallNumber, arguments: arguments)
  }

  func setSyscallResult(_ value: UInt64) { registers.syscallResult = value }

  func save(to context: any EngineContext) { (context as! Context).registers = registers }
  func restore(from context: any EngineContext) { registers = (context as! Context).registers }
  func makeContext() -> any EngineContext { Context(isa) }

  /// Executes the system-call instruction with these registers.
  static func syscall(_ number: Int, _ arguments: [UInt64] = []) -> Step {
    { engine in
      engine.registers.syscallNumber = UInt64(number)
      for (index, value) in arguments.enumerated() {
        engine.registers.setSyscallArgument(index, value)
      }
      engine.programCounter &+= engine.isa.syscallInstructionLength
      return .syscall
    }
  }

  /// Executes the system-call instruction with the registers as they are: a restarted call.
  static let syscallAgain: @Sendable (FakeEngine) -> Exit = { engine in
    engine.programCounter &+= engine.isa.syscallInstructionLength
    return .syscall
  }
}
