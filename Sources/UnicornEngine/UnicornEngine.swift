import CUnicorn
package import Machine

/// An `Engine` on Unicorn 2.1.4.
///
/// The arena is mapped once, at physical address 0, so that a frame's guest-physical address is its
/// offset. Unicorn's TLB is in virtual mode: every miss asks `AddressSpace.translate` through one
/// hook, and nothing else of Unicorn's memory interface is used.
package final class UnicornEngine: Engine {
  package let isa: GuestISA
  package let arena: FrameArena
  /// By which the arena knows this engine.
  let translator: Int
  /// Asks for a stop from any thread; see `requestStop`.
  package let stopToken = StopToken()
  package internal(set) var statistics = EngineStatistics()

  let emulator: Emulator
  let processor: any Processor
  private let programCounterSlot: RegisterBatch
  private let syscallSlots: RegisterBatch
  private let resultSlot: RegisterBatch
  private let stackPointerSlot: RegisterBatch
  private let threadPointerSlot: RegisterBatch

  // What the hooks record.

  enum Event { case none, syscall, interrupt(UInt32) }
  enum Refusal { case retry, notHere, fault(MemoryFault.Reason) }
  var event = Event.none
  var refusal = Refusal.retry
  var refusedPage: UInt64 = 0
  var refusedAccess = Access.read

  // The TLB.

  /// The address space that the TLB translates.
  var space: AddressSpace?
  private var tlbVersion: UInt64 = 0
  /// Frames that the hook maps one after the other at `windowBase`, for the engine's own use.
  var window: [Frame] = []
  /// The last write that was put off, and how often in a row it was.
  private var retriedProgramCounter: UInt64 = 0
  private var retriedPage: UInt64 = 0
  private var retries = 0
  /// The end of the page whose instructions are being translated one by one; see `split`.
  var splitEnd: UInt64?

  private var knownProgramCounter: UInt64?

  /// It runs by budgets of instructions.
  let countsInstructions: Bool

  /// In the kernel's half of the ISAs' address spaces, where no guest mapping can be.
  static let windowBase: UInt64 = 0xffff_8000_0000_0000

  /// Makes an engine over `arena`, which must hold one free frame.
  ///
  /// Throws when Unicorn refuses a step, which means that the library is not the one expected.
  ///
  /// - Parameter countsInstructions: for `run(in:budget:time:)`, which costs some speed.
  package init(isa: GuestISA, arena: FrameArena, countsInstructions: Bool = false)
    throws(EngineError)
  {
    self.isa = isa
    self.arena = arena
    self.countsInstructions = countsInstructions
    translator = arena.addTranslator()
    let processor: any Processor
    switch isa {
    case .x86_64: processor = X86Processor()
    case .aarch64: processor = AArch64Processor()
    case .riscv64: processor = RISCV64Processor()
    }
    self.processor = processor
    emulator = try Emulator(isa, arena)
    programCounterSlot = RegisterBatch([processor.programCounter])
    syscallSlots = RegisterBatch(processor.syscall)
    resultSlot = RegisterBatch([processor.result])
    stackPointerSlot = RegisterBatch([processor.stackPointer])
    threadPointerSlot = RegisterBatch([processor.threadPointer])
    try addHooks()
    try processor.enterUserMode(self)
    emulator.removeAllCode()
    registers = RegisterFile(isa: isa)
    if countsInstructions { try emulator.countInstructions() }
    stopToken.attach(emulator)
  }

  deinit { stopToken.detach() }

  package var hwcaps: HardwareCapabilities { processor.hwcaps }

  // MARK: Running

  package func run(in space: AddressSpace) -> Exit {
    statistics.runs &+= 1
    if self.space !== space {
      self.space = space
      tlbVersion = 0
    }
    retries = 0
    let exit = runToExit(in: space)
    if splitEnd != nil { endSplit() }
    return exit
  }

  package func run(in space: AddressSpace, budget: inout UInt64, time: Int64) -> Exit {
    precondition(countsInstructions)
    emulator.setBudget(min(budget, UInt64(Int64.max)), time: UInt64(bitPattern: time))
    let exit = run(in: space)
    budget = emulator.budget
    return exit
  }

  package func clearExclusive() { emulator.clearExclusive() }

  package func leave(_ space: AddressSpace) {
    if self.space === space { self.space = nil }
  }

  private func runToExit(in space: AddressSpace) -> Exit {
    while true {
      if stopToken.take() || countsInstructions && emulator.budget == 0 { return .stopped }
      if splitEnd != nil { continueSplit() }
      if arena.hasStaleCode(translator) { dropStaleCode() }
      if tlbVersion != space.tlbVersion {
        flushTLB()
        tlbVersion = space.tlbVersion
      }
      let error = resume()
      switch (event, error) {
      case (.syscall, UC_ERR_OK):
        return .syscall
      case (.interrupt(let number), UC_ERR_OK):
        return processor.exit(number, self)
      case (.none, UC_ERR_OK):
        if emulator.takePause() { return .paused }
        // A stop request (seen above), or an instruction that waits for interrupts: go on.
        continue
      case (_, UC_ERR_INSN_INVALID):
        return .exception(.illegalInstruction)
      case (_, UC_ERR_EXCEPTION):
        if let exit = settleRefusedFill(in: space) { return exit }
      default:
        fatalError("Unicorn stopped for a reason that it does not have: \(error.rawValue)")
      }
    }
  }

  /// Runs from the program counter on until a hook stops it.
  func resume() -> uc_err {
    let start = programCounter
    event = .none
    knownProgramCounter = nil
    return emulator.run(from: start)
  }

  /// Does what a refused TLB fill asks for.
  ///
  /// - Returns: the exit that the library OS is to see; nil when the guest tries again.
  private func settleRefusedFill(in space: AddressSpace) -> Exit? {
    switch refusal {
    case .retry:
      if refusedAccess == .write { countRetry() }
      return nil
    case .notHere:
      if refusedAccess == .execute, split(in: space) { return nil }
      return .notHere
    case .fault(let reason):
      if refusedAccess == .execute, split(in: space) { return nil }
      return .fault(lastFault(reason))
    }
  }

  /// The access that was refused last, or was misaligned.
  func lastFault(_ reason: MemoryFault.Reason) -> MemoryFault {
    let (address, access) = emulator.lastFault
    if let fault = misalignment(address, access) { return fault }
    return MemoryFault(
      address: GuestAddress(processor.untagged(address)), access: access, reason: reason)
  }

  private func countRetry() {
    let start = programCounter
    retries = start == retriedProgramCounter && refusedPage == retriedPage ? retries + 1 : 0
    retriedProgramCounter = start
    retriedPage = refusedPage
  }

  /// Whether the write to `page` has been put off again and again: the instruction writes to the
  /// very frame that it lies in, at another address, where the frame may not be executed. Taking
  /// the frame's code away and giving it back would go on for ever.
  func isStuck(at page: UInt64) -> Bool { retries >= 2 && page == retriedPage }

  package func requestStop() { stopToken.request() }

  package var stopsAtPause = false {
    didSet { if stopsAtPause != oldValue { emulator.stopAtPause(stopsAtPause) } }
  }

  package var forbidsTimeStamps: Bool {
    get { (processor as? X86Processor)?.forbidsTimeStamps(emulator) ?? false }
    set { (processor as? X86Processor)?.forbidTimeStamps(newValue, emulator) }
  }

  package var counterTime: (() -> Int64)? {
    didSet { setClock() }
  }

  /// Is told of each block of code that is translated: the guest's address, the translation, and where that
  /// lies. Jumps in it are changed later, and its place is used again when it has been dropped.
  package var onTranslation: ((GuestAddress, RawSpan, UInt) -> Void)? {
    didSet { setTranslationHook() }
  }

  // MARK: Registers

  package var programCounter: UInt64 {
    get {
      if let known = knownProgramCounter { return known }
      programCounterSlot.read(emulator)
      knownProgramCounter = programCounterSlot[0]
      return programCounterSlot[0]
    }
    set {
      programCounterSlot[0] = newValue
      programCounterSlot.write(emulator)
      knownProgramCounter = newValue
    }
  }

  package var stackPointer: UInt64 {
    get {
      stackPointerSlot.read(emulator)
      return stackPointerSlot[0]
    }
    set {
      stackPointerSlot[0] = newValue
      stackPointerSlot.write(emulator)
    }
  }

  package var threadPointer: UInt64 {
    get {
      threadPointerSlot.read(emulator)
      return threadPointerSlot[0]
    }
    set {
      threadPointerSlot[0] = newValue
      threadPointerSlot.write(emulator)
    }
  }

  package var registers: RegisterFile {
    get { processor.registers(emulator) }
    set {
      processor.setRegisters(newValue, emulator)
      knownProgramCounter = nil
      // A signal's delivery and return end in an exception return, which clears the local monitor.
      emulator.clearExclusive()
    }
  }

  package func syscallFrame() -> SyscallFrame {
    syscallSlots.read(emulator)
    knownProgramCounter = syscallSlots[7]
    return SyscallFrame(
      number: syscallSlots[0],
      arguments: [
        syscallSlots[1], syscallSlots[2], syscallSlots[3], syscallSlots[4], syscallSlots[5],
        syscallSlots[6],
      ])
  }

  package func setSyscallResult(_ value: UInt64) {
    resultSlot[0] = value
    resultSlot.write(emulator)
  }

  /// The registers were changed behind `programCounter`'s back.
  func forgetProgramCounter() { knownProgramCounter = nil }
}
