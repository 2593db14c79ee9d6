import Machine
import Testing
import UnicornEngine

@Suite struct RegisterTests {
  /// A register file with a different value everywhere.
  static func distinct(_ isa: GuestISA, seed: UInt64) -> RegisterFile {
    var file = RegisterFile(isa: isa)
    var next = seed
    func value() -> UInt64 {
      next = next &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return next
    }
    for index in 0..<(isa == .x86_64 ? 16 : 31) { file.general[index] = value() }
    for index in 0..<(isa == .x86_64 ? 16 : 32) {
      file.vectors[index] = Vector128(low: value(), high: value())
    }
    file.stackPointer = value()
    file.programCounter = value() & 0x7fff_ffff_fffc
    file.threadPointer = value()
    switch isa {
    case .x86_64:
      file.flags = 0x202 | value() & 0xcd5
      file.gsBase = value()
      file.floatControl = UInt32(value() & 0xffff)
      file.x87.control = 0x340 | UInt16(value() & 0xc3f)
      file.x87.status = 5 << 11 | UInt16(value() & 0x477f)
      // An exception that is not masked shows in the summary, too.
      if file.x87.status & ~file.x87.control & 0x3f != 0 { file.x87.status |= 0x8080 }
      // st(0) to st(2) are registers 5 to 7: valid, zero, special.
      file.x87.tag = 0b10_01_00_11_11_11_11_11
      file.x87.mantissas = [0x8000_0000_0000_0001, 0, 0x8000_0000_0000_0000, 0, 0, 0, 0, 0]
      file.x87.exponents = [0x3fff, 0, 0x7fff, 0, 0, 0, 0, 0]
      file.x87.opcode = UInt16(value() & 0x7ff)
      file.x87.instruction = value()
      file.x87.operand = value()
    case .aarch64:
      file.flags = value() & 0xf000_0000
      file.floatControl = UInt32(value() & 0x07c0_0000)
      file.floatStatus = UInt32(value() & 0x0800_009f)
    case .riscv64:
      for index in 0..<32 { file.vectors[index].high = 0 }
      // A rounding mode that there is.
      file.floatControl = UInt32(value() % 5 << 5 | value() & 31)
    }
    return file
  }

