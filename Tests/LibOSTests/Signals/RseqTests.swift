import LinuxABI
import Machine
import Testing

import LibOS

@Suite struct RseqTests {
  private let area = SignalMachine.data
  private let section = SignalMachine.data + 0x100
  private let abort = SignalMachine.handler + 0x100
  private let signature: UInt32 = 0x5305_3053

  /// A thread with a registered area whose critical section is `length` bytes at `code`.
  private func machine(_ isa: GuestISA, length: UInt64, programCounter: UInt64) -> SignalMachine {
    let machine = SignalMachine(isa)
    machine.task.rseq = RseqRegistration(
      address: GuestAddress(area), length: 32, signature: signature)
    machine.store(Rseq(rseq_cs: section).bytes, at: area)
    machine.store(
      RseqCriticalSection(
        start_ip: SignalMachine.code, post_commit_offset: length, abort_ip: abort
      ).bytes, at: section)
    var writer = ByteWriter()
    writer.write(signature)
    machine.store(writer.bytes, at: abort - 4)
    machine.engine.programCounter = programCounter
    return machine
  }

  private func pointer(_ machine: SignalMachine) -> UInt64? {
    try? machine.process.space.load(UInt64.self, at: GuestAddress(area + 8))
  }

  @Test(arguments: GuestISA.allCases) func abortsInside(isa: GuestISA) {
    let machine = machine(isa, length: 16, programCounter: SignalMachine.code + 8)
    machine.task.abortRseq()
    #expect(machine.engine.programCounter == abort)
    #expect(pointer(machine) == 0)
  }

  @Test(arguments: GuestISA.allCases) func leavesOthersAlone(isa: GuestISA) {
    let machine = machine(isa, length: 16, programCounter: SignalMachine.code + 16)
    machine.task.abortRseq()
    #expect(machine.engine.programCounter == SignalMachine.code + 16)
    #expect(pointer(machine) == 0)
    machine.task.abortRseq()
    #expect(!machine.task.hasDeliverableSignal)
  }

  @Test func handlersReturnToTheAbortAddress() {
    let machine = machine(.x86_64, length: 16, programCounter: SignalMachine.code + 8)
    machine.catchSignal(.SIGUSR1)
    machine.process.post(userInfo(.SIGUSR1))
    machine.run()
    machine.returnFromHandler()
    #expect(machine.engine.programCounter == abort)
  }

  @Test func wrongSignatureKills() {
    let machine = machine(.x86_64, length: 16, programCounter: SignalMachine.code + 8)
    machine.task.rseq.signature = 1
    machine.task.abortRseq()
    #expect(machine.run() == .exited(.killed(signal: 11)))
  }
}
