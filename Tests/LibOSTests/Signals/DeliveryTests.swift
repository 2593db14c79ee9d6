import LinuxABI
import Machine
import Testing

import LibOS

@Suite struct DeliveryTests {
  /// All that a handler's return must bring back.
  private func same(_ a: RegisterFile, _ b: RegisterFile) -> Bool {
    (0..<31).allSatisfy { a.general[$0] == b.general[$0] }
      && (0..<32).allSatisfy { a.vectors[$0] == b.vectors[$0] }
      && a.stackPointer == b.stackPointer && a.programCounter == b.programCounter
      && a.flags == b.flags && a.floatControl == b.floatControl && a.x87.control == b.x87.control
  }

  @Test(arguments: GuestISA.allCases) func handlerRunsAndReturns(isa: GuestISA) {
    let machine = SignalMachine(isa)
    machine.catchSignal(.SIGUSR1, mask: [.SIGTERM])
    machine.task.setSignalMask([.SIGHUP])
    let before = machine.engine.registers
    machine.process.post(userInfo(.SIGUSR1, value: 77))
    #expect(machine.run() == .interrupted)
    #expect(machine.engine.programCounter == SignalMachine.handler)
    #expect(machine.firstArgument == 10)
    #expect(machine.handlerInfo == userInfo(.SIGUSR1, value: 77))
    #expect(machine.task.signals.mask == [.SIGHUP, .SIGUSR1, .SIGTERM])
    switch isa {
    case .x86_64: break
    case .aarch64: #expect(machine.engine.registers.general[30] == SignalMachine.trampoline)
    case .riscv64: #expect(machine.engine.registers.general[0] == SignalMachine.trampoline)
    }
    machine.returnFromHandler()
    #expect(same(machine.engine.registers, before))
    #expect(machine.task.signals.mask == [.SIGHUP])
  }

  @Test(arguments: GuestISA.allCases) func pendingSignalsNest(isa: GuestISA) {
    let machine = SignalMachine(isa)
    machine.catchSignal(.SIGUSR1, handler: 0x40_1100)
    machine.catchSignal(.SIGUSR2, handler: 0x40_1200)
    machine.process.post(userInfo(.SIGUSR2))
    machine.process.post(userInfo(.SIGUSR1))
    machine.run()
    // The last framed runs first.
    #expect(machine.engine.programCounter == 0x40_1200)
    machine.returnFromHandler()
    #expect(machine.engine.programCounter == 0x40_1100)
    machine.returnFromHandler()
    #expect(machine.engine.programCounter == SignalMachine.code)
    #expect(machine.task.signals.mask.isEmpty)
  }

  @Test(arguments: GuestISA.allCases) func flagsOfTheAction(isa: GuestISA) {
    let machine = SignalMachine(isa)
    machine.catchSignal(.SIGUSR1, flags: [.SA_RESETHAND, .SA_NODEFER])
    machine.process.post(userInfo(.SIGUSR1))
    machine.run()
    #expect(machine.engine.programCounter == SignalMachine.handler)
    #expect(machine.process.signals[.SIGUSR1].handler == Sigaction.SIG_DFL)
    #expect(machine.task.signals.mask.isEmpty)
  }

  @Test(arguments: GuestISA.allCases) func alternateStack(isa: GuestISA) {
    let machine = SignalMachine(isa)
    machine.task.signals.stack = SignalStack(
      ss_sp: SignalMachine.data, ss_flags: .SS_AUTODISARM, ss_size: 0x1_0000)
    machine.catchSignal(.SIGUSR1, flags: [.SA_SIGINFO, .SA_ONSTACK])
    machine.process.post(userInfo(.SIGUSR1))
    machine.run()
    let range = SignalMachine.data..<(SignalMachine.data + 0x1_0000)
    #expect(range.contains(machine.engine.stackPointer))
    #expect(machine.task.signals.stack == SignalStack())
    machine.returnFromHandler()
    #expect(machine.task.signals.stack.ss_size == 0x1_0000)
    #expect(machine.task.signals.stack.ss_flags == .SS_AUTODISARM)
  }

  @Test(arguments: GuestISA.allCases) func badStackKills(isa: GuestISA) {
    let machine = SignalMachine(isa)
    machine.catchSignal(.SIGUSR1)
    machine.engine.stackPointer = 0x1000
    machine.process.post(userInfo(.SIGUSR1))
    #expect(machine.run() == .exited(.killed(signal: 11)))
  }

