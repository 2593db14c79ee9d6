/// Keys of the auxiliary vector (`getauxval(3)`, `linux/auxvec.h`).
package enum AuxiliaryType: UInt64, Hashable, Sendable, CaseIterable {
  case AT_NULL = 0
  case AT_IGNORE = 1
  case AT_EXECFD = 2
  case AT_PHDR = 3
  case AT_PHENT = 4
  case AT_PHNUM = 5
  case AT_PAGESZ = 6
  case AT_BASE = 7
  case AT_FLAGS = 8
  case AT_ENTRY = 9
  case AT_NOTELF = 10
  case AT_UID = 11
  case AT_EUID = 12
  case AT_GID = 13
  case AT_EGID = 14
  case AT_PLATFORM = 15
  case AT_HWCAP = 16
  case AT_CLKTCK = 17
  case AT_SECURE = 23
  case AT_BASE_PLATFORM = 24
  case AT_RANDOM = 25
  case AT_HWCAP2 = 26
  case AT_RSEQ_FEATURE_SIZE = 27
  case AT_RSEQ_ALIGN = 28
  case AT_EXECFN = 31
  case AT_SYSINFO_EHDR = 33
  case AT_MINSIGSTKSZ = 51
}

/// `AT_HWCAP` of AArch64 (`asm/hwcap.h`, Documentation/arch/arm64/elf_hwcaps.rst).
package struct HWCapAArch64: NamedFlags {
  package var rawValue: UInt64
  @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static let HWCAP_FP = HWCapAArch64(rawValue: 0x1)
  package static let HWCAP_ASIMD = HWCapAArch64(rawValue: 0x2)
  package static let HWCAP_EVTSTRM = HWCapAArch64(rawValue: 0x4)
  package static let HWCAP_AES = HWCapAArch64(rawValue: 0x8)
  package static let HWCAP_PMULL = HWCapAArch64(rawValue: 0x10)
  package static let HWCAP_SHA1 = HWCapAArch64(rawValue: 0x20)
  package static let HWCAP_SHA2 = HWCapAArch64(rawValue: 0x40)
  package static let HWCAP_CRC32 = HWCapAArch64(rawValue: 0x80)
  package static let HWCAP_ATOMICS = HWCapAArch64(rawValue: 0x100)
  package static let HWCAP_FPHP = HWCapAArch64(rawValue: 0x200)
  package static let HWCAP_ASIMDHP = HWCapAArch64(rawValue: 0x400)
  package static let HWCAP_CPUID = HWCapAArch64(rawValue: 0x800)
  package static let HWCAP_ASIMDRDM = HWCapAArch64(rawValue: 0x1000)
  package static let HWCAP_JSCVT = HWCapAArch64(rawValue: 0x2000)
  package static let HWCAP_FCMA = HWCapAArch64(rawValue: 0x4000)
  package static let HWCAP_LRCPC = HWCapAArch64(rawValue: 0x8000)
  package static let HWCAP_DCPOP = HWCapAArch64(rawValue: 0x10000)
  package static let HWCAP_SHA3 = HWCapAArch64(rawValue: 0x20000)
  package static let HWCAP_SM3 = HWCapAArch64(rawValue: 0x40000)
  package static let HWCAP_SM4 = HWCapAArch64(rawValue: 0x80000)
  package static let HWCAP_ASIMDDP = HWCapAArch64(rawValue: 0x100000)
  package static let HWCAP_SHA512 = HWCapAArch64(rawValue: 0x200000)
  package static let HWCAP_SVE = HWCapAArch64(rawValue: 0x400000)
  package static let HWCAP_ASIMDFHM = HWCapAArch64(rawValue: 0x800000)
  package static let HWCAP_DIT = HWCapAArch64(rawValue: 0x1000000)
  package static let HWCAP_USCAT = HWCapAArch64(rawValue: 0x2000000)
  package static let HWCAP_ILRCPC = HWCapAArch64(rawValue: 0x4000000)
  package static let HWCAP_FLAGM = HWCapAArch64(rawValue: 0x8000000)
  package static let HWCAP_SSBS = HWCapAArch64(rawValue: 0x1000_0000)
  package static let HWCAP_SB = HWCapAArch64(rawValue: 0x2000_0000)
  package static let HWCAP_PACA = HWCapAArch64(rawValue: 0x4000_0000)
  package static let HWCAP_PACG = HWCapAArch64(rawValue: 0x8000_0000)

  package static let names: [(name: String, value: HWCapAArch64)] = [
    ("HWCAP_FP", HWCAP_FP),
    ("HWCAP_ASIMD", HWCAP_ASIMD),
    ("HWCAP_EVTSTRM", HWCAP_EVTSTRM),
    ("HWCAP_AES", HWCAP_AES),
    ("HWCAP_PMULL", HWCAP_PMULL),
    ("HWCAP_SHA1", HWCAP_SHA1),
    ("HWCAP_SHA2", HWCAP_SHA2),
    ("HWCAP_CRC32", HWCAP_CRC32),
    ("HWCAP_ATOMICS", HWCAP_ATOMICS),
    ("HWCAP_FPHP", HWCAP_FPHP),
    ("HWCAP_ASIMDHP", HWCAP_ASIMDHP),
    ("HWCAP_CPUID", HWCAP_CPUID),
    ("HWCAP_ASIMDRDM", HWCAP_ASIMDRDM),
    ("HWCAP_JSCVT", HWCAP_JSCVT),
    ("HWCAP_FCMA", HWCAP_FCMA),
    ("HWCAP_LRCPC", HWCAP_LRCPC),
    ("HWCAP_DCPOP", HWCAP_DCPOP),
    ("HWCAP_SHA3", HWCAP_SHA3),
    ("HWCAP_SM3", HWCAP_SM3),
    ("HWCAP_SM4", HWCAP_SM4),
    ("HWCAP_ASIMDDP", HWCAP_ASIMDDP),
    ("HWCAP_SHA512", HWCAP_SHA512),
    ("HWCAP_SVE", HWCAP_SVE),
    ("HWCAP_ASIMDFHM", HWCAP_ASIMDFHM),
    ("HWCAP_DIT", HWCAP_DIT),
    ("HWCAP_USCAT", HWCAP_USCAT),
    ("HWCAP_ILRCPC", HWCAP_ILRCPC),
    ("HWCAP_FLAGM", HWCAP_FLAGM),
    ("HWCAP_SSBS", HWCAP_SSBS),
    ("HWCAP_SB", HWCAP_SB),
    ("HWCAP_PACA", HWCAP_PACA),
    ("HWCAP_PACG", HWCAP_PACG),
  ]
}

