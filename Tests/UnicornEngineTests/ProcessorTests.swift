import Machine
import Testing
import UnicornEngine

/// The features of the processors, and that they work.
@Suite struct ProcessorTests {
  struct Instruction: CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]
    var testDescription: String { name }
    init(_ name: String, _ bytes: [UInt8]) {
      self.name = name
      self.bytes = bytes
    }
  }

  /// Runs one instruction with r8 pointing at 4096 zeroes, 64-byte aligned.
  private func execute(_ isa: GuestISA, _ instruction: Instruction) throws -> Exit {
    let guest = try TestGuest(isa, instruction.bytes + Op.systemCall.bytes(isa))
    guest.map(TestGuest.data)
    guest.set(r8: TestGuest.data)
    return guest.run(from: TestGuest.code)
  }

  private func executes(_ isa: GuestISA, _ instruction: Instruction) throws -> Bool {
    switch try execute(isa, instruction) {
    case .syscall: true
    case .exception(.illegalInstruction): false
    case let exit:
      Issue.record("\(instruction.name): \(exit)")
      throw CancellationError()
    }
  }

  // MARK: x86-64

  private func cpuid(_ leaf: UInt64, _ subleaf: UInt64 = 0) throws
    -> (eax: UInt64, ebx: UInt64, ecx: UInt64, edx: UInt64)
  {
    // mov eax, r8d; mov ecx, r9d; cpuid; mov r8, rcx; syscall (which changes rcx)
    let guest = try TestGuest(
      .x86_64,
      [0x44, 0x89, 0xc0, 0x44, 0x89, 0xc9, 0x0f, 0xa2, 0x49, 0x89, 0xc8, 0x0f, 0x05])
    guest.set(r8: GuestAddress(leaf), r9: subleaf)
    guest.runToSystemCall()
    let general = guest.registers.general
    return (general[0], general[3], general[8], general[2])
  }

  private func mask(_ bits: UInt64...) -> UInt64 { bits.reduce(0) { $0 | 1 << $1 } }

  @Test func cpuidOffersVersion2AndNoMore() throws {
    let (_, _, ecx, edx) = try cpuid(1)
    // SSE3, SSSE3, CX16, SSE4.1, SSE4.2, POPCNT: x86-64-v2.
    let version2 = mask(0, 9, 13, 19, 20, 23)
    #expect(ecx & version2 == version2)
    // FMA, MOVBE, XSAVE, OSXSAVE, AVX, F16C, RDRAND.
    let later = mask(12, 22, 26, 27, 28, 29, 30)
    #expect(ecx & later == 0)
    // FPU, TSC, CX8, CMOV, MMX, FXSR, SSE, SSE2.
    let base = mask(0, 4, 8, 15, 23, 24, 25, 26)
    #expect(edx & base == base)
    let guest = try TestGuest(.x86_64)
    #expect(guest.engine.hwcaps == HardwareCapabilities(hwcap: edx, hwcap2: 0))

    // Of leaf 7's extensions SHA only: no AVX2, ERMS, BMI, AVX-512, FSRM, shadow stacks.
    let seven = try cpuid(7)
    #expect(seven.ebx == mask(29) && seven.ecx == 0 && seven.edx == 0)
    // LAHF and long mode; no LZCNT.
    let extended = try cpuid(0x8000_0001)
    #expect(extended.ecx & mask(0, 5) == mask(0))
    #expect(extended.edx & mask(11, 29) == mask(11, 29))
    // No XSAVE areas.
    let areas = try cpuid(0xd)
    #expect(areas.eax == 0 && areas.ebx == 0)
  }

  /// The features required by snapshots are those that CPUID reports.
  @Test func namedFeaturesAreThoseOfCPUID() throws {
    let first: [(Int, String)] = [
      (0, "pni"), (1, "pclmulqdq"), (9, "ssse3"), (12, "fma"), (13, "cx16"), (19, "sse4_1"),
      (20, "sse4_2"), (22, "movbe"), (23, "popcnt"), (25, "aes"), (26, "xsave"), (28, "avx"),
      (29, "f16c"), (30, "rdrand"),
    ]
    let structured: [(Int, String)] = [
      (0, "fsgsbase"), (3, "bmi1"), (5, "avx2"), (8, "bmi2"), (18, "rdseed"), (19, "adx"),
      (29, "sha_ni"),
    ]
    let extended: [(Int, String)] = [
      (0, "lahf_lm"), (5, "abm"), (6, "sse4a"), (8, "3dnowprefetch"), (11, "xop"), (16, "fma4"),
      (21, "tbm"),
    ]
    let (ecx, structuredEBX) = (try cpuid(1).ecx, try cpuid(7).ebx)
    let extendedECX = try cpuid(0x8000_0001).ecx
    let names =
      first.filter { ecx >> $0.0 & 1 == 1 }.map(\.1)
      + structured.filter { structuredEBX >> $0.0 & 1 == 1 }.map(\.1)
      + extended.filter { extendedECX >> $0.0 & 1 == 1 }.map(\.1)
    #expect(UnicornEngine.features(of: .x86_64) == names.map { "x86_64 \($0)" })
  }

  @Test(arguments: [
    Instruction("addsubps", [0xf2, 0x0f, 0xd0, 0xc1]),
    Instruction("pshufb", [0x66, 0x0f, 0x38, 0x00, 0xc1]),
    Instruction("pmulld", [0x66, 0x0f, 0x38, 0x40, 0xc1]),
    Instruction("pcmpgtq", [0x66, 0x0f, 0x38, 0x37, 0xc1]),
    Instruction("crc32", [0xf2, 0x0f, 0x38, 0xf1, 0xc3]),
    Instruction("popcnt", [0xf3, 0x0f, 0xb8, 0xc3]),
    Instruction("aesenc", [0x66, 0x0f, 0x38, 0xdc, 0xc1]),
    Instruction("pclmulqdq", [0x66, 0x0f, 0x3a, 0x44, 0xc1, 0x00]),
    Instruction("sha256rnds2", [0x0f, 0x38, 0xcb, 0xc1]),
    Instruction("sha1rnds4", [0x0f, 0x3a, 0xcc, 0xc0, 0x00]),
    Instruction("lock cmpxchg16b", [0xf0, 0x49, 0x0f, 0xc7, 0x08]),
    Instruction("lahf", [0x9f]),
    Instruction("clflush", [0x41, 0x0f, 0xae, 0x38]),
    Instruction("fxsave", [0x41, 0x0f, 0xae, 0x00]),
    Instruction("cmove", [0x0f, 0x44, 0xc3]),
    Instruction("rdtsc", [0x0f, 0x31]),
  ])
  func executesWhatCPUIDOffers(_ instruction: Instruction) throws {
    #expect(try executes(.x86_64, instruction))
  }

  @Test(arguments: [
    Instruction("xgetbv", [0x0f, 0x01, 0xd0]),
    Instruction("xsave", [0x41, 0x0f, 0xae, 0x20]),
    Instruction("rdrand", [0x0f, 0xc7, 0xf0]),
    Instruction("rdfsbase", [0xf3, 0x48, 0x0f, 0xae, 0xc0]),
    Instruction("movbe", [0x41, 0x0f, 0x38, 0xf0, 0x00]),
    Instruction("andn", [0xc4, 0xe2, 0x60, 0xf2, 0xc1]),
    Instruction("mulx", [0xc4, 0xe2, 0x63, 0xf6, 0xc1]),
    Instruction("vfmadd132ps", [0xc4, 0xe2, 0x79, 0x98, 0xc0]),
    Instruction("vcvtph2ps", [0xc4, 0xe2, 0x79, 0x13, 0xc0]),
    Instruction("sha256rnds2 with a prefix", [0x66, 0x0f, 0x38, 0xcb, 0xc1]),
  ])
  func refusesWhatCPUIDHides(_ instruction: Instruction) throws {
    #expect(try !executes(.x86_64, instruction))
  }

  @Test func segmentsReadAsOnLinux() throws {
    // mov r8d, cs; mov r9d, ss; mov r10d, ds; mov r12d, fs; pushfq; pop r13; syscall
    let guest = try TestGuest(
      .x86_64,
      [
        0x41, 0x8c, 0xc8, 0x41, 0x8c, 0xd1, 0x41, 0x8c, 0xda, 0x41, 0x8c, 0xe4, 0x9c, 0x41, 0x5d,
        0x0f, 0x05,
      ])
    guest.map(TestGuest.stackTop - 4096)
    guest.registers.stackPointer = TestGuest.stackTop.rawValue
    guest.runToSystemCall()
    #expect(guest.registers.general[8] == 0x33)
    #expect(guest.registers.general[9] == 0x2b)
    #expect(guest.registers.general[10] == 0)
    #expect(guest.registers.general[12] == 0)
    #expect(guest.registers.general[13] == 0x202)
  }

  @Test func userModeCannotDisableInterrupts() throws {
    // popfq with all flags set, pushfq, pop r13: IOPL, IF and VM stay as they were.
    let guest = try TestGuest(.x86_64, [0x9d, 0x9c, 0x41, 0x5d, 0x0f, 0x05])
    guest.map(TestGuest.stackTop - 4096)
    guest.registers.stackPointer = TestGuest.stackTop.rawValue - 8
    try guest.space.store(UInt64(0x3000), to: TestGuest.stackTop - 8)
    guest.runToSystemCall()
    #expect(guest.registers.general[13] == 0x202)
  }

  @Test func segmentBases() throws {
    // mov r8, fs:[0x10]; mov r9, gs:[0x18]; syscall
    let guest = try TestGuest(
      .x86_64,
      [
        0x64, 0x4c, 0x8b, 0x04, 0x25, 0x10, 0, 0, 0, 0x65, 0x4c, 0x8b, 0x0c, 0x25, 0x18, 0, 0, 0,
        0x0f, 0x05,
      ])
    guest.map(TestGuest.data)
    try guest.space.store(UInt64(11), to: TestGuest.data + 0x110)
    try guest.space.store(UInt64(22), to: TestGuest.data + 0x218)
    guest.registers.threadPointer = TestGuest.data.rawValue + 0x100
    guest.registers.gsBase = TestGuest.data.rawValue + 0x200
    guest.runToSystemCall()
    #expect(guest.registers.general[8] == 11)
    #expect(guest.registers.general[9] == 22)
  }

  // MARK: AArch64

  static let offered: [(bit: Int, Instruction)] = [
    (0, Instruction("fadd", [0x20, 0x28, 0x62, 0x1e])),
    (1, Instruction("fadd 4s", [0x20, 0xd4, 0x22, 0x4e])),
    (3, Instruction("aese", [0x20, 0x48, 0x28, 0x4e])),
    (4, Instruction("pmull", [0x20, 0xe0, 0xe2, 0x0e])),
    (5, Instruction("sha1h", [0x20, 0x08, 0x28, 0x5e])),
    (6, Instruction("sha256h", [0x20, 0x40, 0x02, 0x5e])),
    (7, Instruction("crc32x", [0x20, 0x4c, 0xc2, 0x9a])),
    (8, Instruction("ldadd", [0x01, 0x01, 0x20, 0xf8])),
    (8, Instruction("casp", [0x02, 0x7d, 0x20, 0x48])),
    (9, Instruction("fadd h", [0x20, 0x28, 0xe2, 0x1e])),
    (10, Instruction("fadd 8h", [0x20, 0x14, 0x42, 0x4e])),
    (12, Instruction("sqrdmlah", [0x20, 0x84, 0x82, 0x6e])),
    (13, Instruction("fjcvtzs", [0x00, 0x00, 0x7e, 0x1e])),
    (14, Instruction("fcmla", [0x20, 0xcc, 0x82, 0x6e])),
    (15, Instruction("ldapr", [0x00, 0xc1, 0xbf, 0xf8])),
    (17, Instruction("eor3", [0x20, 0x0c, 0x02, 0xce])),
    (18, Instruction("sm3ss1", [0x20, 0x0c, 0x42, 0xce])),
    (19, Instruction("sm4e", [0x20, 0x84, 0xc0, 0xce])),
    (20, Instruction("udot", [0x20, 0x94, 0x82, 0x6e])),
    (21, Instruction("sha512h", [0x20, 0x80, 0x62, 0xce])),
    (23, Instruction("fmlal", [0x20, 0xec, 0x22, 0x4e])),
    (26, Instruction("ldapur", [0x00, 0x81, 0x40, 0xd9])),
    (27, Instruction("cfinv", [0x1f, 0x40, 0x00, 0xd5])),
    (29, Instruction("sb", [0xff, 0x30, 0x03, 0xd5])),
    (64 + 7, Instruction("axflag", [0x5f, 0x40, 0x00, 0xd5])),
    (64 + 8, Instruction("frint32x", [0x20, 0xc0, 0x68, 0x1e])),
  ]

  @Test(arguments: offered)
  func executesWhatTheCapabilitiesOffer(_ bit: Int, _ instruction: Instruction) throws {
    let capabilities = try TestGuest(.aarch64).engine.hwcaps
    let word = bit < 64 ? capabilities.hwcap : capabilities.hwcap2
    #expect(word >> UInt64(bit % 64) & 1 == 1)
    #expect(try executes(.aarch64, instruction))
  }

  /// What Linux allows at EL0 besides computing.
  @Test(arguments: [
    Instruction("mrs tpidr_el0", [0x49, 0xd0, 0x3b, 0xd5]),
    Instruction("msr tpidr_el0", [0x49, 0xd0, 0x1b, 0xd5]),
    Instruction("mrs cntvct_el0", [0x49, 0xe0, 0x3b, 0xd5]),
    Instruction("mrs cntfrq_el0", [0x09, 0xe0, 0x3b, 0xd5]),
    Instruction("mrs ctr_el0", [0x29, 0x00, 0x3b, 0xd5]),
    Instruction("mrs dczid_el0", [0xe9, 0x00, 0x3b, 0xd5]),
    Instruction("mrs fpcr", [0x09, 0x44, 0x3b, 0xd5]),
    Instruction("dc zva", [0x28, 0x74, 0x0b, 0xd5]),
    Instruction("dc cvau", [0x28, 0x7b, 0x0b, 0xd5]),
    Instruction("ic ivau", [0x28, 0x75, 0x0b, 0xd5]),
    Instruction("dsb ish", [0x9f, 0x3b, 0x03, 0xd5]),
    Instruction("isb", [0xdf, 0x3f, 0x03, 0xd5]),
    Instruction("wfe", [0x5f, 0x20, 0x03, 0xd5]),
    Instruction("wfi", [0x7f, 0x20, 0x03, 0xd5]),
    Instruction("yield", [0x3f, 0x20, 0x03, 0xd5]),
    Instruction("bti c", [0x5f, 0x24, 0x03, 0xd5]),
    Instruction("paciasp", [0x3f, 0x23, 0x03, 0xd5]),
  ])
  func systemInstructionsOfUserPrograms(_ instruction: Instruction) throws {
    #expect(try executes(.aarch64, instruction))
  }

  @Test(arguments: [
    Instruction("udf", [0x00, 0x00, 0x00, 0x00]),
    Instruction("hvc", [0x02, 0x00, 0x00, 0xd4]),
    Instruction("smc", [0x03, 0x00, 0x00, 0xd4]),
    Instruction("msr daifset", [0xdf, 0x42, 0x03, 0xd5]),
    Instruction("mrs midr_el1", [0x09, 0x00, 0x38, 0xd5]),
    Instruction("ptrue (SVE)", [0xe0, 0xe3, 0x18, 0x25]),
    Instruction("mrs rndr", [0x09, 0x24, 0x3b, 0xd5]),
  ])
  func refusesPrivilegedInstructions(_ instruction: Instruction) throws {
    #expect(try !executes(.aarch64, instruction))
  }

  /// 1 GHz in the time stamp counter, and what CNTFRQ says in CNTVCT.
  @Test func countersShowTheTimeThatTheyAreGiven() throws {
    let time: Int64 = 0x5_1234_5670
    // rdtsc
    let x86 = try TestGuest(.x86_64, [0x0f, 0x31] + Op.systemCall.bytes(.x86_64))
    x86.engine.counterTime = { time }
    x86.runToSystemCall()
    #expect(x86.registers.general[0] == 0x1234_5670 && x86.registers.general[2] == 5)
    // mrs x9, cntvct_el0; mrs x10, cntfrq_el0
    let arm = try TestGuest(
      .aarch64,
      [0x49, 0xe0, 0x3b, 0xd5, 0x0a, 0xe0, 0x3b, 0xd5] + Op.systemCall.bytes(.aarch64))
    arm.engine.counterTime = { time }
    arm.runToSystemCall()
    #expect(arm.registers.general[10] == 62_500_000)
    #expect(arm.registers.general[9] == UInt64(time) / 16)
  }

  @Test func zeroingABlock() throws {
    let guest = try TestGuest(.aarch64, [0x28, 0x74, 0x0b, 0xd5] + Op.systemCall.bytes(.aarch64))
    guest.map(TestGuest.data)
    try guest.space.store([UInt8](repeating: 0xff, count: 4096), to: TestGuest.data)
    guest.set(r8: TestGuest.data + 130)
    guest.runToSystemCall()
    let bytes = try guest.space.bytes(at: TestGuest.data, count: 4096)
    #expect(bytes[..<128].allSatisfy { $0 == 0xff })
    #expect(bytes[128..<192].allSatisfy { $0 == 0 })
    #expect(bytes[192...].allSatisfy { $0 == 0xff })

    guest.set(r8: TestGuest.data + 4096)
    let fault = guest.runToFault()
    #expect(fault?.reason == .unmapped && fault?.access == .write)
    #expect(fault?.address.roundedDownToPage == TestGuest.data + 4096)
    #expect(guest.registers.programCounter == TestGuest.code.rawValue)
  }

  @Test func addressTagsAreIgnored() throws {
    let guest = try TestGuest(.aarch64, [.load, .systemCall])
    guest.map(TestGuest.data)
    try guest.space.store(UInt64(5), to: TestGuest.data)
    guest.set(r8: GuestAddress(TestGuest.data.rawValue | 0xab << 56))
    guest.runToSystemCall()
    #expect(guest.registers.general[9] == 5)
    guest.set(r8: GuestAddress((TestGuest.data.rawValue + 4096) | 0xab << 56))
    #expect(guest.runToFault()?.address == TestGuest.data + 4096)
  }
}
