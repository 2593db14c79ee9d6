import LinuxABI
import Machine
import TestHost
import Testing

import LibOS

/// Calls that take several turns of their thread.
@Suite struct TurnTests {
  @Test(arguments: GuestISA.allCases) func otherThreadsRunBetweenTurns(isa: GuestISA) {
    let machine = SignalMachine(isa)
    // The clock stands still: each slice is over at once, and so is the first one.
    machine.host.advance(by: machine.kernel.configuration.timeSlice)
    machine.kernel.configuration.timeSlice = 0
    let (start, length) = (UInt64(0x1000_0000), UInt64(40 << 20))
    let area = VMA(
      start: GuestAddress(start), end: GuestAddress(start + length), permissions: [.read, .write])
    #expect(machine.process.space.map(area))
    let other = machine.addTask()
    var progress: [UInt64] = []
    let look: FakeEngine.Step = { _ in
      progress.append(machine.task.progress.bytesDone)
      #expect(machine.kernel.loaded === other)
      return .stopped
    }
    let populate: UInt64 = 23  // MADV_POPULATE_WRITE
    machine.run([
      FakeEngine.syscall(machine.number("madvise"), [start, length, populate]), look, look,
    ])
    #expect(progress == [16 << 20, 32 << 20])
    #expect(machine.engine.registers.syscallResult == 0)
  }

  /// What the host's side wants meanwhile does not make a call of many messages end early.
  @Test(arguments: GuestISA.allCases) func manyMessagesAreSentInTurns(isa: GuestISA) throws {
    let machine = SignalMachine(isa)
    let (data, headers) = (SignalMachine.data, SignalMachine.data + 0x1000)
    let (unix, datagrams): (UInt64, UInt64) = (1, 2)
    machine.perform("socketpair", unix, datagrams, 0, data)
    for (name, end) in [("sendmmsg", UInt64(0)), ("recvmmsg", 1)] {
      try machine.process.space.store(
        [UInt8](repeating: 0, count: 3 * 64), to: GuestAddress(headers))
      let step: FakeEngine.Step = { engine in
        machine.kernel.interrupt.raise()
        return FakeEngine.syscall(machine.number(name), [end, headers, 3, 0, 0])(engine)
      }
      machine.run([step])
      #expect(machine.engine.registers.syscallResult == 3, "\(name)")
    }
  }
}
