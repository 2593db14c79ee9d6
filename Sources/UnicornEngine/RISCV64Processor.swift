import CUnicorn
import Machine

/// RISC-V as Linux presents it to a program: RV64GC in user mode, counters readable.
final class RISCV64Processor: Processor {
  let programCounter = Int32(UC_RISCV_REG_PC.rawValue)
  let stackPointer = Int32(UC_RISCV_REG_X2.rawValue)
  let threadPointer = Int32(UC_RISCV_REG_X4.rawValue)
  let result = Int32(UC_RISCV_REG_X10.rawValue)

  let syscall = [
    UC_RISCV_REG_X17, UC_RISCV_REG_X10, UC_RISCV_REG_X11, UC_RISCV_REG_X12, UC_RISCV_REG_X13,
    UC_RISCV_REG_X14, UC_RISCV_REG_X15, UC_RISCV_REG_PC,
  ].map { Int32($0.rawValue) }
  private let file = RISCV64RegisterFile()

  /// The extensions, by their letters: the bits of `AT_HWCAP` count from A (`asm/hwcap.h`).
  let hwcaps = HardwareCapabilities(
    hwcap: RISCV64Processor.features.reduce(0) { $0 | 1 << $1.bit })

  static let features: [(bit: UInt64, name: String)] = "imafdc".map {
    (UInt64($0.asciiValue! - UInt8(ascii: "a")), String($0))
  }

  func untagged(_ address: UInt64) -> UInt64 { address }

  func registers(_ emulator: Emulator) -> RegisterFile { file.read(emulator) }

  func setRegisters(_ registers: RegisterFile, _ emulator: Emulator) {
    file.write(registers, emulator)
  }

  func exit(_ number: UInt32, _ engine: UnicornEngine) -> Exit {
    switch number {
    case 8: .syscall  // U_ECALL
    case 3: .exception(.breakpoint)
    // Of the program counter, a load, a store or an atomic operation.
    case 0, 4, 6: .exception(.alignment)
    default: .exception(.illegalInstruction)
    }
  }

  func enterUserMode(_ engine: UnicornEngine) throws(EngineError) {
    let state = RegisterBatch([
      Int32(UC_RISCV_REG_MSTATUS.rawValue), Int32(UC_RISCV_REG_PRIV.rawValue),
    ])
    // FS: dirty, so that no instruction has to make it so. User mode.
    state[0] = 3 << 13
    state[1] = 0
    state.write(engine.emulator)
  }
}
