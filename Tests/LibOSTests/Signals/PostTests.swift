import LinuxABI
import Machine
import Testing

import LibOS

@Suite struct PostTests {
  let machine = SignalMachine(.x86_64)
  var process: Process { machine.process }
  var task: Task { machine.task }

  @Test func whatIsIgnoredLeavesNoTrace() {
    machine.ignoreSignal(.SIGTERM)
    process.post(userInfo(.SIGTERM))
    process.post(userInfo(.SIGCHLD))
    #expect(process.signals.pending.isEmpty)
    #expect(!task.hasDeliverableSignal)
  }

  @Test func whatIsIgnoredButBlockedWaits() {
    machine.ignoreSignal(.SIGTERM)
    task.setSignalMask([.SIGTERM])
    process.post(userInfo(.SIGTERM))
    #expect(process.signals.pending.members == [.SIGTERM])
    #expect(!task.hasDeliverableSignal)
  }

  @Test func theFirstThreadIsPreferred() {
    machine.catchSignal(.SIGINT)
    let other = machine.addTask()
    machine.kernel.load(other)
    process.post(userInfo(.SIGINT))
    #expect(task.hasDeliverableSignal)
    #expect(!other.hasDeliverableSignal)
  }

  @Test func anotherThreadTakesWhatTheFirstBlocks() {
    machine.catchSignal(.SIGINT)
    let other = machine.addTask()
    task.setSignalMask([.SIGINT])
    process.post(userInfo(.SIGINT))
    #expect(!task.hasDeliverableSignal)
    #expect(other.hasDeliverableSignal)
  }

  @Test func blockingPassesTheProcessesSignalOn() {
    machine.catchSignal(.SIGINT)
    let other = machine.addTask()
    process.post(userInfo(.SIGINT))
    #expect(task.hasDeliverableSignal && !other.hasDeliverableSignal)
    task.setSignalMask([.SIGINT])
    #expect(!task.hasDeliverableSignal && other.hasDeliverableSignal)
  }

  @Test func endingPassesTheProcessesSignalOn() {
    machine.catchSignal(.SIGINT)
    let other = machine.addTask()
    process.post(userInfo(.SIGINT))
    task.exit(.exited(0))
    #expect(other.hasDeliverableSignal)
  }

  @Test func directedSignalsStayWithTheirThread() {
    machine.catchSignal(.SIGUSR1)
    let other = machine.addTask()
    other.setSignalMask([.SIGUSR1])
    other.post(userInfo(.SIGUSR1))
    #expect(!task.hasDeliverableSignal && !other.hasDeliverableSignal)
    #expect(process.signals.pending.isEmpty)
    other.setSignalMask([])
    #expect(other.hasDeliverableSignal && !task.hasDeliverableSignal)
  }

  @Test func wakesABlockedThread() {
    machine.catchSignal(.SIGUSR1)
    #expect(throws: Never.self) { _ = try task.block(on: []) }
    #expect(task.state == .blocked)
    process.post(userInfo(.SIGUSR1))
    #expect(task.state == .runnable)
    #expect(throws: Errno.ERESTARTNOHAND) {
      _ = try task.block(on: [], interruption: .ERESTARTNOHAND)
    }
  }

  @Test func queueLimitRefusesPayloads() {
    task.setSignalMask(.full)
    process.limits[ResourceLimits.signalsPending].soft = 2
    let signal = Signal(rawValue: 40)
    #expect(process.send(userInfo(signal, value: 1), to: nil))
    #expect(process.send(userInfo(signal, value: 2), to: task))
    #expect(!process.send(userInfo(signal, value: 3), to: nil))
    // Standard signals come through, without what was sent along.
    #expect(process.send(userInfo(.SIGUSR1, value: 4), to: nil))
    #expect(process.signals.pending.queue.last?.si_value == 0)
    #expect(process.signals.pending.queue.last?.si_code == SignalCode.SI_USER)
  }

  @Test func stopAndContinueCancelEachOther() {
    task.setSignalMask([.SIGTSTP, .SIGCONT])
    process.post(userInfo(.SIGTSTP))
    #expect(process.signals.pending.members == [.SIGTSTP])
    machine.catchSignal(.SIGCONT)
    process.post(userInfo(.SIGCONT))
    #expect(process.signals.pending.members == [.SIGCONT])
    task.post(userInfo(.SIGTSTP))
    #expect(process.signals.pending.isEmpty)
    #expect(task.signals.pending.members == [.SIGTSTP])
  }

  @Test func deadlySignalsConcernEveryThread() {
    let other = machine.addTask()
    machine.kernel.load(other)
    task.post(userInfo(.SIGTERM))
    #expect(other.hasDeliverableSignal)
    #expect(!other.deliverSignals())
    #expect(machine.kernel.exitStatus == .killed(signal: 15))
  }

  @Test func signalsOfNoNumberAreIgnored() {
    process.post(signal: 0)
    process.post(signal: 65)
    process.post(signal: -1)
    #expect(process.signals.pending.isEmpty)
  }

  @Test func maskNeverHoldsTheUnblockable() {
    task.setSignalMask(.full)
    #expect(!task.signals.mask.contains(.SIGKILL) && !task.signals.mask.contains(.SIGSTOP))
    process.post(signal: Signal.SIGKILL.rawValue)
    #expect(!task.deliverSignals())
    #expect(machine.kernel.exitStatus == .killed(signal: 9))
  }
}
