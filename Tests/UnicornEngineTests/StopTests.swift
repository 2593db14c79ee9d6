import Foundation
import Machine
import Synchronization
import Testing
import UnicornEngine

private final class Shared: Sendable {
  let isDone = Atomic<Bool>(false)
}

@Suite struct StopTests {
  /// Requests a stop every millisecond until one has happened.
  private func whileStopping<R>(_ token: StopToken, _ body: () throws -> R) rethrows -> R {
    let shared = Shared()
    // Not a task: the tests that wait for a stop occupy all threads that tasks run on.
    Thread.detachNewThread {
      while !shared.isDone.load(ordering: .relaxed) {
        Thread.sleep(forTimeInterval: 0.001)
        token.request()
      }
    }
    defer { shared.isDone.store(true, ordering: .relaxed) }
    return try body()
  }

  @Test(arguments: GuestISA.allCases)
  func stopsABlockThatJumpsToItself(_ isa: GuestISA) throws {
    let guest = try TestGuest(isa, [.count, .hang])
    for _ in 0..<20 {
      let exit = whileStopping(guest.engine.stopToken) { guest.run(from: TestGuest.code) }
      guard case .stopped = exit else {
        Issue.record("not stopped: \(exit)")
        return
      }
      let hang = TestGuest.code.rawValue + guest.length(.count)
      #expect([TestGuest.code.rawValue, hang].contains(guest.registers.programCounter))
    }
  }

  @Test(arguments: GuestISA.allCases)
  func requestBeforeTheRun(_ isa: GuestISA) throws {
    let guest = try TestGuest(isa, [.systemCall])
    guest.engine.requestStop()
    guard case .stopped = guest.run() else {
      Issue.record("not stopped")
      return
    }
    #expect(guest.registers.programCounter == TestGuest.code.rawValue)
    guest.runToSystemCall()
  }

  /// No instruction is lost or executed twice, however often the guest is stopped.
  @Test(arguments: GuestISA.allCases)
  func stoppingIsExact(_ isa: GuestISA) throws {
    // r12 times: word at r8 += 1
    let code: [UInt8] =
      switch isa {
      case .x86_64:
        // add qword ptr [r8], 1; dec r12; jnz
        [0x49, 0x83, 0x00, 0x01, 0x49, 0xff, 0xcc, 0x75, 0xf7]
      case .aarch64:
        // ldr x9, [x8]; add x9, x9, #1; str x9, [x8]; subs x12, x12, #1; b.ne
        [
          0x09, 0x01, 0x40, 0xf9, 0x29, 0x05, 0x00, 0x91, 0x09, 0x01, 0x00, 0xf9, 0x8c, 0x05, 0x00,
          0xf1, 0x81, 0xff, 0xff, 0x54,
        ]
      case .riscv64:
        // ld x10, 0(x9); addi x10, x10, 1; sd x10, 0(x9); addi x13, x13, -1; bnez
        [
          0x03, 0xb5, 0x04, 0x00, 0x13, 0x05, 0x15, 0x00, 0x23, 0xb0, 0xa4, 0x00, 0x93, 0x86, 0xf6,
          0xff, 0xe3, 0x98, 0x06, 0xfe,
        ]
      }
    let guest = try TestGuest(isa, code + Op.systemCall.bytes(isa))
    guest.map(TestGuest.data)
    guest.set(r8: TestGuest.data)
    guest.registers.general[12] = 20_000_000
    var stops = 0
    whileStopping(guest.engine.stopToken) {
      var exit = guest.run(from: TestGuest.code)
      while case .stopped = exit {
        stops += 1
        exit = guest.run()
      }
    }
    #expect(stops > 0)
    #expect(try guest.space.load(UInt64.self, at: TestGuest.data) == 20_000_000)
  }

  @Test func tokenOutlivesTheEngine() throws {
    let token = try TestGuest(.x86_64).engine.stopToken
    token.request()
  }
}
