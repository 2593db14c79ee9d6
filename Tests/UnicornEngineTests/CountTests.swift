import Foundation
import Machine
import Testing
import UnicornEngine

/// Instructions are counted exactly, whatever interrupts them.
@Suite struct CountTests {
  /// r9 += [r8]; r8 += 4096; r12 -= 1; again unless r12 is 0; a system call. Four to six
  /// instructions a round, and a page touched in each.
  private func loop(_ isa: GuestISA) -> [UInt8] {
    switch isa {
    case .x86_64:
      [
        0x4d, 0x03, 0x08,  // add r9, [r8]
        0x49, 0x81, 0xc0, 0, 0x10, 0, 0,  // add r8, 4096
        0x49, 0xff, 0xcc,  // dec r12
        0x75, 0xf1,  // jnz
        0x0f, 0x05,
      ]
    case .aarch64:
      words([
        0xf940_010a,  // ldr x10, [x8]
        0x8b0a_0129,  // add x9, x9, x10
        0x9140_0508,  // add x8, x8, #1, lsl #12
        0xf100_058c,  // subs x12, x12, #1
        0x54ff_ff81,  // b.ne
        0xd400_0001,
      ])
    case .riscv64:
      words([
        0x0004_b583,  // ld x11, 0(x9)
        0x00b5_0533,  // add x10, x10, x11
        0x0000_17b7,  // lui x15, 1
        0x00f4_84b3,  // add x9, x9, x15
        0xfff6_8693,  // addi x13, x13, -1
        0xfe06_96e3,  // bnez
        0x0000_0073,
      ])
    }
  }

  private func instructionsARound(_ isa: GuestISA) -> UInt64 {
    switch isa {
    case .x86_64: 4
    case .aarch64: 5
    case .riscv64: 6
    }
  }

  /// To the instruction before.
  private func back(_ isa: GuestISA) -> [UInt8] {
    switch isa {
    case .x86_64: [0xeb, 0xfb]
    case .aarch64: words([0x17ff_ffff])
    case .riscv64: words([0xffdf_f06f])
    }
  }

  private func words(_ words: [UInt32]) -> [UInt8] {
    words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
  }

  private let rounds: UInt64 = 700

  private func guest(_ isa: GuestISA) throws -> TestGuest {
    let guest = try TestGuest(isa, loop(isa), countsInstructions: true)
    guest.map(TestGuest.data, pages: rounds)
    for page in 0..<rounds { try guest.space.store(page * page, to: TestGuest.data + page << 12) }
    guest.set(r8: TestGuest.data, r9: 0)
    guest.registers.general[12] = rounds
    return guest
  }

  /// Runs to the system call with budgets from `next`; returns the number of instructions.
  private func run(_ guest: TestGuest, _ next: (Int) -> UInt64) -> UInt64 {
    guest.engine.registers = guest.registers
    var total: UInt64 = 0
    for turn in 0... {
      let given = next(turn)
      var budget = given
      let exit = guest.engine.run(in: guest.space, budget: &budget, time: Int64(total))
      total += given - budget
      if case .syscall = exit { break }
      guard case .stopped = exit, budget == 0 else {
        Issue.record("\(exit) with \(budget) of \(given) left")
        break
      }
    }
    guest.registers = guest.engine.registers
    return total
  }

  private func sum() -> UInt64 { (0..<rounds).reduce(0) { $0 + $1 * $1 } }

  /// Each page misses the TLB once, so each round is interrupted.
  @Test(arguments: GuestISA.allCases)
  func missesAreNotCounted(_ isa: GuestISA) throws {
    let guest = try guest(isa)
    #expect(run(guest) { _ in 1 << 40 } == rounds * instructionsARound(isa) + 1)
    #expect(guest.registers.general[9] == sum())
  }

  @Test(arguments: GuestISA.allCases, [1, 2, 3, 7, 64, 1000] as [UInt64])
  func anyBudgetIsKept(_ isa: GuestISA, _ budget: UInt64) throws {
    let guest = try guest(isa)
    #expect(run(guest) { _ in budget } == rounds * instructionsARound(isa) + 1)
    #expect(guest.registers.general[9] == sum())
  }

  /// Dropped translations make no difference.
  @Test(arguments: GuestISA.allCases)
  func flushesDoNotShow(_ isa: GuestISA) throws {
    let guest = try guest(isa)
    let total = run(guest) { turn in
      if turn % 3 == 0 { guest.space.flushTLB() }
      if turn % 50 == 0 { guest.unmap(TestGuest.other); guest.map(TestGuest.other) }
      return UInt64(turn % 11 + 1)
    }
    #expect(total == rounds * instructionsARound(isa) + 1)
    #expect(guest.registers.general[9] == sum())
  }

