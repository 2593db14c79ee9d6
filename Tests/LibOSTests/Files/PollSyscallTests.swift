import LinuxABI
import Machine
import Testing

import LibOS

@Suite struct PollSyscallTests {
  private let data = SignalMachine.data
  private let second: Int64 = 1_000_000_000

  /// A machine with a pipe: reader 0, writer 1.
  private func makeMachine(_ isa: GuestISA) -> SignalMachine {
    let machine = SignalMachine(isa)
    #expect(machine.perform("pipe2", data, 0) == 0)
    #expect(machine.word(at: data) == 1 << 32)
    return machine
  }

  private func writer(_ machine: SignalMachine) -> OpenFile {
    try! machine.process.files.file(1)
  }

  private func writeLater(_ machine: SignalMachine, after delay: Int64) {
    machine.later(delay) { _ = try? self.writer(machine).put([1]) }
  }

  @Test func pipesGetFlagsOfTheirISA() throws {
    let machine = SignalMachine(.aarch64)
    // O_DIRECT on AArch64, O_CLOEXEC, O_NONBLOCK
    #expect(machine.perform("pipe2", data, 0x1_0000 | 0x8_0000 | 0x800) == 0)
    #expect(writer(machine).flags == [.O_WRONLY, .O_DIRECT, .O_NONBLOCK])
    #expect(try machine.process.files.slot(0).closeOnExec)
    #expect(machine.perform("pipe2", data, 0x4000) == SignalMachine.failure(.EINVAL))
    #expect(machine.perform("pipe2", 8, 0) == SignalMachine.failure(.EFAULT))
    #expect(machine.process.files.descriptors == [0, 1])
  }

  @Test(arguments: GuestISA.allCases) func pollAnswersAtOnce(isa: GuestISA) {
    let machine = makeMachine(isa)
    let entries = [
      PollFD(fd: 0, events: 1), PollFD(fd: 1, events: 4), PollFD(fd: 9, events: 1),
      PollFD(fd: -1, events: 1, revents: 77),
    ]
    machine.store(entries.guestBytes)
    #expect(machine.perform("ppoll", data, 4, 0, 0, 8) == 2)
    let result = PollFD.array(from: machine.bytes(at: data, count: 32))
    #expect(result.map(\.revents) == [0, 4, 0x20, 0])
    #expect(machine.perform("ppoll", data, 2000, 0, 0, 8) == SignalMachine.failure(.EINVAL))
  }

  @Test func pollWaitsNoLongerThanAsked() {
    let machine = makeMachine(.x86_64)
    let start = machine.kernel.clock.monotonic
    machine.place(PollFD(fd: 0, events: 1))
    #expect(machine.perform("poll", data, 1, 250) == 0)
    #expect(machine.kernel.clock.monotonic == start + second / 4)
    writeLater(machine, after: second)
    #expect(machine.perform("poll", data, 1, .max) == 1)
    #expect(machine.kernel.clock.monotonic == start + second / 4 + second)
  }

  @Test(arguments: GuestISA.allCases) func ppollTellsTheTimeLeft(isa: GuestISA) {
    let machine = makeMachine(isa)
    machine.place(PollFD(fd: 0, events: 1))
    machine.place(Timespec(tv_sec: 3), at: data + 64)
    writeLater(machine, after: second)
    #expect(machine.perform("ppoll", data, 1, data + 64, 0, 8) == 1)
    #expect(machine.fetch(Timespec.self, at: data + 64).nanoseconds == 2 * second)
  }

