import LinuxABI
import Machine
import TestHost
import Testing

import LibOS

@Suite struct PosixTimerTests {
  private let machine = SignalMachine(.x86_64)
  private let data = SignalMachine.data
  private let signal = Signal(rawValue: 40)
  private var timers: ProcessTimers { machine.process.timers }

  private func makeTimer(
    _ clock: UInt64 = 1, notify: SigevNotify = .SIGEV_SIGNAL, threadID: Int32 = 0
  ) -> Int32 {
    machine.place(
      Sigevent(
        sigev_value: 0xfeed, sigev_signo: signal.rawValue, sigev_notify: notify.rawValue,
        threadID: threadID))
    #expect(machine.perform("timer_create", clock, data, data + 128) == 0)
    return Int32(truncatingIfNeeded: machine.word(at: data + 128))
  }

  private func set(_ id: Int32, _ value: Int64, _ interval: Int64 = 0, flags: UInt64 = 0) {
    machine.place(
      Itimerspec(
        it_interval: Timespec(nanoseconds: interval), it_value: Timespec(nanoseconds: value)))
    #expect(machine.perform("timer_settime", UInt64(id), flags, data, 0) == 0)
  }

  /// Lets time pass with nothing to run but timers.
  private func pass(_ time: Int64) {
    machine.host.advance(by: time)
    let now = machine.kernel.clock.monotonic
    while let timer = machine.kernel.timers.popExpired(at: now) { timer.action() }
    machine.process.checkProcessorTimers(at: now)
  }

  @Test func tellsWhoAndHowOften() {
    machine.task.setSignalMask([signal])
    let first = makeTimer()
    let second = makeTimer()
    #expect(first == 0 && second == 1)
    set(second, 100, 10)
    pass(100)
    pass(37)
    let info = machine.task.takeSignal(.full)!
    #expect(info.si_code == SignalCode.SI_TIMER && info.si_timerid == 1)
    #expect(info.si_value == 0xfeed && info.si_overrun == 3)
    #expect(machine.perform("timer_getoverrun", 1) == 3)
    // Without drift.
    #expect(machine.perform("timer_gettime", 1, data) == 0)
    #expect(machine.fetch(Itimerspec.self, at: data).it_value.nanoseconds == 3)
    pass(3)
    #expect(machine.task.takeSignal(.full)?.si_overrun == 0)
  }

  @Test func wakesAndRunsAHandler() {
    machine.catchSignal(signal)
    set(makeTimer(), 1_000_000)
    let start = machine.kernel.clock.monotonic
    machine.place(Timespec(tv_sec: 5))
    machine.perform("nanosleep", data, 0)
    #expect(machine.engine.programCounter == SignalMachine.handler)
    #expect(machine.handlerInfo.si_value == 0xfeed)
    #expect(machine.kernel.clock.monotonic == start + 1_000_000)
  }

  /// A sleep that is due is no deadline for the run loop: it would stop for it after each instruction until the sleeper has
  /// its turn.
  @Test func aSleepThatIsDueIsNoDeadline() {
    let now = machine.kernel.clock.monotonic
    timers.sleep(machine.task, on: .process(pid: machine.process.pid), until: 0)
    #expect(machine.process.nextProcessorTimerDelay(at: now) != nil)
    pass(0)
    #expect(machine.process.nextProcessorTimerDelay(at: now) == nil)
  }

  @Test func oneThreadAlone() {
    let other = machine.addTask()
    let id = makeTimer(notify: .SIGEV_THREAD_ID, threadID: other.tid)
    other.setSignalMask([signal])
    set(id, 10)
    pass(10)
    #expect(machine.process.signals.pending.isEmpty)
    #expect(other.signals.pending.queue.map(\.si_timerid) == [id])
    #expect(timers.state.posix[0].isPending)
    machine.kernel.load(other)
    #expect(other.takeSignal(.full) != nil)
    #expect(!timers.state.posix[0].isPending)
  }

  @Test func silentOnesOnlyShowTheTime() {
    let id = makeTimer(notify: .SIGEV_NONE)
    set(id, 100, 30)
    #expect(machine.kernel.timers.next == nil)
    pass(110)
    #expect(machine.perform("timer_gettime", UInt64(id), data) == 0)
    #expect(machine.fetch(Itimerspec.self, at: data).it_value.nanoseconds == 20)
  }

  @Test func deletingTakesTheSignalBack() {
    machine.task.setSignalMask([signal])
    let id = makeTimer()
    set(id, 10, 10)
    pass(10)
    #expect(machine.process.signals.pending.count == 1)
    #expect(machine.perform("timer_delete", UInt64(id)) == 0)
    #expect(machine.process.signals.pending.isEmpty && machine.kernel.timers.next == nil)
    #expect(machine.perform("timer_delete", UInt64(id)) == SignalMachine.failure(.EINVAL))
    #expect(makeTimer() == 1)
  }