  /// More than the hardware's 16 bits hold.
  @Test(arguments: GuestISA.allCases)
  func stopsBehindManyInstructions(_ isa: GuestISA) throws {
    let guest = try TestGuest(
      isa,
      TestGuest.assemble(isa, [.count]) + back(isa),
      countsInstructions: true)
    guest.set(r11: 0)
    guest.engine.registers = guest.registers
    for budget in [65_534, 65_535, 65_536, 1_000_001] as [UInt64] {
      let before = guest.engine.registers.general[11]
      let isInMiddle = guest.engine.programCounter != TestGuest.code.rawValue
      var left = budget
      guard case .stopped = guest.engine.run(in: guest.space, budget: &left, time: 0), left == 0
      else {
        Issue.record("not stopped")
        return
      }
      // One of two instructions counts.
      let counted = guest.engine.registers.general[11] - before
      #expect(counted == (budget + (isInMiddle ? 0 : 1)) / 2)
    }
  }

  @Test(arguments: GuestISA.allCases)
  func nothingRunsWithoutABudget(_ isa: GuestISA) throws {
    let guest = try TestGuest(
      isa, TestGuest.assemble(isa, [.count, .systemCall]), countsInstructions: true)
    guest.engine.registers = guest.registers
    var budget: UInt64 = 0
    guard case .stopped = guest.engine.run(in: guest.space, budget: &budget, time: 0) else {
      Issue.record("not stopped")
      return
    }
    #expect(guest.engine.programCounter == TestGuest.code.rawValue)
  }

  /// The faulting instruction counts once, when it is done.
  @Test(arguments: GuestISA.allCases)
  func aFaultGivesBackTheRest(_ isa: GuestISA) throws {
    let guest = try TestGuest(
      isa, TestGuest.assemble(isa, [.count, .count, .load, .count, .systemCall]),
      countsInstructions: true)
    guest.set(r8: TestGuest.data, r11: 0)
    guest.engine.registers = guest.registers
    var budget: UInt64 = 100
    guard case .fault = guest.engine.run(in: guest.space, budget: &budget, time: 0) else {
      Issue.record("no fault")
      return
    }
    #expect(budget == 98)
    guest.map(TestGuest.data)
    guard case .syscall = guest.engine.run(in: guest.space, budget: &budget, time: 0) else {
      Issue.record("no system call")
      return
    }
    #expect(budget == 95)
  }

  /// Counters that programs can read follow the count, even within a run.
  @Test(arguments: GuestISA.allCases)
  func countersFollow(_ isa: GuestISA) throws {
    let code: [UInt8] =
      switch isa {
      case .x86_64:
        // nop; rdtsc; mov r9d, eax; nop ×32; rdtsc; sub eax, r9d; mov r11d, eax; syscall
        [0x90, 0x0f, 0x31, 0x41, 0x89, 0xc1] + [UInt8](repeating: 0x90, count: 32)
          + [0x0f, 0x31, 0x44, 0x29, 0xc8, 0x41, 0x89, 0xc3, 0x0f, 0x05]
      case .aarch64:
        // nop; mrs x9, cntvct_el0; nop ×32; mrs x11, cntvct_el0; sub x11, x11, x9; svc
        words(
          [0xd503_201f, 0xd53b_e049] + [UInt32](repeating: 0xd503_201f, count: 32)
            + [0xd53b_e04b, 0xcb09_016b, 0xd400_0001])
      case .riscv64:
        // nop; rdtime x10; nop ×32; rdtime x12; sub x12, x12, x10; ecall
        words(
          [0x0000_0013, 0xc010_2573] + [UInt32](repeating: 0x0000_0013, count: 32)
            + [0xc010_2673, 0x40a6_0633, 0x0000_0073])
      }
    for budget in [1, 5, 1000] as [UInt64] {
      let guest = try TestGuest(isa, code, countsInstructions: true)
      guest.registers.programCounter = TestGuest.code.rawValue
      // A multiple of the 16 ns that a tick of CNTVCT takes, less the two instructions before.
      guest.engine.registers = guest.registers
      var time: Int64 = 1 << 20 - 2
      while true {
        var left = budget
        let exit = guest.engine.run(in: guest.space, budget: &left, time: time)
        time += Int64(budget - left)
        if case .syscall = exit { break }
      }
      let registers = guest.engine.registers
      switch isa {
      case .x86_64:
        #expect(registers.general[9] == 1 << 20)
        // rdtsc, mov and the 32 between the two.
        #expect(time == 1 << 20 - 2 + 39)
      case .aarch64:
        #expect(registers.general[9] == 1 << 16)
        #expect(registers.general[11] == 2)
      case .riscv64:
        #expect(registers.general[9] == 1 << 20)
        #expect(registers.general[11] == 33)
      }
    }
  }

  /// Each iteration of a string instruction counts; after a miss it continues.
  @Test func stringInstructionsCountTheirIterations() throws {
    // rep stosb; syscall
    let guest = try TestGuest(.x86_64, [0xf3, 0xaa, 0x0f, 0x05], countsInstructions: true)
    guest.map(TestGuest.data, pages: 3)
    for budget in [1 << 40, 100, 1, 4097] as [UInt64] {
      guest.registers.programCounter = TestGuest.code.rawValue
      guest.registers.general[7] = TestGuest.data.rawValue
      guest.registers.general[1] = 3 * 4096
      #expect(run(guest) { _ in budget } == 3 * 4096 + 2)
      #expect(guest.registers.general[7] == TestGuest.data.rawValue + 3 * 4096)
      guest.unmap(TestGuest.data, pages: 3)
      guest.map(TestGuest.data, pages: 3)
    }
  }
}
