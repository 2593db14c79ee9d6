import CUnicorn
import Machine

/// Moves the whole register file of RISC-V in and out of Unicorn.
final class RISCV64RegisterFile {
  private static let pc = 31
  private static let floats = 32
  private static let control = 64

  private let batch = RegisterBatch(
    (0..<31).map { Int32(UC_RISCV_REG_X1.rawValue) + $0 } + [Int32(UC_RISCV_REG_PC.rawValue)]
      + (0..<32).map { Int32(UC_RISCV_REG_F0.rawValue) + $0 }
      + [Int32(UC_RISCV_REG_FCSR.rawValue)])

  func read(_ emulator: Emulator) -> RegisterFile {
    batch.read(emulator)
    var file = RegisterFile(isa: .riscv64)
    for index in 0..<31 { file.general[index] = batch[index] }
    file.programCounter = batch[Self.pc]
    for index in 0..<32 { file.vectors[index] = Vector128(low: batch[Self.floats + index]) }
    file.floatControl = UInt32(truncatingIfNeeded: batch[Self.control])
    return file
  }

  func write(_ file: RegisterFile, _ emulator: Emulator) {
    precondition(file.isa == .riscv64)
    for index in 0..<31 { batch[index] = file.general[index] }
    batch[Self.pc] = file.programCounter
    for index in 0..<32 { batch[Self.floats + index] = file.vectors[index].low }
    batch[Self.control] = UInt64(file.floatControl & 0xff)
    batch.write(emulator)
  }
}
