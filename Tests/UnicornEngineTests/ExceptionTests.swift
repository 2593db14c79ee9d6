import Machine
import Testing
import UnicornEngine

@Suite struct ExceptionTests {
  /// Runs `count` and the instruction, and expects the exception with the program counter at the
  /// instruction, or `behind` it.
  private func expect(
    _ expected: GuestException, _ isa: GuestISA, _ code: [UInt8], at offset: UInt64 = 0,
    repetitions: Int = 1, _ location: SourceLocation = #_sourceLocation,
    prepare: (TestGuest) throws -> Void = { _ in }
  ) throws {
    let guest = try TestGuest(isa, Op.count.bytes(isa) + code)
    try prepare(guest)
    let start = guest.registers
    for _ in 0..<repetitions {
      guest.registers = start
      guest.set(r11: 41)
      let exception = guest.runToException(from: TestGuest.code, location)
      #expect(exception == expected, sourceLocation: location)
      let address = TestGuest.code.rawValue + guest.length(.count) + offset
      #expect(guest.registers.programCounter == address, sourceLocation: location)
      #expect(guest.registers.general[11] == 42, sourceLocation: location)
    }
  }

  // MARK: x86-64

  /// Unicorn turns a second exception in a row into a double fault unless that is prevented.
  @Test func divideByZeroAgainAndAgain() throws {
    // xor ecx, ecx; div rcx
    try expect(.divide, .x86_64, [0x31, 0xc9, 0x48, 0xf7, 0xf1], at: 2, repetitions: 5)
  }

  @Test func divideOverflow() throws {
    // mov rdx, -1 ... idiv by 1: quotient too large
    try expect(
      .divide, .x86_64, [0x48, 0xf7, 0xf1],
      prepare: {
        $0.registers.general[1] = 1
        $0.registers.general[2] = 5
      })
  }

  @Test func mixedExceptionsInARow() throws {
    // div; hlt; div; hlt, each with its own state
    let guest = try TestGuest(.x86_64, [0x48, 0xf7, 0xf1, 0xf4])
    for _ in 0..<4 {
      guest.registers.vectors[3] = Vector128(low: 3, high: 4)
      #expect(guest.runToException() == .divide)
      #expect(guest.registers.vectors[3] == Vector128(low: 3, high: 4))
      #expect(guest.runToException(from: TestGuest.code + 3) == .generalProtection)
      #expect(guest.registers.programCounter == TestGuest.code.rawValue + 3)
    }
  }

  @Test(arguments: [[0x0f, 0x0b], [0x0f, 0xff, 0xc0], [0x06], [0xf0, 0x90]] as [[UInt8]])
  func illegal(_ code: [UInt8]) throws {
    try expect(.illegalInstruction, .x86_64, code, repetitions: 3)
  }

  /// hlt, cli, in, out, mov cr0, rdmsr, lgdt, invlpg.
  @Test(
    arguments: [
      [0xf4], [0xfa], [0xec], [0xee], [0x0f, 0x20, 0xc0], [0x0f, 0x32], [0x41, 0x0f, 0x01, 0x10],
      [0x41, 0x0f, 0x01, 0x38],
    ] as [[UInt8]])
  func privileged(_ code: [UInt8]) throws {
    try expect(.generalProtection, .x86_64, code, repetitions: 3)
  }

  @Test func softwareInterrupts() throws {
    try expect(.generalProtection, .x86_64, [0xcd, 0x80])
    try expect(.generalProtection, .x86_64, [0xcd, 0x00])
    try expect(.generalProtection, .x86_64, [0xcd, 0x0d])
    try expect(.generalProtection, .x86_64, [0xcd, 0x20])
  }

  @Test func breakpoint() throws {
    try expect(.breakpoint, .x86_64, [0xcc], at: 1)
    try expect(.breakpoint, .x86_64, [0xcd, 0x03], at: 2)
    try expect(.breakpoint, .aarch64, [0x20, 0x00, 0x20, 0xd4])
  }

  @Test func singleStep() throws {
    let guest = try TestGuest(.x86_64, [.count, .count, .systemCall])
    guest.registers.flags |= 0x100
    guest.set(r11: 0)
    #expect(guest.runToException() == .singleStep)
    #expect(guest.registers.general[11] == 1)
    #expect(guest.registers.programCounter == TestGuest.code.rawValue + 3)
  }

