import Machine
import Testing
import UnicornEngine

/// Changing code: translations of the old bytes are never executed again.
@Suite struct CodeTests {
  private static let writable: Permissions = [.read, .write, .execute]
  private static let here = GuestAddress(0x50_5000)

  /// Puts `value` in the first register and makes a system call.
  static func answer(_ isa: GuestISA, _ value: UInt8) -> [UInt8] {
    load(isa, value) + Op.systemCall.bytes(isa)
  }

  /// mov eax, value; movz w0, #value; li x1, value
  private static func load(_ isa: GuestISA, _ value: UInt8) -> [UInt8] {
    switch isa {
    case .x86_64: return [0xb8, value, 0, 0, 0]
    case .aarch64:
      return bytes(0x5280_0000 | UInt32(value) << 5)
    case .riscv64: return bytes(0x93 | UInt32(value) << 20)
    }
  }

  /// The word that holds the value in `answer`, and where it is.
  private static func patch(_ isa: GuestISA, _ value: UInt8) -> (offset: UInt64, word: UInt32) {
    switch isa {
    case .x86_64: (1, UInt32(value))
    case .aarch64: (0, 0x5280_0000 | UInt32(value) << 5)
    case .riscv64: (0, 0x93 | UInt32(value) << 20)
    }
  }