  @Test(arguments: GuestISA.allCases) func ppollChangesTheMaskForAWhile(isa: GuestISA) {
    let machine = makeMachine(isa)
    machine.catchSignal(.SIGUSR1, flags: [.SA_SIGINFO, .SA_RESTART])
    machine.task.setSignalMask([.SIGUSR1])
    machine.place(PollFD(fd: 0, events: 1))
    machine.place(Timespec(tv_sec: 3), at: data + 64)
    machine.store([.SIGTERM] as SignalSet, at: data + 128)
    machine.send(.SIGUSR1, after: second)
    machine.perform("ppoll", data, 1, data + 64, data + 128, 8)
    #expect(machine.engine.programCounter == SignalMachine.handler)
    #expect(machine.task.signals.mask == [.SIGTERM, .SIGUSR1])
    machine.returnFromHandler()
    #expect(
      Int64(bitPattern: machine.engine.registers.syscallResult) == SignalMachine.failure(.EINTR))
    #expect(machine.task.signals.mask == [.SIGUSR1])
    #expect(machine.fetch(Timespec.self, at: data + 64).nanoseconds == 2 * second)
    // Without a signal it is back when the call returns.
    machine.place(Timespec(), at: data + 64)
    #expect(machine.perform("ppoll", data, 1, data + 64, data + 128, 8) == 0)
    #expect(machine.task.signals.mask == [.SIGUSR1] && machine.task.signals.savedMask == nil)
    #expect(machine.perform("ppoll", data, 1, 0, data + 128, 4) == SignalMachine.failure(.EINVAL))
  }

  @Test func selectCountsBits() {
    let machine = makeMachine(.x86_64)
    _ = try? writer(machine).put([1])
    machine.store([3, 0, 0, 0, 0, 0, 0, 0], at: data)
    machine.store([3, 0, 0, 0, 0, 0, 0, 0], at: data + 8)
    #expect(machine.perform("select", 2, data, data + 8, 0, 0) == 2)
    #expect(machine.word(at: data) == 1 && machine.word(at: data + 8) == 2)
    machine.store([4, 0, 0, 0, 0, 0, 0, 0], at: data)
    #expect(machine.perform("select", 3, data, 0, 0, 0) == SignalMachine.failure(.EBADF))
    #expect(machine.perform("select", 2, data, 0, 0, 0x10) == SignalMachine.failure(.EFAULT))
  }

  @Test func selectTimesOut() {
    let machine = makeMachine(.x86_64)
    machine.store([1, 0, 0, 0, 0, 0, 0, 0], at: data)
    machine.place(Timeval(tv_sec: 1, tv_usec: 1_500_000), at: data + 64)
    let start = machine.kernel.clock.monotonic
    #expect(machine.perform("select", 1, data, 0, 0, data + 64) == 0)
    #expect(machine.kernel.clock.monotonic == start + 2 * second + second / 2)
    #expect(machine.word(at: data) == 0)
    #expect(machine.fetch(Timeval.self, at: data + 64) == Timeval())
  }

  @Test(arguments: GuestISA.allCases) func epollWaits(isa: GuestISA) {
    let machine = makeMachine(isa)
    #expect(machine.perform("epoll_create1", 0x8_0000) == 2)
    let size = EpollEvent.byteCount(for: isa)
    let event = EpollEvent(events: .EPOLLIN, data: 0x0123_4567_89ab_cdef)
    machine.store(event.bytes(for: isa))
    #expect(machine.perform("epoll_ctl", 2, 1, 0, data) == 0)
    #expect(machine.perform("epoll_ctl", 2, 1, 0, data) == SignalMachine.failure(.EEXIST))
    #expect(machine.perform("epoll_ctl", 2, 9, 0, data) == SignalMachine.failure(.EINVAL))
    #expect(machine.perform("epoll_ctl", 2, 1, 7, data) == SignalMachine.failure(.EBADF))
    #expect(machine.perform("epoll_ctl", 0, 1, 1, data) == SignalMachine.failure(.EINVAL))
    let start = machine.kernel.clock.monotonic
    #expect(machine.perform("epoll_pwait", 2, data + 64, 4, 100, 0, 8) == 0)
    #expect(machine.kernel.clock.monotonic == start + second / 10)
    writeLater(machine, after: second)
    let forever = UInt64(bitPattern: -1)
    #expect(machine.perform("epoll_pwait", 2, data + 64, 4, forever, 0, 8) == 1)
    #expect(machine.kernel.clock.monotonic == start + second / 10 + second)
    #expect(
      EpollEvent(bytes: machine.bytes(at: data + 64, count: size), isa: isa) == event)
    #expect(
      machine.perform("epoll_pwait", 2, 8, 4, forever, 0, 8) == SignalMachine.failure(.EFAULT))
    #expect(machine.perform("epoll_pwait", 2, data + 64, 4, forever, 0, 8) == 1)
  }

  @Test func epollIsNeverRestarted() {
    let machine = makeMachine(.x86_64)
    #expect(machine.perform("epoll_create", 1) == 2)
    machine.catchSignal(.SIGUSR1, flags: [.SA_SIGINFO, .SA_RESTART])
    machine.send(.SIGUSR1, after: second)
    machine.perform("epoll_wait", 2, data, 1, UInt64(bitPattern: -1))
    machine.returnFromHandler()
    #expect(
      Int64(bitPattern: machine.engine.registers.syscallResult) == SignalMachine.failure(.EINTR))
  }
}
