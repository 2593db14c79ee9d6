import Machine

/// What the engine must know about the ISA it emulates.
protocol Processor: AnyObject {
  var hwcaps: HardwareCapabilities { get }

  /// Unicorn's number of the program counter, stack pointer, thread pointer and result register.
  var programCounter: Int32 { get }
  var stackPointer: Int32 { get }
  var threadPointer: Int32 { get }
  var result: Int32 { get }

  /// The system call's number and arguments, then the program counter.
  var syscall: [Int32] { get }

  /// Puts the processor in the state in which Linux runs a program.
  func enterUserMode(_ engine: UnicornEngine) throws(EngineError)

  func registers(_ emulator: Emulator) -> RegisterFile
  func setRegisters(_ registers: RegisterFile, _ emulator: Emulator)

  /// What interrupt `number`, raised by the guest, means.
  func exit(_ number: UInt32, _ engine: UnicornEngine) -> Exit

  /// The address that an access to `address` really goes to.
  func untagged(_ address: UInt64) -> UInt64
}
