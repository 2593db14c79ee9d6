import CUnicorn
import Machine

/// x86-64 as Linux presents it to a program: CPL 3, cs 0x33, ss 0x2b, SSE enabled, no XSAVE.
final class X86Processor: Processor {
  let programCounter = Int32(UC_X86_REG_RIP.rawValue)
  let stackPointer = Int32(UC_X86_REG_RSP.rawValue)
  let threadPointer = Int32(UC_X86_REG_FS_BASE.rawValue)
  let result = Int32(UC_X86_REG_RAX.rawValue)

  let syscall = [
    UC_X86_REG_RAX, UC_X86_REG_RDI, UC_X86_REG_RSI, UC_X86_REG_RDX, UC_X86_REG_R10,
    UC_X86_REG_R8, UC_X86_REG_R9, UC_X86_REG_RIP,
  ].map { Int32($0.rawValue) }
  private let file = X86RegisterFile()

  private(set) var hwcaps = HardwareCapabilities()

  /// What CPUID tells programs that they may use, beyond the baseline of x86-64, by the names in
  /// `/proc/cpuinfo`: leaf 1's ecx, leaf 7's ebx, and leaf 0x80000001's ecx.
  static let features: [(bit: UInt64, name: String)] = [
    (0, "pni"), (1, "pclmulqdq"), (9, "ssse3"), (13, "cx16"), (19, "sse4_1"), (20, "sse4_2"),
    (23, "popcnt"), (25, "aes"),
  ]
  static let structuredFeatures: [(bit: UInt64, name: String)] = [(29, "sha_ni")]
  static let extendedFeatures: [(bit: UInt64, name: String)] = [(0, "lahf_lm")]

  func untagged(_ address: UInt64) -> UInt64 { address }

  func registers(_ emulator: Emulator) -> RegisterFile { file.read(emulator) }

  func setRegisters(_ registers: RegisterFile, _ emulator: Emulator) {
    file.write(registers, emulator)
  }

  // MARK: Exceptions

  func exit(_ number: UInt32, _ engine: UnicornEngine) -> Exit {
    .exception(exception(number, engine))
  }

  private func exception(_ number: UInt32, _ engine: UnicornEngine) -> GuestException {
    if number != 1 && number != 3, isSoftwareInterrupt(number, engine) {
      // No gate of Linux's table but 3 and 4 may be used by programs: 32-bit system calls (int 0x80)
      // are not offered, as by a kernel without CONFIG_IA32_EMULATION.
      if number == 4 { return .bounds }
      engine.programCounter -= 2
      return .generalProtection
    }
    return switch number {
    case 0: .divide
    case 1: .singleStep
    case 3: .breakpoint
    case 4, 5: .bounds
    case 6, 7: .illegalInstruction
    case 16: .floatingPoint
    case 17: .alignment
    case 19: .vectorFloatingPoint
    default: .generalProtection
    }
  }

  /// Whether the interrupt was made by `int n` (two bytes, behind which the program counter is).
  private func isSoftwareInterrupt(_ number: UInt32, _ engine: UnicornEngine) -> Bool {
    guard number <= 255, let space = engine.space else { return false }
    let code = try? space.bytes(at: GuestAddress(engine.programCounter) - 2, count: 2)
    return code == [0xcd, UInt8(number)]
  }

  // MARK: Setting up

  func enterUserMode(_ engine: UnicornEngine) throws(EngineError) {
    let emulator = engine.emulator
    // PE, MP, ET, NE (x87 errors as exceptions), WP, AM.
    set(UC_X86_REG_CR0, 0x5_0033, emulator)
    set(UC_X86_REG_CR4, Self.control, emulator)
    // EFER: SCE, LME, LMA, NXE. STAR: sysret makes cs 0x33 and ss 0x2b of 0x23.
    try emulator.setModelSpecific(0xc000_0080, 0xd01)
    try emulator.setModelSpecific(0xc000_0081, 0x0023_0010_0000_0000)

    // sysret loads flat user segments without a descriptor table. Behind it, in user mode:
    // mov eax, 1; cpuid; syscall.
    let code: [UInt8] = [
      0x48, 0x0f, 0x07, 0xb8, 1, 0, 0, 0, 0x0f, 0xa2, 0x0f, 0x05,
    ]
    set(UC_X86_REG_RCX, UnicornEngine.windowBase + 3, emulator)
    set(UC_X86_REG_R11, 0x202, emulator)
    let error = try engine.execute(code, from: 0)
    guard error == UC_ERR_OK, case .syscall = engine.event, get(UC_X86_REG_CS, emulator) == 0x33,
      get(UC_X86_REG_SS, emulator) == 0x2b
    else {
      throw EngineError(operation: "enter user mode", reason: "the processor did not follow")
    }
    hwcaps = HardwareCapabilities(hwcap: get(UC_X86_REG_RDX, emulator) & 0xffff_ffff)
  }

  /// PAE, PGE, OSFXSR, OSXMMEXCPT; not OSXSAVE and not FSGSBASE, which CPUID does not offer.
  private static let control: UInt64 = 0x6a0
  /// TSD: time stamps are for kernels.
  private static let timeStampsOff: UInt64 = 4

  func forbidsTimeStamps(_ emulator: Emulator) -> Bool {
    get(UC_X86_REG_CR4, emulator) & Self.timeStampsOff != 0
  }

  func forbidTimeStamps(_ on: Bool, _ emulator: Emulator) {
    set(UC_X86_REG_CR4, Self.control | (on ? Self.timeStampsOff : 0), emulator)
  }

  private func set(_ register: uc_x86_reg, _ value: UInt64, _ emulator: Emulator) {
    let batch = RegisterBatch([Int32(register.rawValue)])
    batch[0] = value
    batch.write(emulator)
  }

  private func get(_ register: uc_x86_reg, _ emulator: Emulator) -> UInt64 {
    let batch = RegisterBatch([Int32(register.rawValue)])
    batch.read(emulator)
    return batch[0]
  }
}