  private static func bytes(_ word: UInt32) -> [UInt8] {
    [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> $0) }
  }

  /// mov dword ptr [r8], r9d; str w9, [x8]; sw x10, 0(x9)
  private static func store(_ isa: GuestISA) -> [UInt8] {
    switch isa {
    case .x86_64: [0x45, 0x89, 0x08]
    case .aarch64: [0x09, 0x01, 0x00, 0xb9]
    case .riscv64: [0x23, 0xa0, 0xa4, 0x00]
    }
  }

  /// The instructions that an ISA requires between writing code and executing it; none on x86-64.
  private static func synchronize(_ isa: GuestISA) -> [UInt8] {
    switch isa {
    case .x86_64: []
    case .aarch64:
      [
        0x28, 0x7b, 0x0b, 0xd5, 0x9f, 0x3b, 0x03, 0xd5, 0x28, 0x75, 0x0b, 0xd5, 0x9f, 0x3b, 0x03,
        0xd5, 0xdf, 0x3f, 0x03, 0xd5,
      ]
    case .riscv64: [0x0f, 0x10, 0x00, 0x00]  // fence.i
    }
  }

  /// The result of the code at `address`.
  private func result(
    _ guest: TestGuest, at address: GuestAddress = here,
    _ location: SourceLocation = #_sourceLocation
  ) -> UInt64 {
    guest.runToSystemCall(from: address, location)
    return guest.registers.general[0]
  }

  // MARK: Guest code that writes guest code

  @Test(arguments: GuestISA.allCases)
  func nextInstructionOfTheSameBlock(_ isa: GuestISA) throws {
    let before = Self.store(isa) + Self.synchronize(isa)
    let guest = try TestGuest(isa)
    guest.map(Self.here, Self.writable)
    try guest.space.store(before + Self.answer(isa, 0), to: Self.here)
    for value in 1...50 as ClosedRange<UInt8> {
      let patch = Self.patch(isa, value)
      guest.set(r8: Self.here + UInt64(before.count) + patch.offset, r9: UInt64(patch.word))
      #expect(result(guest) == UInt64(value))
    }
  }

  @Test(arguments: GuestISA.allCases)
  func anotherBlockOfTheSamePage(_ isa: GuestISA) throws {
    let guest = try TestGuest(isa)
    guest.map(Self.here, Self.writable)
    // Writes, then jumps to r10.
    let writer = Self.store(isa) + Self.synchronize(isa) + Op.jump.bytes(isa)
    try guest.space.store(writer, to: Self.here)
    let target = Self.here + 2048
    try guest.space.store(Self.answer(isa, 0), to: target)
    #expect(result(guest, at: target) == 0)
    for value in 1...50 as ClosedRange<UInt8> {
      let patch = Self.patch(isa, value)
      guest.set(r8: target + patch.offset, r9: UInt64(patch.word), r10: target)
      #expect(result(guest) == UInt64(value))
      #expect(result(guest, at: target) == UInt64(value))
    }
  }

  @Test(arguments: GuestISA.allCases)
  func codeOnAnotherPage(_ isa: GuestISA) throws {
    let guest = try TestGuest(
      isa, Self.store(isa) + Self.synchronize(isa) + Op.jump.bytes(isa))
    guest.map(Self.here, Self.writable)
    try guest.space.store(Self.answer(isa, 0), to: Self.here)
    for value in 1...50 as ClosedRange<UInt8> {
      let patch = Self.patch(isa, value)
      guest.set(r8: Self.here + patch.offset, r9: UInt64(patch.word), r10: Self.here)
      #expect(result(guest, at: TestGuest.code) == UInt64(value))
    }
  }

  /// A block that lies on two pages, changed on each of them.
  @Test func blockOnTwoPages() throws {
    let guest = try TestGuest(.x86_64, Self.store(.x86_64) + Op.jump.bytes(.x86_64))
    guest.map(Self.here, pages: 2, Self.writable)
    // mov eax, n with its operand on the second page; and add eax, n on the second.
    let start = Self.here + 4095
    try guest.space.store([0xb8, 1, 0, 0, 0, 0x05, 1, 0, 0, 0, 0x0f, 0x05], to: start)
    #expect(result(guest, at: start) == 2)
    for value in 3...20 as ClosedRange<UInt64> {
      guest.set(r8: start + 1, r9: value, r10: start)
      #expect(result(guest, at: TestGuest.code) == value + value - (value == 3 ? 2 : 1))
      guest.set(r8: start + 6, r9: value, r10: start)
      #expect(result(guest, at: TestGuest.code) == value + value)
      // And the opcode on the first page: nop; then what follows is decoded anew.
    }
    try guest.space.store([0x90], to: start)
    try guest.space.store([0xb8, 9, 0, 0, 0, 0x90, 0x90, 0x0f, 0x05], to: start + 1)
    #expect(result(guest, at: start) == 9)
  }

  /// The same code at two addresses, the first unmapped and mapped again with other code behind it.
  @Test func secondPageOfABlockIsReplaced() throws {
    let guest = try TestGuest(.x86_64)
    guest.map(Self.here, pages: 2)
    let start = Self.here + 4095
    for value in 1...5 as ClosedRange<UInt8> {
      guest.protect(Self.here, pages: 2, [.read, .write])
      try guest.space.store(Self.answer(.x86_64, value), to: start)
      guest.protect(Self.here, pages: 2, [.read, .execute])
      #expect(result(guest, at: start) == UInt64(value))
      // Only the second page is new.
      guest.unmap(Self.here + 4096)
      guest.map(Self.here + 4096)
      try guest.space.store([value + 100, 0, 0, 0, 0x0f, 0x05], to: Self.here + 4096)
      guest.protect(Self.here + 4096, [.read, .execute])
      #expect(result(guest, at: start) == UInt64(value) + 100)
    }
  }

  /// Copy on write of a page that is being executed: the copy's code is executed from then on.
  @Test(arguments: GuestISA.allCases)
  func codeThatIsCopiedOnWrite(_ isa: GuestISA) throws {
    let before = Self.store(isa) + Self.synchronize(isa)
    let guest = try TestGuest(isa)
    let file = MemoryObject(arena: guest.arena, size: 4096)
    _ = (before + Self.answer(isa, 1)).withRawSpan { file.write(at: 0, from: $0) }
    guest.map(Self.here, Self.writable, backing: .object(file, offset: 0))
    guest.map(TestGuest.other, Self.writable, backing: .object(file, offset: 0))
    guest.map(TestGuest.data)
    for address in [Self.here, TestGuest.other] {
      guest.set(r8: TestGuest.data)
      #expect(result(guest, at: address) == 1)
    }
    let patch = Self.patch(isa, 2)
    guest.set(r8: Self.here + UInt64(before.count) + patch.offset, r9: UInt64(patch.word))
    #expect(result(guest) == 2)
    guest.set(r8: TestGuest.data)
    #expect(result(guest) == 2)
    #expect(result(guest, at: TestGuest.other) == 1)
  }

  // MARK: W^X, as compilers do it

  @Test(arguments: GuestISA.allCases)
  func protectionCycles(_ isa: GuestISA) throws {
    // The guest itself writes, between two mprotects.
    let guest = try TestGuest(isa, Self.store(isa) + Op.systemCall.bytes(isa))
    guest.map(Self.here)
    try guest.space.store(Self.answer(isa, 0), to: Self.here)
    for value in 1...50 as ClosedRange<UInt8> {
      let patch = Self.patch(isa, value)
      guest.set(r8: Self.here + patch.offset, r9: UInt64(patch.word))
      guest.runToSystemCall()
      guest.protect(Self.here, [.read, .execute])
      #expect(result(guest) == UInt64(value))
      #expect(guest.runToFault()?.access == .write)
      guest.protect(Self.here, [.read, .write])
    }
  }

  // MARK: The library OS writes code

  @Test(
    arguments: [[.read, .execute], [.read, .write, .execute]] as [Permissions], GuestISA.allCases)
  func writtenByTheLibraryOS(_ permissions: Permissions, _ isa: GuestISA) throws {
    let guest = try TestGuest(isa)
    let file = MemoryObject(arena: guest.arena, size: 4096)
    guest.map(Self.here, permissions, flags: .shared, backing: .object(file, offset: 0))
    for value in 1...20 as ClosedRange<UInt8> {
      _ = Self.answer(isa, value).withRawSpan { file.write(at: 0, from: $0) }
      #expect(result(guest) == UInt64(value))
      if permissions.contains(.write) {
        try guest.space.store(Self.answer(isa, value + 100), to: Self.here)
        #expect(result(guest) == UInt64(value) + 100)
      }
    }
  }

  @Test(arguments: GuestISA.allCases)
  func punchedHole(_ isa: GuestISA) throws {
    let guest = try TestGuest(isa)
    let file = MemoryObject(arena: guest.arena, size: 8192)
    guest.map(Self.here, [.read, .execute], flags: .shared, backing: .object(file, offset: 0))
    _ = Self.answer(isa, 1).withRawSpan { file.write(at: 0, from: $0) }
    #expect(result(guest) == 1)
    #expect(file.zero(0..<2048))
    let exit = guest.run(from: Self.here)
    if case .syscall = exit { Issue.record("zeroed code was executed") }
  }

  // MARK: Frames that held code

  @Test(arguments: GuestISA.allCases)
  func framesAreUsedAgain(_ isa: GuestISA) throws {
    let guest = try TestGuest(isa, memory: 64 << 10)
    for round in 0..<100 {
      let value = UInt8(truncatingIfNeeded: round)
      // At one of three addresses, in whatever frame comes.
      let address = Self.here + UInt64(round % 3) * 4096
      try guest.load(Self.answer(isa, value), at: address)
      #expect(result(guest, at: address) == UInt64(value))
      guest.unmap(address)
    }
  }

  @Test(arguments: GuestISA.allCases)
  func codeFrameBecomesData(_ isa: GuestISA) throws {
    let guest = try TestGuest(
      isa, Self.store(isa) + Op.systemCall.bytes(isa), memory: 32 << 10)
    for round in 0..<20 as Range<UInt8> {
      try guest.load(Self.answer(isa, round), at: Self.here)
      #expect(result(guest) == UInt64(round))
      guest.unmap(Self.here)
      guest.map(TestGuest.data)
      guest.set(r8: TestGuest.data, r9: UInt64(round))
      guest.runToSystemCall()
      #expect(try guest.space.load(UInt32.self, at: TestGuest.data) == UInt32(round))
      guest.unmap(TestGuest.data)
    }
  }

  /// Many frames at once, neighbours in the arena and not.
  @Test(arguments: GuestISA.allCases)
  func manyFramesAtOnce(_ isa: GuestISA) throws {
    let guest = try TestGuest(isa)
    for round in 1...3 as ClosedRange<UInt8> {
      for page in 0..<40 as Range<UInt64> {
        try guest.load(Self.answer(isa, round &* UInt8(page)), at: Self.here + page * 8192)
        #expect(
          result(guest, at: Self.here + page * 8192) == UInt64(round &* UInt8(page)))
      }
      for page in [3, 1, 2, 30, 31, 39] + Array(4..<30) + [0] + Array(32..<39) as [UInt64] {
        guest.unmap(Self.here + page * 8192)
      }
    }
  }

  // MARK: One object at two addresses

  private func dual(_ isa: GuestISA, _ guest: TestGuest) throws -> MemoryObject {
    let file = MemoryObject(arena: guest.arena, size: 4096)
    guest.map(
      TestGuest.data, [.read, .write], flags: .shared, backing: .object(file, offset: 0))
    guest.map(
      Self.here, [.read, .execute], flags: .shared, backing: .object(file, offset: 0))
    return file
  }

  @Test(arguments: GuestISA.allCases)
  func dualMapping(_ isa: GuestISA) throws {
    let guest = try TestGuest(
      isa, Self.store(isa) + Self.synchronize(isa) + Op.jump.bytes(isa))
    _ = try dual(isa, guest)
    try guest.space.store(Self.answer(isa, 0), to: TestGuest.data)
    for value in 1...50 as ClosedRange<UInt8> {
      let patch = Self.patch(isa, value)
      guest.set(r8: TestGuest.data + patch.offset, r9: UInt64(patch.word), r10: Self.here)
      #expect(result(guest, at: TestGuest.code) == UInt64(value))
    }
    // Still: no write at the one, no execution at the other.
    guest.set(r8: Self.here)
    #expect(guest.runToFault()?.access == .write)
    guest.registers.programCounter = TestGuest.data.rawValue
    #expect(guest.runToFault(from: TestGuest.data)?.access == .execute)
  }

  /// Reading the executable mapping first must not make its code live unnoticed.
  @Test(arguments: GuestISA.allCases)
  func dualMappingReadBeforeExecuted(_ isa: GuestISA) throws {
    let guest = try TestGuest(isa, [.load, .systemCall])
    _ = try dual(isa, guest)
    let storeAndJump = TestGuest.other
    try guest.load(Self.store(isa) + Self.synchronize(isa) + Op.jump.bytes(isa), at: storeAndJump)
    let store = TestGuest.other + 8192
    try guest.load(Self.store(isa) + Op.systemCall.bytes(isa), at: store)
    try guest.space.store(Self.answer(isa, 0), to: TestGuest.data)
    for value in 1...10 as ClosedRange<UInt8> {
      // Now the TLB lets the one be written, and knows the other by a read.
      let patch = Self.patch(isa, 99)
      guest.set(r8: TestGuest.data + patch.offset, r9: UInt64(patch.word))
      guest.runToSystemCall(from: store)
      guest.set(r8: Self.here)
      guest.runToSystemCall()
      for answer in [value, value + 100] {
        let patch = Self.patch(isa, answer)
        guest.set(r8: TestGuest.data + patch.offset, r9: UInt64(patch.word), r10: Self.here)
        #expect(result(guest, at: storeAndJump) == UInt64(answer))
      }
    }
  }

  /// Code that writes to its own page at the other address.
  @Test(arguments: GuestISA.allCases)
  func dualMappingWrittenByItself(_ isa: GuestISA) throws {
    let guest = try TestGuest(isa)
    _ = try dual(isa, guest)
    let before = Self.store(isa) + Self.synchronize(isa)
    // In another block than the one changed: what follows in the same block may be executed as it
    // was (on x86-64 only when it is written at another address, as here).
    try guest.space.store(before + Op.jump.bytes(isa), to: TestGuest.data)
    try guest.space.store(Self.answer(isa, 0), to: TestGuest.data + 1024)
    for value in 1...20 as ClosedRange<UInt8> {
      let patch = Self.patch(isa, value)
      guest.set(
        r8: TestGuest.data + 1024 + patch.offset, r9: UInt64(patch.word), r10: Self.here + 1024)
      #expect(result(guest) == UInt64(value))
    }
  }

  // MARK: Processes

  /// Two address spaces with different code at one address, and one with the same.
  @Test(arguments: GuestISA.allCases)
  func codeOfSeveralAddressSpaces(_ isa: GuestISA) throws {
    let guest = try TestGuest(isa)
    let spaces = (0..<3).map { _ in AddressSpace(arena: guest.arena, isa: isa) }
    for (index, space) in spaces.enumerated() {
      guest.space = space
      try guest.load(Self.answer(isa, UInt8(index / 2)), at: Self.here)
    }
    for _ in 0..<5 {
      for (index, space) in spaces.enumerated() {
        guest.space = space
        #expect(result(guest) == UInt64(index / 2))
      }
    }
  }
}
