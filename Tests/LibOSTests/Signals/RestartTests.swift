import LinuxABI
import Machine
import Testing

import LibOS

/// What becomes of a call that a signal interrupts.
@Suite struct RestartTests {
  /// A call in its first argument's register and number, ended with `errno`; then `signal`.
  private func interrupt(
    _ isa: GuestISA, with errno: Errno, flags: SigactionFlags?
  ) -> SignalMachine {
    let machine = SignalMachine(isa)
    if let flags { machine.catchSignal(.SIGUSR1, flags: flags.union(.SA_SIGINFO)) }
    _ = FakeEngine.syscall(202, [0xabc])(machine.engine)
    machine.task.call = machine.engine.syscallFrame()
    machine.task.progress.deadline = 5
    if flags != nil { machine.process.post(userInfo(.SIGUSR1)) }
    machine.task.settleInterruptedCall(errno)
    _ = machine.task.deliverSignals()
    return machine
  }

  /// The registers that the handler will return to.
  private func interrupted(_ machine: SignalMachine) -> RegisterFile {
    machine.returnFromHandler()
    return machine.engine.registers
  }

  @Test(arguments: GuestISA.allCases) func whatRestarts(isa: GuestISA) {
    let cases: [(Errno, SigactionFlags, Bool)] = [
      (.ERESTARTSYS, .SA_RESTART, true),
      (.ERESTARTSYS, [], false),
      (.ERESTARTNOINTR, [], true),
      (.ERESTARTNOHAND, .SA_RESTART, false),
      (.ERESTART_RESTARTBLOCK, .SA_RESTART, false),
    ]
    for (errno, flags, restarts) in cases {
      let machine = interrupt(isa, with: errno, flags: flags)
      #expect(machine.engine.programCounter == SignalMachine.handler)
      #expect(machine.task.progress == CallProgress())
      #expect(machine.task.call == nil)
      let registers = interrupted(machine)
      let length = isa.syscallInstructionLength
      #expect(
        registers.programCounter == SignalMachine.code + (restarts ? 0 : length), "\(errno)")
      if restarts {
        #expect(registers.syscallNumber == 202)
        #expect(registers.syscallArgument(0) == 0xabc)
      } else {
        #expect(registers.syscallResult == Errno.EINTR.syscallResult)
      }
    }
  }

  @Test(arguments: GuestISA.allCases) func withoutHandlerTheCallGoesOn(isa: GuestISA) {
    for errno in [Errno.ERESTARTSYS, .ERESTARTNOINTR, .ERESTARTNOHAND, .ERESTART_RESTARTBLOCK] {
      let machine = interrupt(isa, with: errno, flags: nil)
      #expect(machine.engine.programCounter == SignalMachine.code)
      #expect(machine.task.progress.deadline == 5)
      #expect(machine.engine.syscallFrame().number == 202)
      #expect(machine.engine.syscallFrame().arguments[0] == 0xabc)
      #expect(machine.task.signals.restart == nil)
    }
  }

  @Test func pauseEndsAfterTheHandler() {
    let machine = SignalMachine(.x86_64)
    machine.catchSignal(.SIGUSR1, flags: [.SA_SIGINFO, .SA_RESTART])
    #expect(machine.run([FakeEngine.syscall(34)]) == .deadlock)
    machine.process.post(userInfo(.SIGUSR1))
    machine.run()
    #expect(machine.engine.programCounter == SignalMachine.handler)
    machine.returnFromHandler()
    #expect(machine.engine.registers.syscallResult == Errno.EINTR.syscallResult)
    #expect(machine.engine.programCounter == SignalMachine.code + 2)
  }

  @Test func stoppedCallsGoOnAfterwards() {
    let machine = SignalMachine(.x86_64)
    #expect(machine.run([FakeEngine.syscall(34)]) == .deadlock)
    machine.process.post(userInfo(.SIGSTOP))
    #expect(machine.run([FakeEngine.syscallAgain]) == .deadlock)
    #expect(machine.task.isStopped)
    #expect(machine.engine.script.count == 1)
    machine.process.post(userInfo(.SIGCONT))
    #expect(machine.run([FakeEngine.syscallAgain]) == .deadlock)
    #expect(machine.task.call?.number == 34)
    #expect(machine.task.state == .blocked)
  }

  @Test func aHandlerForContinueStillInterrupts() {
    let machine = SignalMachine(.x86_64)
    machine.catchSignal(.SIGCONT)
    #expect(machine.run([FakeEngine.syscall(34)]) == .deadlock)
    machine.process.post(userInfo(.SIGSTOP))
    #expect(machine.run() == .deadlock)
    machine.process.post(userInfo(.SIGCONT))
    machine.run()
    #expect(machine.engine.programCounter == SignalMachine.handler)
    machine.returnFromHandler()
    #expect(machine.engine.registers.syscallResult == Errno.EINTR.syscallResult)
  }

  @Test(arguments: GuestISA.allCases) func suspendSwapsTheMask(isa: GuestISA) {
    let machine = SignalMachine(isa)
    machine.catchSignal(.SIGUSR1)
    machine.task.setSignalMask([.SIGUSR1])
    machine.store([.SIGUSR2])
    let call = FakeEngine.syscall(machine.number("rt_sigsuspend"), [SignalMachine.data, 8])
    #expect(machine.run([call]) == .deadlock)
    #expect(machine.task.signals.mask == [.SIGUSR2])
    machine.process.post(userInfo(.SIGUSR1))
    machine.run()
    #expect(machine.engine.programCounter == SignalMachine.handler)
    #expect(machine.task.signals.mask == [.SIGUSR1, .SIGUSR2])
    #expect(machine.task.signals.savedMask == nil)
    machine.returnFromHandler()
    #expect(machine.task.signals.mask == [.SIGUSR1])
    #expect(machine.engine.registers.syscallResult == Errno.EINTR.syscallResult)
  }

  @Test func suspendOutlivesASignalWithoutHandler() {
    let machine = SignalMachine(.x86_64)
    machine.task.setSignalMask([.SIGTERM])
    machine.store([])
    let call = FakeEngine.syscall(machine.number("rt_sigsuspend"), [SignalMachine.data, 8])
    #expect(machine.run([call]) == .deadlock)
    machine.process.post(userInfo(.SIGSTOP))
    #expect(machine.run() == .deadlock)
    machine.process.post(userInfo(.SIGCONT))
    #expect(machine.run([FakeEngine.syscallAgain]) == .deadlock)
    #expect(machine.task.signals.mask.isEmpty)
    #expect(machine.task.signals.savedMask == [.SIGTERM])
  }
}
