import LibOSState
import LinuxABI
package import Machine
import Snapshot

extension Task {
  func save(_ saver: StateSaver) throws(SnapshotError) -> Godwit_State_Task {
    var state = Godwit_State_Task()
    state.tid = tid
    state.pid = process.pid
    state.registers = registers.save()
    state.blocked = self.state == .blocked || runsAgain
    if state.blocked { state.blockSequence = blockSequence }
    if let call {
      state.call.number = call.number
      state.call.arguments = (0..<6).map { call.arguments[$0] }
    }
    if let deadline = progress.deadline { state.deadline = deadline }
    state.bytesDone = progress.bytesDone
    state.scratch = progress.scratch
    if let limit = progress.limit { state.limit = limit }
    saveShared(to: &state, saver)
    saveScheduling(to: &state, saver)
    if let wait = progress.futex {
      state.futex.address = wait.address.rawValue
      state.futex.bitset = wait.bitset
      state.futex.sequence = wait.sequence
      state.futex.woken = wait.isWoken
      switch wait.role {
      case .plain: break
      case .heir: state.futex.owner = kernel.futexes.owner(awaitedBy: self)?.tid ?? 0
      case .moving(let target): state.futex.target = target.rawValue
      }
    }
    state.interruption = interruption?.rawValue ?? 0
    state.clearChildTid_p = clearChildTID.rawValue
    state.robustList = robustList.rawValue
    state.robustListLength = robustListLength
    state.rseq.address = rseq.address.rawValue
    state.rseq.length = rseq.length
    state.rseq.signature = rseq.signature
    state.name = data(name.bytes)
    signals.save(to: &state)
    state.processorTime = currentProcessorTime.nanoseconds
    state.voluntarySwitches = voluntarySwitches
    state.involuntarySwitches = involuntarySwitches
    state.niceness = niceness.value
    state.timerSlack = timerSlack
    if let pendingOpen { state.pendingOpen = saver.id(of: pendingOpen, .opening) }
    if let exceptionHandler { state.exceptionHandler = exceptionHandler.save() }
    return state
  }

  /// What it has that its process's leader has not.
  private func saveShared(to state: inout Godwit_State_Task, _ saver: StateSaver) {
    if credentials != process.credentials { state.credentials = credentials.save() }
    if noNewPrivileges != process.noNewPrivileges { state.noNewPrivileges = noNewPrivileges }
    if fs !== process.fs {
      state.fs = saver.number(of: fs)
      state.root = saver.id(of: fs.root)
      state.cwd = saver.id(of: fs.cwd)
      state.umask = UInt32(fs.umask)
    }
    guard files !== process.files else { return }
    if let owner = saver.owners[ObjectIdentifier(files)] {
      state.filesOf = owner
      return
    }
    saver.owners[ObjectIdentifier(files)] = tid
    state.filesOf = tid
    state.descriptors = files.save(saver)
  }

  private func restoreShared(_ state: Godwit_State_Task, _ loader: StateLoader)
    throws(SnapshotError)
  {
    if state.hasCredentials { credentials = try Credentials(state.credentials) }
    if state.hasNoNewPrivileges { noNewPrivileges = state.noNewPrivileges }
    if state.fs != 0 {
      fs = try loader.fsContext(
        state.fs, root: state.root, cwd: state.cwd, umask: state.umask, "task \(tid)")
    }
    guard state.filesOf != 0 else { return }
    if state.filesOf == tid, tid != process.pid {
      let table = FileTable(kernel.arena)
      try table.restore(state.descriptors, loader)
      loader.fileTables[tid] = table
    }
    guard let table = loader.fileTables[state.filesOf] else {
      throw .invalidState("the descriptors of task \(tid)")
    }
    use(table)
  }

  private func saveScheduling(to state: inout Godwit_State_Task, _ saver: StateSaver) {
    state.policy = scheduling.policy.rawValue
    state.priority = scheduling.priority
    state.resetsOnFork = scheduling.resetsOnFork
    if let told = scheduling.deadline {
      state.deadlineParameters = [told.runtime, told.deadline, told.period, told.flags]
    }
    state.ioPriority = UInt32(ioPriority)
    state.memoryMode = memoryPolicy.mode
    state.memoryNodes = memoryPolicy.nodes
    if defaultTimerSlack != Self.initialTimerSlack { state.defaultTimerSlack = defaultTimerSlack }
    state.noTimeStamps = forbidsTimeStamps
    saveFilters(to: &state, saver)
    saveUserDispatch(to: &state)
  }

