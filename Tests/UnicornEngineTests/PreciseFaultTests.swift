import Machine
import Testing
import UnicornEngine

/// A fault in the middle of an instruction or a block leaves no partial effects.
@Suite struct PreciseFaultTests {
  private static let data = TestGuest.data

  // MARK: x86-64

  @Test func pushIntoNothing() throws {
    // inc r11; push r9; inc r11; syscall
    let guest = try TestGuest(
      .x86_64, [0x49, 0xff, 0xc3, 0x41, 0x51, 0x49, 0xff, 0xc3, 0x0f, 0x05])
    guest.registers.stackPointer = Self.data.rawValue + 4
    guest.map(Self.data)
    guest.set(r9: 5, r11: 0)
    let fault = guest.runToFault()
    #expect(fault == MemoryFault(address: Self.data - 4, access: .write, reason: .unmapped))
    #expect(guest.registers.stackPointer == Self.data.rawValue + 4)
    #expect(guest.registers.programCounter == TestGuest.code.rawValue + 3)
    #expect(guest.registers.general[11] == 1)
    guest.map(Self.data - 4096)
    guest.runToSystemCall(from: GuestAddress(guest.registers.programCounter))
    #expect(guest.registers.stackPointer == Self.data.rawValue - 4)
  }

  @Test func callThroughAStackThatIsFull() throws {
    let guest = try TestGuest(.x86_64, [.call])
    guest.registers.stackPointer = Self.data.rawValue
    guest.set(r10: TestGuest.code)
    #expect(guest.runToFault()?.address == Self.data - 8)
    #expect(guest.registers.stackPointer == Self.data.rawValue)
    #expect(guest.registers.programCounter == TestGuest.code.rawValue)
  }

