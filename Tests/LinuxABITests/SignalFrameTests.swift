import LinuxABI
import Machine
import Testing

@Suite struct SignalFrameTests {
  /// A register file with a different value in every place that a frame holds.
  static func pattern(_ isa: GuestISA) -> RegisterFile {
    var registers = RegisterFile(isa: isa)
    let count = isa == .x86_64 ? 16 : 31
    for index in 0..<count { registers.general[index] = 0x1111_0000_0000 + UInt64(index) }
    registers.stackPointer = 0x7ffc_1234_5678
    registers.programCounter = 0x40_1234
    registers.threadPointer = 0x7f00_0000_1000
    registers.gsBase = 0x55
    for index in 0..<(isa == .x86_64 ? 16 : 32) {
      registers.vectors[index] = Vector128(low: UInt64(index) << 32 | 1, high: UInt64(index) << 40)
    }
    switch isa {
    case .x86_64:
      registers.flags = 0x246 | 0x400
      registers.floatControl = 0x1fa0
      registers.x87.control = 0x27f
      // Top of stack 6: registers 6 and 7 hold 1.0 and 0.0.
      registers.x87.status = 6 << 11
      registers.x87.tag = 0x4fff
      registers.x87.mantissas[0] = 1 << 63
      registers.x87.exponents[0] = 0x3fff
      registers.x87.instruction = 0x1234_5678_9abc
      registers.x87.operand = 0x7000_0000_1111
      registers.x87.opcode = 0x123
    case .aarch64:
      registers.stackPointer = 0x7ffc_1234_5670
      registers.flags = 0x6000_0000
      registers.floatControl = 0x40_0000
      registers.floatStatus = 0x10
    case .riscv64:
      for index in 0..<32 { registers.vectors[index].high = 0 }
      registers.stackPointer = 0x7ffc_1234_5670
      registers.floatControl = 0x61
    }
    return registers
  }

  /// Every value of a register file, so that two can be compared.
  static func values(_ registers: RegisterFile) -> [UInt64] {
    var all = (0..<31).map { registers.general[$0] }
    all += [
      registers.stackPointer, registers.programCounter, registers.flags, registers.threadPointer,
      registers.gsBase, UInt64(registers.floatControl), UInt64(registers.floatStatus),
      UInt64(registers.x87.control), UInt64(registers.x87.status), UInt64(registers.x87.tag),
      UInt64(registers.x87.opcode), registers.x87.instruction, registers.x87.operand,
    ]
    for index in 0..<32 { all += [registers.vectors[index].low, registers.vectors[index].high] }
    for index in 0..<8 {
      all += [registers.x87.mantissas[index], UInt64(registers.x87.exponents[index])]
    }
    return all
  }

  static func delivery(_ isa: GuestISA, _ flags: SigactionFlags = [.SA_SIGINFO]) -> SignalDelivery {
    let fault = MemoryFault(address: GuestAddress(0xabc0), access: .write, reason: .unmapped)
    return SignalDelivery(
      registers: pattern(isa), info: Siginfo(fault, isa: isa),
      action: Sigaction(
        handler: 0x40_8000, flags: isa == .x86_64 ? flags.union(.SA_RESTORER) : flags,
        restorer: 0x40_9000, mask: []),
      mask: [.SIGUSR1, .SIGRTMAX], stack: SignalStack(ss_sp: 5, ss_flags: [], ss_size: 6),
      fault: FaultInfo(fault, isa: isa), trampoline: GuestAddress(0x7fff_f000))
  }

  /// Reads from the frame only.
  static func reader(_ frame: SignalFrame)
    -> (GuestAddress, Int) throws(MemoryFault) -> [UInt8]
  {
    { (address: GuestAddress, count: Int) throws(MemoryFault) -> [UInt8] in
      let offset = address.rawValue &- frame.address.rawValue
      guard offset <= UInt64(frame.bytes.count), Int(offset) + count <= frame.bytes.count else {
        throw MemoryFault(address: address, access: .read, reason: .unmapped)
      }
      return Array(frame.bytes[Int(offset)..<(Int(offset) + count)])
    }
  }

