import CUnicorn
import Machine

/// AArch64 as Linux presents it to a program: EL0, FP and SIMD enabled, tagged addresses.
final class AArch64Processor: Processor {
  let programCounter = Int32(UC_ARM64_REG_PC.rawValue)
  let stackPointer = Int32(UC_ARM64_REG_SP.rawValue)
  let threadPointer = Int32(UC_ARM64_REG_TPIDR_EL0.rawValue)
  let result = Int32(UC_ARM64_REG_X0.rawValue)

  let syscall = [
    UC_ARM64_REG_X8, UC_ARM64_REG_X0, UC_ARM64_REG_X1, UC_ARM64_REG_X2, UC_ARM64_REG_X3,
    UC_ARM64_REG_X4, UC_ARM64_REG_X5, UC_ARM64_REG_PC,
  ].map { Int32($0.rawValue) }
  private let file = AArch64RegisterFile()

  /// Unicorn's `max` executes all of these. Of what it executes, these are not offered: SVE (not
  /// enabled: its registers would have to be saved), pointer authentication (its keys likewise),
  /// BTI (needs a bit in the page tables), RNG (a program must behave the same when run again),
  /// CPUID (identification registers are not readable at EL0), DCPOP.
  let hwcaps = HardwareCapabilities(
    hwcap: AArch64Processor.features.reduce(0) { $0 | 1 << $1.bit },
    hwcap2: AArch64Processor.features2.reduce(0) { $0 | 1 << $1.bit })

  /// The bits of `AT_HWCAP` (`asm/hwcap.h`) with their names in `/proc/cpuinfo`.
  static let features: [(bit: UInt64, name: String)] = [
    (0, "fp"), (1, "asimd"), (3, "aes"), (4, "pmull"), (5, "sha1"), (6, "sha2"), (7, "crc32"),
    (8, "atomics"), (9, "fphp"), (10, "asimdhp"), (12, "asimdrdm"), (13, "jscvt"), (14, "fcma"),
    (15, "lrcpc"), (17, "sha3"), (18, "sm3"), (19, "sm4"), (20, "asimddp"), (21, "sha512"),
    (23, "asimdfhm"), (26, "ilrcpc"), (27, "flagm"), (29, "sb"),
  ]
  /// The same of `AT_HWCAP2`.
  static let features2: [(bit: UInt64, name: String)] = [
    (7, "flagm2"), (8, "frint"),
  ]

  /// Bits 56 to 63 of a user address are a tag, not translated (TCR_EL1.TBI0).
  func untagged(_ address: UInt64) -> UInt64 {
    address & 1 << 55 == 0 ? address & (1 << 56 - 1) : address
  }

  func registers(_ emulator: Emulator) -> RegisterFile { file.read(emulator) }

  func setRegisters(_ registers: RegisterFile, _ emulator: Emulator) {
    file.write(registers, emulator)
  }

  func exit(_ number: UInt32, _ engine: UnicornEngine) -> Exit {
    switch number {
    case 2: .syscall  // EXCP_SWI
    case 3: .exception(.alignment)  // EXCP_PREFETCH_ABORT: TLB misses do not come here
    case 4: .fault(engine.lastFault(.misaligned))  // EXCP_DATA_ABORT: nor here
    case 7: .exception(.breakpoint)  // EXCP_BKPT
    default: .exception(.illegalInstruction)  // EXCP_UDEF, EXCP_HVC, EXCP_SMC, EXCP_HYP_TRAP
    }
  }

  // MARK: Setting up

  func enterUserMode(_ engine: UnicornEngine) throws(EngineError) {
    let emulator = engine.emulator
    let mode = RegisterBatch([Int32(UC_ARM64_REG_PSTATE.rawValue)])
    mode[0] = 0  // EL0
    mode.write(emulator)
    // Unicorn takes note of the new mode when a system register is written.
    for register in Self.systemRegisters { try emulator.setSystemRegister(register) }
  }

  private static let systemRegisters: [uc_arm64_cp_reg] = [
    // CPACR_EL1: FPEN; not ZEN.
    uc_arm64_cp_reg(crn: 1, crm: 0, op0: 3, op1: 0, op2: 2, val: 3 << 20),
    // SCTLR_EL1 as Linux has it, without MMU and endianness: UCI, UCT, DZE (cache maintenance,
    // CTR_EL0 and DC ZVA at EL0), nTWE, nTWI (wfe and wfi don't trap), caches, RES1 bits.
    uc_arm64_cp_reg(
      crn: 1, crm: 0, op0: 3, op1: 0, op2: 0,
      val: 1 << 26 | 1 << 15 | 1 << 14 | 1 << 18 | 1 << 16 | 1 << 12 | 1 << 2 | 0x30d0_0800),
    // TCR_EL1: TBI0.
    uc_arm64_cp_reg(crn: 2, crm: 0, op0: 3, op1: 0, op2: 2, val: 1 << 37),
    // CNTKCTL_EL1: EL0VCTEN.
    uc_arm64_cp_reg(crn: 14, crm: 1, op0: 3, op1: 0, op2: 0, val: 1 << 1),
  ]
}