  @Test(arguments: GuestISA.allCases) func badStackCaughtOnTheAlternateOne(isa: GuestISA) {
    let machine = SignalMachine(isa)
    machine.task.signals.stack = SignalStack(
      ss_sp: SignalMachine.data, ss_flags: [], ss_size: 0x1_0000)
    machine.catchSignal(.SIGUSR1)
    machine.catchSignal(.SIGSEGV, flags: [.SA_SIGINFO, .SA_ONSTACK], handler: 0x40_1800)
    machine.engine.stackPointer = 0x1000
    machine.process.post(userInfo(.SIGUSR1))
    #expect(machine.run() == .interrupted)
    #expect(machine.engine.programCounter == 0x40_1800)
    #expect(machine.handlerInfo.si_code == SignalCode.SI_KERNEL)
  }

  @Test(arguments: GuestISA.allCases) func faults(isa: GuestISA) {
    let machine = SignalMachine(isa)
    machine.catchSignal(.SIGSEGV)
    let fault = MemoryFault(address: GuestAddress(0x1234), access: .write, reason: .protection)
    machine.run([{ _ in .fault(fault) }])
    #expect(machine.engine.programCounter == SignalMachine.handler)
    #expect(machine.handlerInfo.si_code == SignalCode.SEGV_ACCERR)
    #expect(machine.handlerInfo.si_addr == 0x1234)
    machine.returnFromHandler()
    machine.catchSignal(.SIGTRAP)
    machine.run([{ _ in .exception(.breakpoint) }])
    #expect(machine.handlerInfo.si_code == (isa == .x86_64 ? SignalCode.SI_KERNEL : 1))
  }

  @Test func forcedSignalsCannotBePutOff() {
    for isBlocked in [true, false] {
      let machine = SignalMachine(.x86_64)
      if isBlocked {
        machine.catchSignal(.SIGFPE)
        machine.task.setSignalMask([.SIGFPE])
      } else {
        machine.ignoreSignal(.SIGFPE)
      }
      #expect(machine.run([{ _ in .exception(.divide) }]) == .exited(.killed(signal: 8)))
    }
  }

  @Test(arguments: GuestISA.allCases) func badFrameIsASegmentationFault(isa: GuestISA) {
    let machine = SignalMachine(isa)
    machine.catchSignal(.SIGSEGV, flags: [.SA_SIGINFO, .SA_ONSTACK])
    machine.task.signals.stack = SignalStack(
      ss_sp: SignalMachine.data, ss_flags: [], ss_size: 0x1_0000)
    machine.engine.stackPointer = 0x2000
    machine.run([FakeEngine.syscall(machine.number("rt_sigreturn"))])
    #expect(machine.engine.programCounter == SignalMachine.handler)
    #expect(
      machine.handlerInfo.si_code
        == (isa == .aarch64 ? SignalCode.SEGV_MAPERR : SignalCode.SI_KERNEL))
  }

  @Test func stopsEveryThread() {
    let machine = SignalMachine(.aarch64)
    let other = machine.addTask()
    machine.catchSignal(.SIGUSR1)
    machine.process.post(userInfo(.SIGTSTP))
    #expect(machine.run([]) == .deadlock)
    #expect(machine.task.isStopped && other.isStopped)
    // What else comes waits.
    machine.process.post(userInfo(.SIGUSR1))
    #expect(machine.run() == .deadlock)
    machine.process.post(userInfo(.SIGCONT))
    #expect(machine.run() == .interrupted)
    #expect(machine.process.signals.pending.isEmpty)
  }

  @Test func continuedThreadsRunOn() {
    let machine = SignalMachine(.aarch64)
    machine.process.post(userInfo(.SIGSTOP))
    #expect(machine.run() == .deadlock)
    machine.process.post(userInfo(.SIGCONT))
    #expect(!machine.task.isStopped)
    #expect(machine.run() == .interrupted)
  }

  @Test func stoppedProcessesCanBeKilled() {
    let machine = SignalMachine(.x86_64)
    machine.process.post(userInfo(.SIGSTOP))
    #expect(machine.run() == .deadlock)
    machine.process.post(userInfo(.SIGKILL))
    #expect(machine.run() == .exited(.killed(signal: 9)))
  }

  @Test func wokenWhileStoppedStaysStopped() {
    let machine = SignalMachine(.x86_64)
    let queue = WaitQueue()
    let other = machine.addTask()
    #expect(throws: Never.self) { _ = try other.block(on: [queue]) }
    machine.process.post(userInfo(.SIGSTOP))
    #expect(machine.run() == .deadlock)
    queue.wake()
    #expect(other.state == .runnable)
    #expect(machine.kernel.scheduler.count == 0)
    machine.process.post(userInfo(.SIGCONT))
    #expect(machine.kernel.scheduler.count == 2)
  }
}