  @Test func aDiscardedSignalDoesNotSilenceIt() {
    machine.task.setSignalMask([signal])
    set(makeTimer(), 10, 10)
    pass(10)
    machine.process.removePending(.full)
    pass(20_000_000)
    #expect(machine.process.signals.pending.count == 1)
  }

  @Test func absoluteTimes() {
    machine.task.setSignalMask([signal])
    let id = makeTimer(0)
    set(id, machine.kernel.clock.realtime + 500, flags: 1)
    pass(499)
    #expect(machine.process.signals.pending.isEmpty)
    pass(1)
    #expect(machine.process.signals.pending.count == 1)
  }

  @Test func processorTime() {
    machine.task.setSignalMask([signal, .SIGPROF, .SIGVTALRM])
    #expect(!timers.usesProcessorTime)
    #expect(machine.process.nextProcessorTimerDelay(at: 0) == nil)
    machine.kernel.load(machine.task)
    let id = makeTimer(3)
    set(id, 1000, 100)
    timers.setInterval(.ITIMER_PROF, left: 300, interval: 0)
    machine.kernel.load(machine.task)
    #expect(
      machine.process.nextProcessorTimerDelay(at: machine.kernel.clock.monotonic) == 300)
    pass(300)
    #expect(machine.process.signals.pending.members == [.SIGPROF])
    pass(650)
    #expect(
      machine.process.nextProcessorTimerDelay(at: machine.kernel.clock.monotonic) == 50)
    // Time during which nothing of it runs does not count.
    machine.kernel.unload(at: machine.kernel.clock.monotonic)
    pass(5000)
    #expect(machine.process.signals.pending.count == 1)
    machine.kernel.load(machine.task)
    pass(150)
    #expect(machine.task.takeSignal([signal])?.si_overrun == 1)
  }

  @Test func intervalTimers() {
    machine.task.setSignalMask([.SIGALRM])
    #expect(machine.perform("alarm", 3) == 0)
    #expect(machine.perform("alarm", 2) == 3)
    pass(1_600_000_000)
    #expect(machine.perform("alarm", 0) == 1)
    machine.place(
      Itimerval(
        it_interval: Timeval(nanoseconds: 20_000), it_value: Timeval(nanoseconds: 50_000)))
    #expect(machine.perform("setitimer", 0, data, data + 64) == 0)
    pass(50_000)
    #expect(machine.process.signals.pending.queue.map(\.si_code) == [SignalCode.SI_KERNEL])
    pass(65_000)
    #expect(machine.perform("getitimer", 0, data + 64) == 0)
    let current = machine.fetch(Itimerval.self, at: data + 64)
    #expect(current.it_value.nanoseconds == 15_000 && current.it_interval.nanoseconds == 20_000)
    #expect(machine.perform("setitimer", 3, data, 0) == SignalMachine.failure(.EINVAL))
    #expect(machine.perform("setitimer", 0, 0, data + 64) == 0)
    #expect(machine.kernel.timers.next == nil)
  }

  @Test func refusals() {
    machine.place(Sigevent(sigev_signo: 65, sigev_notify: 0))
    #expect(machine.perform("timer_create", 1, data, data) == SignalMachine.failure(.EINVAL))
    machine.place(Sigevent(sigev_signo: 10, sigev_notify: 3))
    #expect(machine.perform("timer_create", 1, data, data) == SignalMachine.failure(.EINVAL))
    machine.place(Sigevent(sigev_signo: 10, sigev_notify: 4, threadID: 99))
    #expect(machine.perform("timer_create", 1, data, data) == SignalMachine.failure(.EINVAL))
    #expect(machine.perform("timer_create", 4, 0, data) == SignalMachine.failure(.EOPNOTSUPP))
    #expect(machine.perform("timer_create", 1, 0, 8) == SignalMachine.failure(.EFAULT))
    #expect(timers.state.posix.isEmpty)
    #expect(machine.perform("timer_settime", 0, 0, 0, 0) == SignalMachine.failure(.EINVAL))
  }

  @Test func survivesBeingSaved() {
    machine.task.setSignalMask([signal, .SIGALRM])
    set(makeTimer(), 100, 10)
    timers.setInterval(.ITIMER_REAL, left: 500, interval: 0)
    pass(125)
    let state = timers.state
    timers.stop()
    #expect(machine.kernel.timers.next == nil && timers.state == ProcessTimers.State())
    machine.process.signals.pending.add(.timer(signal, id: 0, overrun: 0, value: 0xfeed))
    timers.restore(state)
    pass(10)
    #expect(machine.task.takeSignal([signal])?.si_overrun == 3)
    pass(365)
    #expect(machine.process.signals.pending.members.contains(.SIGALRM))
  }
}