  static func expectEqual(
    _ a: RegisterFile, _ b: RegisterFile, _ location: SourceLocation = #_sourceLocation
  ) {
    for index in 0..<31 {
      #expect(a.general[index] == b.general[index], "general \(index)", sourceLocation: location)
    }
    for index in 0..<32 {
      #expect(a.vectors[index] == b.vectors[index], "vector \(index)", sourceLocation: location)
    }
    #expect(a.stackPointer == b.stackPointer, sourceLocation: location)
    #expect(a.programCounter == b.programCounter, sourceLocation: location)
    #expect(a.flags == b.flags, sourceLocation: location)
    #expect(a.threadPointer == b.threadPointer, sourceLocation: location)
    #expect(a.gsBase == b.gsBase, sourceLocation: location)
    #expect(a.floatControl == b.floatControl, sourceLocation: location)
    #expect(a.floatStatus == b.floatStatus, sourceLocation: location)
    #expect(a.x87.control == b.x87.control, sourceLocation: location)
    #expect(a.x87.status == b.x87.status, sourceLocation: location)
    #expect(a.x87.tag == b.x87.tag, sourceLocation: location)
    #expect(a.x87.opcode == b.x87.opcode, sourceLocation: location)
    #expect(a.x87.instruction == b.x87.instruction, sourceLocation: location)
    #expect(a.x87.operand == b.x87.operand, sourceLocation: location)
    for index in 0..<8 {
      #expect(
        a.x87.mantissas[index] == b.x87.mantissas[index], "st(\(index))", sourceLocation: location)
      #expect(
        a.x87.exponents[index] == b.x87.exponents[index], "st(\(index))", sourceLocation: location)
    }
  }

  @Test(arguments: GuestISA.allCases)
  func freshEngine(_ isa: GuestISA) throws {
    Self.expectEqual(try TestGuest(isa).engine.registers, RegisterFile(isa: isa))
  }

  @Test(arguments: GuestISA.allCases)
  func roundTrip(_ isa: GuestISA) throws {
    let engine = try TestGuest(isa).engine
    for seed in 1...20 as ClosedRange<UInt64> {
      let file = Self.distinct(isa, seed: seed)
      engine.registers = file
      Self.expectEqual(engine.registers, file)
      #expect(engine.programCounter == file.programCounter)
      #expect(engine.stackPointer == file.stackPointer)
      #expect(engine.threadPointer == file.threadPointer)
    }
  }

  /// Instructions see the values set by the library OS.
  @Test(arguments: GuestISA.allCases)
  func surviveASystemCall(_ isa: GuestISA) throws {
    let guest = try TestGuest(isa, [.nop, .systemCall])
    var file = Self.distinct(isa, seed: 3)
    file.programCounter = TestGuest.code.rawValue
    guest.registers = file
    guest.runToSystemCall()
    file.programCounter += guest.length(.nop) + guest.length(.systemCall)
    if isa == .x86_64 {
      file.general[1] = file.programCounter
      file.general[11] = file.flags
    }
    Self.expectEqual(guest.registers, file)
  }

  @Test(arguments: GuestISA.allCases)
  func saveAndRestore(_ isa: GuestISA) throws {
    let engine = try TestGuest(isa).engine
    let files = (1...5).map { Self.distinct(isa, seed: $0) }
    let contexts = files.map { file in
      engine.registers = file
      let context = engine.makeContext()
      engine.save(to: context)
      return context
    }
    for round in [[4, 2, 0], [1, 3, 1], [0, 4, 4]] {
      for index in round {
        engine.restore(from: contexts[index])
        #expect(engine.programCounter == files[index].programCounter)
        Self.expectEqual(engine.registers, files[index])
      }
    }
    // A context is used again.
    engine.restore(from: contexts[1])
    engine.save(to: contexts[0])
    engine.restore(from: contexts[2])
    engine.restore(from: contexts[0])
    Self.expectEqual(engine.registers, files[1])
  }

  /// Two threads take turns and don't see each other's registers.
  @Test(arguments: GuestISA.allCases)
  func threadsTakeTurns(_ isa: GuestISA) throws {
    let guest = try TestGuest(isa, [.load, .systemCall])
    guest.map(TestGuest.data)
    try guest.space.store(UInt64(1), to: TestGuest.data)
    try guest.space.store(UInt64(2), to: TestGuest.data + 8)
    let contexts = [0, 8].map { (offset: UInt64) in
      guest.set(r8: TestGuest.data + offset)
      guest.engine.registers = guest.registers
      let context = guest.engine.makeContext()
      guest.engine.save(to: context)
      return context
    }
    for _ in 0..<3 {
      for (index, context) in contexts.enumerated() {
        guest.engine.restore(from: context)
        guard case .syscall = guest.engine.run(in: guest.space) else {
          Issue.record("no system call")
          return
        }
        #expect(guest.engine.registers.general[9] == UInt64(index + 1))
      }
    }
  }

  @Test func x87InstructionsSeeTheStack() throws {
    // fld1; fld1; faddp; fistp qword ptr [r8]; fistp qword ptr [r8+8]; syscall
    let guest = try TestGuest(
      .x86_64,
      [
        0xd9, 0xe8, 0xd9, 0xe8, 0xde, 0xc1, 0x41, 0xdf, 0x38, 0x41, 0xdf, 0x78, 0x08, 0x0f, 0x05,
      ])
    guest.map(TestGuest.data)
    guest.set(r8: TestGuest.data)
    // One value, 3.0, on the stack already: top is 7.
    guest.registers.x87.status = 7 << 11
    guest.registers.x87.tag = 0x3fff
    guest.registers.x87.mantissas[0] = 0xc000_0000_0000_0000
    guest.registers.x87.exponents[0] = 0x4000
    guest.runToSystemCall()
    #expect(try guest.space.load(UInt64.self, at: TestGuest.data) == 2)
    #expect(try guest.space.load(UInt64.self, at: TestGuest.data + 8) == 3)
    #expect(guest.registers.x87.tag == 0xffff)
    #expect(guest.registers.x87.status & 0x3800 == 0)
  }

  @Test func privilegedFlagsCannotBeSet() throws {
    let engine = try TestGuest(.x86_64).engine
    var file = RegisterFile(isa: .x86_64)
    file.flags = .max
    engine.registers = file
    // No IOPL, no VM, no VIF.
    let privileged: UInt64 = 0x3000 | 1 << 17 | 3 << 19
    #expect(engine.registers.flags & privileged == 0)
    file.flags = 0
    engine.registers = file
    #expect(engine.registers.flags == 0x202)
  }
}
