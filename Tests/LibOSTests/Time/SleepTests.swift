import LinuxABI
import Machine
import TestHost
import Testing

import LibOS

@Suite struct SleepTests {
  private let data = SignalMachine.data
  private let second: Int64 = 1_000_000_000

  @Test(arguments: GuestISA.allCases) func sleepsAsLongAsAsked(isa: GuestISA) {
    let machine = SignalMachine(isa)
    let start = machine.kernel.clock.monotonic
    machine.place(Timespec(tv_sec: 2, tv_nsec: 500))
    #expect(machine.perform("nanosleep", data, 0) == 0)
    #expect(machine.kernel.clock.monotonic == start + 2 * second + 500)
    // CLOCK_REALTIME, TIMER_ABSTIME
    machine.place(Timespec(nanoseconds: machine.kernel.clock.realtime + second))
    #expect(machine.perform("clock_nanosleep", 0, 1, data, 0) == 0)
    #expect(machine.kernel.clock.monotonic == start + 3 * second + 500)
    // In the past.
    machine.place(Timespec(tv_sec: 1))
    #expect(machine.perform("clock_nanosleep", 1, 1, data, 0) == 0)
    #expect(machine.kernel.clock.monotonic == start + 3 * second + 500)
  }

  @Test func refusesNonsense() {
    let machine = SignalMachine(.x86_64)
    machine.place(Timespec(tv_sec: 0, tv_nsec: second))
    #expect(machine.perform("nanosleep", data, 0) == SignalMachine.failure(.EINVAL))
    #expect(machine.perform("nanosleep", 8, 0) == SignalMachine.failure(.EFAULT))
    machine.place(Timespec())
    #expect(machine.perform("clock_nanosleep", 99, 0, data, 0) == SignalMachine.failure(.EINVAL))
    for clock in [3, 4, 5, 6] as [UInt64] {
      #expect(
        machine.perform("clock_nanosleep", clock, 0, data, 0)
          == SignalMachine.failure(.EOPNOTSUPP))
    }
  }

  @Test(arguments: GuestISA.allCases) func aHandlerEndsItAndTheRestIsTold(isa: GuestISA) {
    let machine = SignalMachine(isa)
    machine.catchSignal(.SIGUSR1, flags: [.SA_SIGINFO, .SA_RESTART])
    machine.send(.SIGUSR1, after: second / 2)
    machine.place(Timespec(tv_sec: 2))
    machine.perform("nanosleep", data, data + 32)
    #expect(machine.engine.programCounter == SignalMachine.handler)
    #expect(machine.fetch(Timespec.self, at: data + 32).nanoseconds == 2 * second - second / 2)
    machine.returnFromHandler()
    #expect(
      Int64(bitPattern: machine.engine.registers.syscallResult) == SignalMachine.failure(.EINTR))
  }

  @Test func restartingDoesNotMakeItLonger() {
    let machine = SignalMachine(.x86_64)
    let start = machine.kernel.clock.monotonic
    // Stopped and continued without a handler: the call goes on.
    machine.send(.SIGSTOP, after: second)
    machine.send(.SIGCONT, after: second + 5000)
    machine.place(Timespec(tv_sec: 3))
    machine.run([machine.step("nanosleep", [data, 0]), FakeEngine.syscallAgain])
    #expect(machine.engine.registers.syscallResult == 0)
    #expect(machine.kernel.clock.monotonic == start + 3 * second)
  }

  @Test func clocks() {
    let machine = SignalMachine(.aarch64)
    let clock = machine.kernel.clock
    func read(_ id: Int32) -> Int64? {
      let id = UInt64(bitPattern: Int64(id))
      guard machine.perform("clock_gettime", id, data) == 0 else { return nil }
      return machine.fetch(Timespec.self, at: data).nanoseconds
    }
    machine.host.advance(by: 1_234_567)
    for id in [0, 8, 11] as [Int32] { #expect(read(id) == clock.realtime) }
    for id in [1, 4, 7, 9] as [Int32] { #expect(read(id) == clock.monotonic) }
    #expect(read(6) == clock.monotonic / 4_000_000 * 4_000_000)
    #expect(read(2) == machine.process.processorTime.nanoseconds)
    // pthread_getcpuclockid of thread 1, and of a thread that isn't there.
    #expect(read(~1 << 3 | 6) == machine.task.currentProcessorTime.nanoseconds)
    #expect(read(~1 << 3 | 2) == machine.process.processorTime.nanoseconds)
    #expect(read(~77 << 3 | 6) == nil)
    #expect(read(10) == nil && read(~0 << 3 | 3) == nil)
    #expect(machine.perform("clock_getres", 6, data) == 0)
    #expect(machine.fetch(Timespec.self, at: data).nanoseconds == 4_000_000)
    #expect(machine.perform("clock_settime", 0, data) == SignalMachine.failure(.EPERM))
  }
}
