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
    #expect(machine.engine.registers.general[0] == 0)
  }
}
