import CUnicorn
import Machine

/// Moves the whole register file of AArch64 in and out of Unicorn.
final class AArch64RegisterFile {
  private static let named: [uc_arm64_reg] = [
    UC_ARM64_REG_X29, UC_ARM64_REG_X30, UC_ARM64_REG_PC, UC_ARM64_REG_SP, UC_ARM64_REG_NZCV,
    UC_ARM64_REG_TPIDR_EL0, UC_ARM64_REG_FPCR, UC_ARM64_REG_FPSR,
  ]
  private static let pc = 31
  private static let sp = 32
  private static let flags = 33
  private static let threadPointer = 34
  private static let control = 35
  private static let status = 36
  private static let vectors = 37

  private let batch = RegisterBatch(
    (0..<29).map { Int32(UC_ARM64_REG_X0.rawValue) + $0 }
      + named.map { Int32($0.rawValue) }
      + (0..<32).map { Int32(UC_ARM64_REG_Q0.rawValue) + $0 })

  func read(_ emulator: Emulator) -> RegisterFile {
    batch.read(emulator)
    var file = RegisterFile(isa: .aarch64)
    for index in 0..<31 { file.general[index] = batch[index] }
    file.programCounter = batch[Self.pc]
    file.stackPointer = batch[Self.sp]
    file.flags = batch[Self.flags] & 0xf000_0000
    file.threadPointer = batch[Self.threadPointer]
    file.floatControl = UInt32(truncatingIfNeeded: batch[Self.control])
    file.floatStatus = UInt32(truncatingIfNeeded: batch[Self.status])
    for index in 0..<32 {
      file.vectors[index] = Vector128(
        low: batch[Self.vectors + index], high: batch[high: Self.vectors + index])
    }
    return file
  }

  func write(_ file: RegisterFile, _ emulator: Emulator) {
    precondition(file.isa == .aarch64)
    for index in 0..<31 { batch[index] = file.general[index] }
    batch[Self.pc] = file.programCounter
    batch[Self.sp] = file.stackPointer
    batch[Self.flags] = file.flags & 0xf000_0000
    batch[Self.threadPointer] = file.threadPointer
    batch[Self.control] = UInt64(file.floatControl)
    batch[Self.status] = UInt64(file.floatStatus)
    for index in 0..<32 {
      batch[Self.vectors + index] = file.vectors[index].low
      batch[high: Self.vectors + index] = file.vectors[index].high
    }
    batch.write(emulator)
  }
}