  @Test func repeatedMoveStopsAtTheFault() throws {
    let guest = try TestGuest(.x86_64, [0xf3, 0xa4, 0x0f, 0x05])
    guest.map(Self.data, pages: 2)
    guest.map(TestGuest.other)
    try guest.space.store([UInt8](repeating: 7, count: 8192), to: Self.data)
    guest.registers.general[6] = Self.data.rawValue  // rsi
    guest.registers.general[7] = TestGuest.other.rawValue + 4000  // rdi
    guest.registers.general[1] = 200  // rcx
    let fault = guest.runToFault()
    #expect(
      fault == MemoryFault(address: TestGuest.other + 4096, access: .write, reason: .unmapped))
    #expect(guest.registers.general[1] == 104)
    #expect(guest.registers.general[6] == Self.data.rawValue + 96)
    #expect(guest.registers.general[7] == TestGuest.other.rawValue + 4096)
    #expect(guest.registers.programCounter == TestGuest.code.rawValue)
    guest.map(TestGuest.other + 4096)
    guest.runToSystemCall()
    #expect(guest.registers.general[7] == TestGuest.other.rawValue + 4200)
    #expect(
      try guest.space.bytes(at: TestGuest.other + 4000, count: 200)
        == [UInt8](repeating: 7, count: 200))
  }

  @Test func readModifyWriteOfReadOnly() throws {
    // add qword ptr [r8], 1; syscall
    let guest = try TestGuest(.x86_64, [0x49, 0x83, 0x00, 0x01, 0x0f, 0x05])
    guest.map(Self.data)
    guest.protect(Self.data, .read)
    guest.set(r8: Self.data)
    let flags = guest.registers.flags
    #expect(guest.runToFault()?.access == .write)
    #expect(guest.registers.flags == flags)
    guest.protect(Self.data, [.read, .write])
    guest.runToSystemCall()
    #expect(try guest.space.load(UInt64.self, at: Self.data) == 1)
  }

  /// Instructions before the end of a page are executed although the block runs on into a page that
  /// can't be; also when the block was made while it could.
  @Test(arguments: [false, true])
  func blockAcrossTheEndOfAPage(_ wasExecuted: Bool) throws {
    let end = GuestAddress(0x40_1000)
    // Three times inc r11, up to the end of the page; then inc r11; syscall.
    let guest = try TestGuest(.x86_64)
    try guest.load([.count, .count, .count, .count, .systemCall], at: end - 9)
    if wasExecuted {
      guest.set(r11: 0)
      guest.runToSystemCall(from: end - 9)
    }
    guest.unmap(end)
    guest.set(r11: 0)
    for _ in 0..<2 {
      guest.set(r11: 0)
      let fault = guest.runToFault(from: end - 9)
      #expect(fault == MemoryFault(address: end, access: .execute, reason: .unmapped))
      #expect(guest.registers.programCounter == end.rawValue)
      #expect(guest.registers.general[11] == 3)
    }
    // Mapped again, it goes on where it stopped.
    try guest.load([.count, .systemCall], at: end)
    guest.runToSystemCall(from: end)
    #expect(guest.registers.general[9] == 0)
  }

  @Test func instructionAcrossTheEndOfAPage() throws {
    let end = GuestAddress(0x40_1000)
    let guest = try TestGuest(.x86_64)
    // The third inc has its first byte on the page.
    try guest.load([.nop, .count, .count, .count, .systemCall], at: end - 8)
    guest.unmap(end)
    guest.set(r11: 0)
    let fault = guest.runToFault(from: end - 8)
    #expect(fault == MemoryFault(address: end, access: .execute, reason: .unmapped))
    #expect(guest.registers.programCounter == end.rawValue - 1)
    #expect(guest.registers.general[11] == 2)
  }

  @Test func longBlockAcrossTheEndOfAPage() throws {
    let end = GuestAddress(0x40_1000)
    let guest = try TestGuest(.x86_64)
    try guest.load([Op](repeating: .count, count: 300), at: end - 750)
    guest.unmap(end)
    guest.set(r11: 0)
    #expect(guest.runToFault(from: end - 750)?.address == end)
    #expect(guest.registers.general[11] == 250)
  }

  /// The instructions before the end have another end than the fetch: a system call, a fault.
  @Test func otherExitsNearTheEndOfAPage() throws {
    let end = GuestAddress(0x40_1000)
    let guest = try TestGuest(.x86_64)
    try guest.load([.count, .load, .count, .count], at: end - 9)
    guest.unmap(end)
    guest.set(r8: Self.data, r11: 0)
    let fault = guest.runToFault(from: end - 9)
    #expect(fault == MemoryFault(address: Self.data, access: .read, reason: .unmapped))
    #expect(guest.registers.programCounter == end.rawValue - 6)
    #expect(guest.registers.general[11] == 1)
    guest.map(Self.data)
    #expect(guest.runToFault(from: end - 6)?.address == end)
    #expect(guest.registers.general[11] == 2)
  }

  // MARK: AArch64

  private func aarch64(_ instruction: [UInt8]) throws -> TestGuest {
    let guest = try TestGuest(
      .aarch64, Op.count.bytes(.aarch64) + instruction + Op.systemCall.bytes(.aarch64))
    guest.set(r11: 0)
    return guest
  }

  @Test func storePairAcrossIntoNothing() throws {
    // stp x9, x10, [x8], #16
    let guest = try aarch64([0x09, 0x29, 0x81, 0xa8])
    guest.map(Self.data)
    guest.set(r8: Self.data + 4088, r9: 1, r10: GuestAddress(2))
    let fault = guest.runToFault()
    #expect(fault == MemoryFault(address: Self.data + 4096, access: .write, reason: .unmapped))
    #expect(guest.registers.general[8] == Self.data.rawValue + 4088)
    #expect(guest.registers.programCounter == TestGuest.code.rawValue + 4)
    #expect(guest.registers.general[11] == 1)
    guest.map(Self.data + 4096)
    guest.runToSystemCall(from: TestGuest.code + 4)
    #expect(guest.registers.general[8] == Self.data.rawValue + 4104)
    #expect(try guest.space.load(UInt64.self, at: Self.data + 4088) == 1)
    #expect(try guest.space.load(UInt64.self, at: Self.data + 4096) == 2)
  }

  @Test func preIndexedStoreIntoNothing() throws {
    // str x9, [x8, #-8]!
    let guest = try aarch64([0x09, 0x8d, 0x1f, 0xf8])
    guest.set(r8: Self.data)
    #expect(guest.runToFault()?.address == Self.data - 8)
    #expect(guest.registers.general[8] == Self.data.rawValue)
  }

  @Test func loadPairOverItsOwnBase() throws {
    // ldp x8, x9, [x8]
    let guest = try aarch64([0x08, 0x25, 0x40, 0xa9])
    guest.map(Self.data)
    try guest.space.store(UInt64(99), to: Self.data + 4088)
    guest.set(r8: Self.data + 4088)
    #expect(guest.runToFault()?.address == Self.data + 4096)
    #expect(guest.registers.general[8] == Self.data.rawValue + 4088)
    guest.map(Self.data + 4096)
    guest.runToSystemCall(from: TestGuest.code + 4)
    #expect(guest.registers.general[8] == 99)
    #expect(guest.registers.general[9] == 0)
  }

  @Test func vectorStoreAcrossIntoNothing() throws {
    // stp q0, q1, [x8]
    let guest = try aarch64([0x00, 0x05, 0x00, 0xad])
    guest.map(Self.data)
    guest.set(r8: Self.data + 4096 - 24)
    #expect(guest.runToFault()?.address == Self.data + 4096)
    #expect(guest.registers.programCounter == TestGuest.code.rawValue + 4)
  }

  @Test func endOfAPage() throws {
    let end = GuestAddress(0x40_1000)
    let guest = try TestGuest(.aarch64)
    try guest.load([.count, .count, .systemCall], at: end - 8)
    guest.unmap(end)
    guest.set(r11: 0)
    #expect(
      guest.runToFault(from: end - 8)
        == MemoryFault(address: end, access: .execute, reason: .unmapped))
    #expect(guest.registers.programCounter == end.rawValue)
    #expect(guest.registers.general[11] == 2)
  }
}