  /// The registers at the `rt_sigreturn` call of a handler that changed everything else.
  static func atReturn(_ frame: SignalFrame) -> RegisterFile {
    var registers = RegisterFile(isa: frame.registers.isa)
    registers.threadPointer = frame.registers.threadPointer
    registers.gsBase = frame.registers.gsBase
    registers.stackPointer = frame.address.rawValue
    // `ret` has popped the return address.
    if registers.isa == .x86_64 { registers.stackPointer += 8 }
    return registers
  }

  @Test(arguments: GuestISA.allCases) func roundTrip(isa: GuestISA) throws {
    let delivery = Self.delivery(isa)
    let frame = try #require(SignalFrame.build(delivery))
    let restored = try #require(
      SignalFrame.parse(registers: Self.atReturn(frame), read: Self.reader(frame)))
    #expect(Self.values(restored.registers) == Self.values(delivery.registers))
    #expect(restored.mask == delivery.mask)
    #expect(restored.stack == delivery.stack)
  }

  @Test func entryOnX86_64() throws {
    let delivery = Self.delivery(.x86_64)
    let frame = try #require(SignalFrame.build(delivery))
    let registers = frame.registers
    #expect((registers.stackPointer + 8) % 16 == 0)
    #expect(registers.stackPointer == frame.address.rawValue)
    #expect(frame.address.rawValue + UInt64(frame.bytes.count) <= 0x7ffc_1234_5678 - 128)
    #expect(registers.general[X86_64.Register.rdi] == 11)
    #expect(registers.general[X86_64.Register.rsi] == frame.address.rawValue + 312)
    #expect(registers.general[X86_64.Register.rdx] == frame.address.rawValue + 8)
    #expect(registers.general[X86_64.Register.rax] == 0)
    #expect(registers.general[X86_64.Register.rbx] == delivery.registers.general[3])
    #expect(registers.programCounter == 0x40_8000)
    #expect(registers.flags == 0x246)
    #expect(registers.floatControl == 0x1f80)
    #expect(registers.threadPointer == delivery.registers.threadPointer)
    var reader = ByteReader(frame.bytes)
    #expect(reader.read(UInt64.self) == 0x40_9000)
    reader = ByteReader(frame.bytes, at: 312)
    #expect(Siginfo(from: &reader) == delivery.info)
    // The pointer to the FXSAVE image.
    reader = ByteReader(frame.bytes, at: 8 + 40 + 184)
    let image: UInt64 = reader.read()
    #expect(image % 64 == 0)
    #expect(image - frame.address.rawValue + 512 == UInt64(frame.bytes.count))
    // err, trapno, oldmask, cr2.
    reader = ByteReader(frame.bytes, at: 8 + 40 + 152)
    #expect(reader.read(UInt64.self) == 6)
    #expect(reader.read(UInt64.self) == 14)
    #expect(reader.read(UInt64.self) == delivery.mask.rawValue)
    #expect(reader.read(UInt64.self) == 0xabc0)
  }

  @Test func entryOnAArch64() throws {
    let delivery = Self.delivery(.aarch64)
    let frame = try #require(SignalFrame.build(delivery))
    let registers = frame.registers
    #expect(registers.stackPointer % 16 == 0)
    #expect(registers.general[0] == 11)
    #expect(registers.general[1] == frame.address.rawValue)
    #expect(registers.general[2] == frame.address.rawValue + 128)
    #expect(registers.general[29] == frame.address.rawValue + 4688)
    #expect(registers.general[30] == 0x7fff_f000)
    #expect(registers.programCounter == 0x40_8000)
    #expect(frame.bytes.count == 4704)
    // A handler's floating-point unit is the interrupted one's.
    #expect(registers.floatControl == delivery.registers.floatControl)
    var reader = ByteReader(frame.bytes, at: 4688)
    #expect(reader.read(UInt64.self) == delivery.registers.general[29])
    #expect(reader.read(UInt64.self) == delivery.registers.general[30])
    reader = ByteReader(frame.bytes, at: 592 + 528)
    #expect(reader.read(UInt32.self) == 0x4553_5201)
    #expect(reader.read(UInt32.self) == 16)
    #expect(reader.read(UInt64.self) == 0x9200_0047)
    #expect(reader.read(UInt64.self) == 0)

    var plain = delivery
    plain.action.flags = .SA_RESTORER
    let other = try #require(SignalFrame.build(plain))
    #expect(other.registers.general[1] == delivery.registers.general[1])
    #expect(other.registers.general[30] == 0x40_9000)
  }

  @Test func alternateStack() throws {
    for isa in GuestISA.allCases {
      var delivery = Self.delivery(isa, [.SA_SIGINFO, .SA_ONSTACK])
      delivery.stack = SignalStack(ss_sp: 0x10_0000, ss_flags: [], ss_size: 0x8000)
      let frame = try #require(SignalFrame.build(delivery))
      #expect(delivery.stack.contains(frame.address.rawValue))
      #expect(frame.address.rawValue + UInt64(frame.bytes.count) <= delivery.stack.top)
      // Already on it: the next frame goes below.
      delivery.registers.stackPointer = frame.address.rawValue
      let nested = try #require(SignalFrame.build(delivery))
      #expect(nested.address < frame.address)
      let room = frame.address.rawValue - nested.address.rawValue
      #expect(room <= (SignalFrame.minimumStackSize(for: isa) ?? 1088) + 128)
    }
  }

  @Test func tooSmallAnAlternateStackIsRefusedOnX86_64() {
    var delivery = Self.delivery(.x86_64, .SA_ONSTACK)
    delivery.stack = SignalStack(ss_sp: 0x10_0000, ss_flags: [], ss_size: 900)
    #expect(SignalFrame.build(delivery) == nil)
    delivery.stack.ss_size = SignalFrame.minimumStackSize(for: .x86_64) ?? 0
    #expect(SignalFrame.build(delivery) != nil)
  }

  @Test func restorerIsRequiredOnX86_64() {
    var delivery = Self.delivery(.x86_64)
    delivery.action.flags = []
    #expect(SignalFrame.build(delivery) == nil)
  }

  @Test func privilegedBitsAreNotTakenFromX86_64Frames() throws {
    var frame = try #require(SignalFrame.build(Self.delivery(.x86_64)))
    let flags = 8 + 40 + 136
    for index in 0..<8 { frame.bytes[flags + index] = 0xff }
    let restored = try #require(
      SignalFrame.parse(registers: Self.atReturn(frame), read: Self.reader(frame)))
    #expect(restored.registers.flags == 0x202 | 0x50dd5)

    // 32-bit code segment.
    var other = frame
    other.bytes[8 + 40 + 144] = 0x23
    #expect(
      SignalFrame.parse(registers: Self.atReturn(other), read: Self.reader(other)) == nil)
    // Reserved bits of MXCSR.
    other = frame
    other.bytes[frame.bytes.count - 512 + 26] = 1
    #expect(
      SignalFrame.parse(registers: Self.atReturn(other), read: Self.reader(other)) == nil)
  }

  @Test func badAArch64FramesAreRefused() throws {
    let frame = try #require(SignalFrame.build(Self.delivery(.aarch64)))
    func parse(_ change: (inout [UInt8]) -> Void) -> SignalFrame.Restored? {
      var copy = frame
      change(&copy.bytes)
      return SignalFrame.parse(registers: Self.atReturn(copy), read: Self.reader(copy))
    }
    #expect(parse { _ in } != nil)
    // EL1.
    #expect(parse { $0[576] = 5 } == nil)
    // Interrupts masked.
    #expect(parse { $0[576] = 0x80 } == nil)
    // No floating-point record.
    #expect(parse { $0.replaceSubrange(592..<600, with: [UInt8](repeating: 0, count: 8)) } == nil)
    // Its size wrong, its magic unknown, a terminator with a size.
    #expect(parse { $0[596] = 0x20 } == nil)
    #expect(parse { $0[592] = 0 } == nil)
    #expect(parse { $0[592 + 544 + 4] = 8 } == nil)
    // Only the flags survive of other bits.
    let restored = parse { $0[577] = 0xfc }
    #expect(restored?.registers.flags == 0x6000_0000)
    // A misaligned stack pointer.
    var registers = Self.atReturn(frame)
    registers.stackPointer += 8
    #expect(SignalFrame.parse(registers: registers, read: Self.reader(frame)) == nil)
  }

  @Test(arguments: GuestISA.allCases) func unreadableFramesAreRefused(isa: GuestISA) throws {
    var frame = try #require(SignalFrame.build(Self.delivery(isa)))
    frame.bytes.removeLast(400)
    #expect(
      SignalFrame.parse(registers: Self.atReturn(frame), read: Self.reader(frame)) == nil)
  }

  @Test(arguments: GuestISA.allCases) func unblockableSignalsStayUnblocked(isa: GuestISA) throws {
    var delivery = Self.delivery(isa)
    delivery.mask = .full
    let frame = try #require(SignalFrame.build(delivery))
    let restored = try #require(
      SignalFrame.parse(registers: Self.atReturn(frame), read: Self.reader(frame)))
    #expect(restored.mask == SignalSet.full.subtracting(.unblockable))
  }

  @Test func tagWords() {
    var x87 = X87State()
    #expect(FXSaveImage.abridged(0xffff) == 0)
    #expect(FXSaveImage.abridged(0x4fff) == 0xc0)
    #expect(FXSaveImage.fullTag(0, x87) == 0xffff)
    // With the top at 7, st(0) is register 7: infinity.
    x87.status = 7 << 11
    x87.exponents[0] = 0x7fff
    x87.mantissas[0] = 1 << 63
    #expect(FXSaveImage.fullTag(0x80, x87) == 0xbfff)
  }

  @Test func syscallConvention() {
    for isa in GuestISA.allCases {
      var registers = RegisterFile(isa: isa)
      registers.syscallNumber = 42
      for index in 0..<6 { registers.setSyscallArgument(index, UInt64(index) + 1) }
      #expect((0..<6).map { registers.syscallArgument($0) } == [1, 2, 3, 4, 5, 6])
      registers.programCounter = 0x1004
      registers.syscallResult = Errno.EINTR.syscallResult
      registers.rewindSyscall(number: 42, firstArgument: 1)
      #expect(registers.syscallNumber == 42)
      #expect(registers.syscallArgument(0) == 1)
      #expect(registers.programCounter == (isa == .x86_64 ? 0x1002 : 0x1000))
    }
  }

  @Test func layoutAgreesWithTheKernelsHeaders() throws {
    let x86: [(expression: String, value: UInt64)] = [
      ("sizeof(struct rt_sigframe)", UInt64(SignalFrame.frameSizeX86_64)),
      ("__builtin_offsetof(struct rt_sigframe, uc)", UInt64(SignalFrame.contextOffsetX86_64)),
      ("__builtin_offsetof(struct rt_sigframe, info)", UInt64(SignalFrame.infoOffsetX86_64)),
      ("__builtin_offsetof(struct ucontext, uc_stack)", 16),
      ("__builtin_offsetof(struct ucontext, uc_mcontext)", 40),
      ("__builtin_offsetof(struct ucontext, uc_mcontext.r15)", 40 + 56),
      ("__builtin_offsetof(struct ucontext, uc_mcontext.rdi)", 40 + 64),
      ("__builtin_offsetof(struct ucontext, uc_mcontext.rcx)", 40 + 112),
      ("__builtin_offsetof(struct ucontext, uc_mcontext.rsp)", 40 + 120),
      ("__builtin_offsetof(struct ucontext, uc_mcontext.rip)", 40 + 128),
      ("__builtin_offsetof(struct ucontext, uc_mcontext.eflags)", 40 + 136),
      ("__builtin_offsetof(struct ucontext, uc_mcontext.cs)", 40 + 144),
      ("__builtin_offsetof(struct ucontext, uc_mcontext.ss)", 40 + 150),
      ("__builtin_offsetof(struct ucontext, uc_mcontext.err)", 40 + 152),
      ("__builtin_offsetof(struct ucontext, uc_mcontext.cr2)", 40 + 176),
      ("__builtin_offsetof(struct ucontext, uc_mcontext.fpstate)", 40 + 184),
      ("__builtin_offsetof(struct ucontext, uc_sigmask)", 40 + 256),
      ("sizeof(struct _fpstate_64)", UInt64(FXSaveImage.byteCount)),
      ("UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS", 6),
    ]
    let aarch64: [(expression: String, value: UInt64)] = [
      ("sizeof(struct rt_sigframe)", UInt64(SignalFrame.frameSizeAArch64)),
      ("__builtin_offsetof(struct rt_sigframe, uc)", UInt64(SignalFrame.contextOffsetAArch64)),
      (
        "__builtin_offsetof(struct rt_sigframe, uc.uc_mcontext)",
        UInt64(SignalFrame.machineContextOffsetAArch64)
      ),
      (
        "__builtin_offsetof(struct rt_sigframe, uc.uc_mcontext.__reserved)",
        UInt64(SignalFrame.recordsOffsetAArch64)
      ),
      ("__builtin_offsetof(struct rt_sigframe, uc.uc_mcontext.pstate)", 576),
      ("__builtin_offsetof(struct rt_sigframe, uc.uc_sigmask)", 168),
      ("sizeof(struct fpsimd_context)", 528),
      ("__builtin_offsetof(struct fpsimd_context, fpsr)", 8),
      ("__builtin_offsetof(struct fpsimd_context, fpcr)", 12),
      ("__builtin_offsetof(struct fpsimd_context, vregs)", 16),
      ("sizeof(struct esr_context)", 16),
      ("FPSIMD_MAGIC", 0x4650_8001),
      ("ESR_MAGIC", 0x4553_5201),
    ]
    let riscv64: [(expression: String, value: UInt64)] = [
      ("sizeof(struct rt_sigframe)", UInt64(SignalFrame.frameSizeRISCV64)),
      ("__builtin_offsetof(struct rt_sigframe, uc)", UInt64(SignalFrame.contextOffsetRISCV64)),
      (
        "__builtin_offsetof(struct rt_sigframe, uc.uc_mcontext)",
        UInt64(SignalFrame.machineContextOffsetRISCV64)
      ),
      ("__builtin_offsetof(struct rt_sigframe, uc.uc_sigmask)", 168),
      ("__builtin_offsetof(struct sigcontext, sc_fpregs)", 256),
      ("__builtin_offsetof(struct rt_sigframe, uc.uc_mcontext.sc_fpregs.q.reserved)", 1076),
    ]
    let headers = """
      #include <linux/types.h>
      #include <asm/signal.h>
      #include <asm/siginfo.h>
      #include <asm/sigcontext.h>
      #include <asm/ucontext.h>

      """
    let frames: [GuestISA: String] = [
      .x86_64: "struct rt_sigframe { char *pretcode; struct ucontext uc; siginfo_t info; };\n",
      .aarch64: "struct rt_sigframe { siginfo_t info; struct ucontext uc; };\n",
      .riscv64: "struct rt_sigframe { siginfo_t info; struct ucontext uc; };\n",
    ]
    let claims: [GuestISA: [(expression: String, value: UInt64)]] = [
      .x86_64: x86, .aarch64: aarch64, .riscv64: riscv64,
    ]
    for isa in GuestISA.allCases {
      let source =
        headers + (frames[isa] ?? "") + CCompiler.assertions(claims[isa] ?? [])
      let complaint = try CCompiler.complaint(about: source, for: isa)
      #expect(complaint == nil)
    }
  }
}