  @Test func x87() throws {
    // fldcw [r8]; fld1; fldz; fdivp; fwait: the unmasked division by zero shows at fwait.
    try expect(
      .floatingPoint, .x86_64,
      [0x41, 0xd9, 0x28, 0xd9, 0xe8, 0xd9, 0xee, 0xde, 0xf9, 0x9b], at: 9,
      prepare: {
        $0.map(TestGuest.data)
        try $0.space.store(UInt16(0x37b), to: TestGuest.data)
        $0.set(r8: TestGuest.data)
      })
  }

  @Test func vectorFloatingPoint() throws {
    // divsd xmm1, xmm2: the unmasked division by zero shows at once, and nothing is written.
    let guest = try TestGuest(.x86_64, [0xf2, 0x0f, 0x5e, 0xca])
    guest.registers.vectors[1] = Vector128(low: 0x3ff0_0000_0000_0000, high: 7)
    guest.registers.vectors[2] = Vector128()
    guest.registers.floatControl = 0x1d80 | 0x20
    let start = guest.registers
    for _ in 0..<3 {
      guest.registers = start
      #expect(guest.runToException() == .vectorFloatingPoint)
      #expect(guest.registers.programCounter == TestGuest.code.rawValue)
      #expect(guest.registers.vectors[1] == start.vectors[1])
      #expect(guest.registers.floatControl == 0x1da4)
    }
  }

  /// movaps xmm0, [r8]; movdqa [r8], xmm0; addps xmm0, [r8]; movntdq [r8], xmm0; pshufb xmm0, [r8].
  @Test(
    arguments: [
      [0x41, 0x0f, 0x28, 0x00], [0x66, 0x41, 0x0f, 0x7f, 0x00], [0x41, 0x0f, 0x58, 0x00],
      [0x66, 0x41, 0x0f, 0xe7, 0x00], [0x66, 0x41, 0x0f, 0x38, 0x00, 0x00],
    ] as [[UInt8]])
  func misaligned(_ code: [UInt8]) throws {
    try expect(
      .generalProtection, .x86_64, code, repetitions: 3,
      prepare: {
        $0.map(TestGuest.data)
        $0.set(r8: TestGuest.data + 8)
      })
  }

  @Test func nonCanonicalAddress() throws {
    let guest = try TestGuest(.x86_64, [.load])
    guest.set(r8: GuestAddress(0x1234_5678_9abc_def0))
    let fault = guest.runToFault()
    #expect(fault?.reason == .nonCanonical)
    guest.set(r8: GuestAddress(0xffff_8000_0000_0000))
    #expect(guest.runToFault()?.reason == .unmapped)
  }

  // MARK: AArch64

  @Test(arguments: [[0x00, 0x00, 0x00, 0x00], [0x02, 0x00, 0x00, 0xd4]] as [[UInt8]])
  func undefined(_ code: [UInt8]) throws {
    try expect(.illegalInstruction, .aarch64, code, repetitions: 3)
  }

  /// Exclusive and ordered accesses must be aligned; plain ones need not.
  @Test func alignment() throws {
    func prepare(_ guest: TestGuest) {
      guest.map(TestGuest.data)
      guest.set(r8: TestGuest.data + 1)
    }
    // ldxr x9, [x8]; ldar x9, [x8]; stlr x9, [x8]
    let ordered: [([UInt8], Access)] = [
      ([0x09, 0x7d, 0x5f, 0xc8], .read), ([0x09, 0xfd, 0xdf, 0xc8], .read),
      ([0x09, 0xfd, 0x9f, 0xc8], .write),
    ]
    for (code, access) in ordered {
      let guest = try TestGuest(.aarch64, code)
      prepare(guest)
      for _ in 0..<3 {
        let fault = guest.runToFault()
        #expect(fault?.reason == .misaligned && fault?.access == access)
        #expect(fault?.address == TestGuest.data + 1)
      }
    }
    let guest = try TestGuest(.aarch64, [.load, .systemCall])
    prepare(guest)
    guest.runToSystemCall()
  }
}
