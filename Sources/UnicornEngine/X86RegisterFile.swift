import CUnicorn
import Machine

/// Moves the whole register file of x86-64 in and out of Unicorn.
final class X86RegisterFile {
  private static let order: [uc_x86_reg] = [
    UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX, UC_X86_REG_RSP,
    UC_X86_REG_RBP, UC_X86_REG_RSI, UC_X86_REG_RDI, UC_X86_REG_R8, UC_X86_REG_R9, UC_X86_REG_R10,
    UC_X86_REG_R11, UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15,
    // The selectors before the bases: loading one sets the segment's base.
    UC_X86_REG_DS, UC_X86_REG_ES, UC_X86_REG_FS, UC_X86_REG_GS,
    UC_X86_REG_RIP, UC_X86_REG_EFLAGS, UC_X86_REG_FS_BASE, UC_X86_REG_GS_BASE, UC_X86_REG_MXCSR,
    // The status word first: st(i) is found through its top-of-stack field.
    UC_X86_REG_FPSW, UC_X86_REG_FPCW, UC_X86_REG_FPTAG, UC_X86_REG_FOP, UC_X86_REG_FIP,
    UC_X86_REG_FDP,
  ]
  private static let selectors = 16
  private static let pc = 20
  private static let flags = 21
  private static let fsBase = 22
  private static let gsBase = 23
  private static let mxcsr = 24
  private static let x87 = 25
  private static let stack = 31
  private static let vectors = 39

  private let batch = RegisterBatch(
    order.map { Int32($0.rawValue) }
      + (0..<8).map { Int32(UC_X86_REG_ST0.rawValue) + $0 }
      + (0..<16).map { Int32(UC_X86_REG_XMM0.rawValue) + $0 })

  func read(_ emulator: Emulator) -> RegisterFile {
    batch.read(emulator)
    var file = RegisterFile(isa: .x86_64)
    for index in 0..<16 {
      file.general[index] = batch[index]
      file.vectors[index] = Vector128(
        low: batch[Self.vectors + index], high: batch[high: Self.vectors + index])
    }
    for register in X86Selectors.Register.allCases {
      let loaded = file.selectors.set(register, to: batch[Self.selectors + register.rawValue])
      precondition(loaded)
    }
    file.programCounter = batch[Self.pc]
    file.flags = batch[Self.flags] & 0xffff_ffff
    file.threadPointer = batch[Self.fsBase]
    file.gsBase = batch[Self.gsBase]
    file.floatControl = UInt32(truncatingIfNeeded: batch[Self.mxcsr])
    file.x87.status = UInt16(truncatingIfNeeded: batch[Self.x87])
    file.x87.control = UInt16(truncatingIfNeeded: batch[Self.x87 + 1])
    file.x87.tag = UInt16(truncatingIfNeeded: batch[Self.x87 + 2])
    file.x87.opcode = UInt16(truncatingIfNeeded: batch[Self.x87 + 3])
    file.x87.instruction = batch[Self.x87 + 4]
    file.x87.operand = batch[Self.x87 + 5]
    for index in 0..<8 {
      file.x87.mantissas[index] = batch[Self.stack + index]
      file.x87.exponents[index] = UInt16(truncatingIfNeeded: batch[high: Self.stack + index])
    }
    return file
  }

  /// The flags that a program may change: CF PF AF ZF SF TF DF OF NT RF AC ID.
  private static let userFlags: UInt64 = 0x25_4dd5
  /// IF and the bit that is always set.
  private static let fixedFlags: UInt64 = 0x202

  func write(_ file: RegisterFile, _ emulator: Emulator) {
    precondition(file.isa == .x86_64)
    for index in 0..<16 {
      batch[index] = file.general[index]
      batch[Self.vectors + index] = file.vectors[index].low
      batch[high: Self.vectors + index] = file.vectors[index].high
    }
    for register in X86Selectors.Register.allCases {
      batch[Self.selectors + register.rawValue] = UInt64(file.selectors[register])
    }
    batch[Self.pc] = file.programCounter
    batch[Self.flags] = file.flags & Self.userFlags | Self.fixedFlags
    batch[Self.fsBase] = file.threadPointer
    batch[Self.gsBase] = file.gsBase
    // Setting a reserved bit would be a general-protection fault.
    batch[Self.mxcsr] = UInt64(file.floatControl & 0xffff)
    batch[Self.x87] = UInt64(file.x87.status)
    batch[Self.x87 + 1] = UInt64(file.x87.control)
    batch[Self.x87 + 2] = UInt64(file.x87.tag)
    batch[Self.x87 + 3] = UInt64(file.x87.opcode)
    batch[Self.x87 + 4] = file.x87.instruction
    batch[Self.x87 + 5] = file.x87.operand
    for index in 0..<8 {
      batch[Self.stack + index] = file.x87.mantissas[index]
      batch[high: Self.stack + index] = UInt64(file.x87.exponents[index])
    }
    batch.write(emulator)
  }
}
