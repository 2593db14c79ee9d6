import Machine
import Testing
import UnicornEngine

@Suite struct RunTests {
  @Test(arguments: GuestISA.allCases)
  func systemCallFrameAndResult(_ isa: GuestISA) throws {
    let guest = try TestGuest(isa, [.systemCall, .count, .systemCall])
    let numbers =
      switch isa {
      case .x86_64: [7, 6, 2, 10, 8, 9]
      case .aarch64: [0, 1, 2, 3, 4, 5]
      case .riscv64: [9, 10, 11, 12, 13, 14]
      }
    let (number, result) =
      switch isa {
      case .x86_64: (0, 0)
      case .aarch64: (8, 0)
      case .riscv64: (16, 9)
      }
    guest.registers.general[number] = 39
    for (index, register) in numbers.enumerated() {
      guest.registers.general[register] = 100 + UInt64(index)
    }
    guest.runToSystemCall()
    let behind = TestGuest.code.rawValue + guest.length(.systemCall)
    #expect(guest.engine.programCounter == behind)
    let frame = guest.engine.syscallFrame()
    #expect(frame.number == 39)
    for index in 0..<6 { #expect(frame.arguments[index] == 100 + UInt64(index)) }
    if isa == .x86_64 {
      #expect(guest.registers.general[1] == behind)
      #expect(guest.registers.general[11] == guest.registers.flags)
    }

    let before = guest.registers.general[11]
    guest.engine.setSyscallResult(4711)
    guard case .syscall = guest.engine.run(in: guest.space) else {
      Issue.record("no second system call")
      return
    }
    #expect(guest.engine.registers.general[result] == 4711)
    if isa != .x86_64 { #expect(guest.engine.registers.general[11] == before + 1) }
    #expect(
      guest.engine.programCounter == behind + guest.length(.count) + guest.length(.systemCall))
  }

  @Test(arguments: GuestISA.allCases)
  func programCounterCanBeMoved(_ isa: GuestISA) throws {
    let guest = try TestGuest(isa, [.hang, .count, .systemCall])
    guest.engine.registers = guest.registers
    guest.engine.programCounter = TestGuest.code.rawValue + guest.length(.hang)
    guest.engine.stackPointer = 0x1234_5678
    guest.engine.threadPointer = 0x8765_4321
    guard case .syscall = guest.engine.run(in: guest.space) else {
      Issue.record("no system call")
      return
    }
    #expect(guest.engine.registers.stackPointer == 0x1234_5678)
    #expect(guest.engine.stackPointer == 0x1234_5678)
    #expect(guest.engine.registers.threadPointer == 0x8765_4321)
    #expect(guest.engine.threadPointer == 0x8765_4321)
  }

  @Test(arguments: GuestISA.allCases)
  func jumpToNullIsAFault(_ isa: GuestISA) throws {
    let guest = try TestGuest(isa, [.jump])
    guest.set(r10: .null)
    let fault = guest.runToFault()
    #expect(fault == MemoryFault(address: .null, access: .execute, reason: .unmapped))
    #expect(guest.registers.programCounter == 0)
  }

  @Test(arguments: GuestISA.allCases)
  func exactFaultAddress(_ isa: GuestISA) throws {
    let guest = try TestGuest(isa, [.count, .load, .systemCall])
    guest.set(r8: TestGuest.data + 0x123, r11: 7)
    let fault = guest.runToFault()
    #expect(
      fault == MemoryFault(address: TestGuest.data + 0x123, access: .read, reason: .unmapped))
    #expect(guest.registers.programCounter == TestGuest.code.rawValue + guest.length(.count))
    #expect(guest.registers.general[11] == 8)
  }

  @Test(arguments: GuestISA.allCases)
  func statistics(_ isa: GuestISA) throws {
    let guest = try TestGuest(isa, [.load, .systemCall])
    guest.map(TestGuest.data)
    guest.set(r8: TestGuest.data)
    guest.runToSystemCall()
    #expect(guest.engine.statistics.runs == 1)
    #expect(guest.engine.statistics.tlbFills >= 2)
    #expect(guest.engine.statistics.tlbFlushes >= 1)
  }

  @Test(arguments: GuestISA.allCases)
  func enginesOfBothKindsSideBySide(_ isa: GuestISA) throws {
    let guests = try GuestISA.allCases.map { try TestGuest($0, [.load, .systemCall]) }
    for guest in guests {
      guest.map(TestGuest.data)
      try guest.space.store(UInt64(99), to: TestGuest.data)
      guest.set(r8: TestGuest.data)
    }
    for guest in guests { guest.runToSystemCall() }
    for guest in guests.reversed() {
      guest.runToSystemCall()
      #expect(guest.registers.general[9] == 99)
    }
  }
}