/// `AT_HWCAP2` of AArch64.
package struct HWCap2AArch64: NamedFlags {
  package var rawValue: UInt64
  @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static let HWCAP2_DCPODP = HWCap2AArch64(rawValue: 0x1)
  package static let HWCAP2_SVE2 = HWCap2AArch64(rawValue: 0x2)
  package static let HWCAP2_SVEAES = HWCap2AArch64(rawValue: 0x4)
  package static let HWCAP2_SVEPMULL = HWCap2AArch64(rawValue: 0x8)
  package static let HWCAP2_SVEBITPERM = HWCap2AArch64(rawValue: 0x10)
  package static let HWCAP2_SVESHA3 = HWCap2AArch64(rawValue: 0x20)
  package static let HWCAP2_SVESM4 = HWCap2AArch64(rawValue: 0x40)
  package static let HWCAP2_FLAGM2 = HWCap2AArch64(rawValue: 0x80)
  package static let HWCAP2_FRINT = HWCap2AArch64(rawValue: 0x100)
  package static let HWCAP2_SVEI8MM = HWCap2AArch64(rawValue: 0x200)
  package static let HWCAP2_SVEF32MM = HWCap2AArch64(rawValue: 0x400)
  package static let HWCAP2_SVEF64MM = HWCap2AArch64(rawValue: 0x800)
  package static let HWCAP2_SVEBF16 = HWCap2AArch64(rawValue: 0x1000)
  package static let HWCAP2_I8MM = HWCap2AArch64(rawValue: 0x2000)
  package static let HWCAP2_BF16 = HWCap2AArch64(rawValue: 0x4000)
  package static let HWCAP2_DGH = HWCap2AArch64(rawValue: 0x8000)
  package static let HWCAP2_RNG = HWCap2AArch64(rawValue: 0x10000)
  package static let HWCAP2_BTI = HWCap2AArch64(rawValue: 0x20000)
  package static let HWCAP2_MTE = HWCap2AArch64(rawValue: 0x40000)
  package static let HWCAP2_ECV = HWCap2AArch64(rawValue: 0x80000)
  package static let HWCAP2_AFP = HWCap2AArch64(rawValue: 0x100000)
  package static let HWCAP2_RPRES = HWCap2AArch64(rawValue: 0x200000)
  package static let HWCAP2_MTE3 = HWCap2AArch64(rawValue: 0x400000)
  package static let HWCAP2_SME = HWCap2AArch64(rawValue: 0x800000)

  package static let names: [(name: String, value: HWCap2AArch64)] = [
    ("HWCAP2_DCPODP", HWCAP2_DCPODP),
    ("HWCAP2_SVE2", HWCAP2_SVE2),
    ("HWCAP2_SVEAES", HWCAP2_SVEAES),
    ("HWCAP2_SVEPMULL", HWCAP2_SVEPMULL),
    ("HWCAP2_SVEBITPERM", HWCAP2_SVEBITPERM),
    ("HWCAP2_SVESHA3", HWCAP2_SVESHA3),
    ("HWCAP2_SVESM4", HWCAP2_SVESM4),
    ("HWCAP2_FLAGM2", HWCAP2_FLAGM2),
    ("HWCAP2_FRINT", HWCAP2_FRINT),
    ("HWCAP2_SVEI8MM", HWCAP2_SVEI8MM),
    ("HWCAP2_SVEF32MM", HWCAP2_SVEF32MM),
    ("HWCAP2_SVEF64MM", HWCAP2_SVEF64MM),
    ("HWCAP2_SVEBF16", HWCAP2_SVEBF16),
    ("HWCAP2_I8MM", HWCAP2_I8MM),
    ("HWCAP2_BF16", HWCAP2_BF16),
    ("HWCAP2_DGH", HWCAP2_DGH),
    ("HWCAP2_RNG", HWCAP2_RNG),
    ("HWCAP2_BTI", HWCAP2_BTI),
    ("HWCAP2_MTE", HWCAP2_MTE),
    ("HWCAP2_ECV", HWCAP2_ECV),
    ("HWCAP2_AFP", HWCAP2_AFP),
    ("HWCAP2_RPRES", HWCAP2_RPRES),
    ("HWCAP2_MTE3", HWCAP2_MTE3),
    ("HWCAP2_SME", HWCAP2_SME),
  ]
}

/// `AT_HWCAP2` of x86-64 (`asm/hwcap2.h`).
package struct HWCap2X86_64: NamedFlags {
  package var rawValue: UInt64
  @inlinable package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static let HWCAP2_RING3MWAIT = HWCap2X86_64(rawValue: 0x1)
  package static let HWCAP2_FSGSBASE = HWCap2X86_64(rawValue: 0x2)

  package static let names: [(name: String, value: HWCap2X86_64)] = [
    ("HWCAP2_RING3MWAIT", HWCAP2_RING3MWAIT),
    ("HWCAP2_FSGSBASE", HWCAP2_FSGSBASE),
  ]
}