  private func restoreScheduling(_ state: Godwit_State_Task, _ loader: StateLoader)
    throws(SnapshotError)
  {
    let what = "how task \(tid) is scheduled"
    let times = state.deadlineParameters
    let deadline =
      times.count == 4
      ? Scheduling.Deadline(
        runtime: times[0], deadline: times[1], period: times[2], flags: times[3]) : nil
    guard let policy = SchedulingPolicy(rawValue: state.policy),
      (policy == .SCHED_DEADLINE) == (deadline?.isSound ?? false)
    else { throw .invalidState(what) }
    scheduling = Scheduling(
      policy: policy, priority: try checked(state.priority, policy.priorities, what),
      resetsOnFork: state.resetsOnFork, deadline: deadline)
    ioPriority = try checked(
      UInt16(truncatingIfNeeded: state.ioPriority), IOPriority.range, what)
    memoryPolicy = MemoryPolicy(mode: state.memoryMode, nodes: state.memoryNodes)
    if state.hasDefaultTimerSlack { defaultTimerSlack = state.defaultTimerSlack }
    try restoreFilters(state, loader)
    try restoreUserDispatch(state)
  }

  /// The thread's registers, wherever they are just now.
  package var registers: RegisterFile {
    let kernel = kernel
    if kernel.loaded === self { return engine.registers }
    kernel.unload(at: kernel.clock.monotonic)
    engine.restore(from: context)
    return engine.registers
  }

  /// Makes the thread as it was saved. A blocked one runs its call again, which goes back to
  /// waiting; its deadline and its place in a futex queue are those it had.
  convenience init(
    _ state: Godwit_State_Task, process: Process, _ loader: StateLoader
  ) throws(SnapshotError) {
    let kernel = loader.kernel
    self.init(tid: state.tid, process: process, kernel: kernel)
    guard let registers = RegisterFile(isa: process.isa, state.registers) else {
      throw .invalidState("registers of task \(state.tid)")
    }
    engine.registers = registers
    forbidsTimeStamps = state.noTimeStamps
    engine.forbidsTimeStamps = forbidsTimeStamps
    engine.save(to: context)
    if state.hasCall {
      guard state.call.arguments.count == 6 else {
        throw .invalidState("call of task \(state.tid)")
      }
      var arguments = InlineArray<6, UInt64>(repeating: 0)
      for index in 0..<6 { arguments[index] = state.call.arguments[index] }
      call = SyscallFrame(number: state.call.number, arguments: arguments)
    }
    blockSequence = try checked(
      state.blockSequence, SavedRange.counter, "the place of task \(tid) among the sleeping ones")
    if state.hasDeadline { progress.deadline = state.deadline }
    progress.bytesDone = try checked(
      state.bytesDone, 0...process.isa.userAddressLimit.rawValue,
      "what the call of task \(tid) has moved")
    progress.scratch = state.scratch
    if state.hasLimit { progress.limit = state.limit }
    if state.hasFutex {
      progress.futex = FutexWait(
        address: GuestAddress(state.futex.address), bitset: state.futex.bitset,
        sequence: state.futex.sequence,
        role: state.futex.owner != 0
          ? .heir : state.futex.target != 0 ? .moving(GuestAddress(state.futex.target)) : .plain,
        isWoken: state.futex.woken)
    }
    interruption = try restartErrno(state.interruption)
    clearChildTID = GuestAddress(state.clearChildTid_p)
    robustList = GuestAddress(state.robustList)
    robustListLength = state.robustListLength
    rseq = RseqRegistration(
      address: GuestAddress(state.rseq.address), length: state.rseq.length,
      signature: state.rseq.signature)
    name = try TaskName(saved: Array(state.name), "the name of task \(tid)")
    try signals.restore(from: state, tid)
    processorTime = try GuestDuration(
      saved: state.processorTime, "the processor time of task \(tid)")
    let counts = "the switches of task \(tid)"
    voluntarySwitches = try checked(state.voluntarySwitches, SavedRange.counter, counts)
    involuntarySwitches = try checked(state.involuntarySwitches, SavedRange.counter, counts)
    niceness = Niceness(
      clamping: try checked(state.niceness, Niceness.range, "the niceness of task \(tid)"))
    timerSlack = state.timerSlack
    try restoreShared(state, loader)
    try restoreScheduling(state, loader)
    if state.hasExceptionHandler {
      exceptionHandler = try ExceptionHandler(state.exceptionHandler, process.isa, tid)
    }
    if state.pendingOpen != 0 {
      let file = try loader.file(state.pendingOpen)
      guard file is PipeEnd, loader.heldFiles.insert(state.pendingOpen).inserted else {
        throw .invalidState("what task \(tid) opens")
      }
      pendingOpen = file
    }
  }
}
