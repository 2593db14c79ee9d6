import HostABI
import LibOSState
import LinuxABI
import Machine
import Snapshot

extension Kernel {
  func save(at moment: KernelClock.Moment) -> Godwit_State_Kernel {
    var state = Godwit_State_Kernel()
    state.isa = isa.rawValue
    state.hostName = configuration.hostName
    state.domainName = configuration.domainName
    state.leaseBreakTime = leaseBreakTime
    state.processors = UInt32(configuration.processors)
    state.memory = configuration.memory
    state.timeSlice = configuration.timeSlice
    if let hwcaps = try? processor(for: isa).engine.hwcaps {
      state.hwcap = hwcaps.hwcap
      state.hwcap2 = hwcaps.hwcap2
    }
    state.monotonic = moment.monotonic
    state.realtime = moment.realtime
    state.suspended = moment.suspended
    state.wallOffset = clock.wallOffset
    state.nextPid = nextPID
    state.initialPid = initialPID
    state.syscallCount = syscallCount
    state.blockSequence = blockSequence
    if let host = deterministicHost {
      state.determinism.seed = host.seed
      state.determinism.entropyPosition = host.entropyPosition
      state.determinism.time = host.time
    }
    state.current = current
    state.sliceEnd = sliceEnd
    state.runQueue = scheduler.runnable.filter { !$0.runsAgain }.map(\.tid)
    state.futexSequence = futexes.sequence
    state.lastInodeNumber = lastInodeNumber
    state.bootID = bootID
    state.resumes = resumes
    if let contestedSince { state.contestedSince = contestedSince }
    state.lastLogin = lastLogin
    state.corePattern = data(corePattern)
    state.coreUsesPid = coreUsesPID
    network.save(to: &state)
    state.terminalSession = vfs.streams.control.session
    state.terminalForeground = vfs.streams.control.foreground
    if let modes = vfs.streams.terminalModes { state.terminalModes = data(modes.bytes2) }
    for (session, group) in formerForegrounds.sorted(by: { $0.key < $1.key }) {
      var former = Godwit_State_FormerForeground()
      former.session = session
      former.group = group
      state.formerForegrounds.append(former)
    }
    state.renameCookie = vfs.lastRenameCookie
    state.accounts = processes.values.sorted { $0.pid < $1.pid }.map { $0.accounts.save($0) }
    state.terminalLeavers = processes.values.filter(\.hasLeftTerminal).map(\.pid).sorted()
    return state
  }

  /// Gives the terminal, if there is one here, the modes that the guest had chosen.
  func restoreTerminal(_ state: Godwit_State_Kernel) throws(SnapshotError) {
    if state.terminalModes.isEmpty { return }
    guard state.terminalModes.count == Termios.byteCount2 else {
      throw .invalidState("the modes of the terminal")
    }
    let modes = Termios(bytes2: Array(state.terminalModes))
    if let terminal = console?.pseudoterminal { return terminal.operate { $0.set(modes) } }
    vfs.streams.terminalModes = modes
    // One that refuses them is no worse than one that was never asked.
    if let file = vfs.streams.all.first(where: \.isTerminal) { try? file.set(modes, .now) }
  }

  /// Has the guest's clocks go on from where they were, once it runs.
  private func restoreClock(_ state: Godwit_State_Kernel) throws(SnapshotError) {
    clock.restore(
      KernelClock.Moment(
        monotonic: try checked(state.monotonic, SavedRange.clock, "the monotonic clock"),
        realtime: try checked(state.realtime, SavedRange.clock, "the wall clock"),
        suspended: try checked(state.suspended, SavedRange.clock, "the time spent suspended")))
    let farthest = SavedRange.clock.upperBound
    clock.wallOffset = try checked(
      state.wallOffset, -farthest...farthest, "the wall clock's distance from the host's")
  }

  func restore(_ state: Godwit_State_Kernel) throws(SnapshotError) {
    try restoreConfiguration(state)
    // Before the guest's clocks, which are derived from the host's.
    if let host = deterministicHost {
      host.restore(
        time: try checked(state.determinism.time, SavedRange.clock, "the time of the run"),
        seed: state.determinism.seed,
        entropyPosition: try checked(
          state.determinism.entropyPosition, SavedRange.counter, "the entropy handed out"))
    }
    try restoreClock(state)
    // Its slice goes on, or a task that never sleeps would starve others when there are many suspensions.
    current = state.current
    sliceEnd = min(
      max(state.sliceEnd, 0),
      state.monotonic + max(configuration.timeSlice, Scheduling.roundRobinSlice))
    if state.hasContestedSince { contestedSince = min(state.contestedSince, state.monotonic) }
    lastLogin = state.lastLogin
    if state.hasCorePattern { corePattern = Array(state.corePattern.prefix(127)) }
    coreUsesPID = state.coreUsesPid
    nextPID = try checked(state.nextPid, SavedRange.pid, "the next process id")
    initialPID = state.initialPid
    syscallCount = try checked(state.syscallCount, SavedRange.counter, "the number of calls")
    blockSequence = try checked(state.blockSequence, SavedRange.counter, "the number of sleeps")
    futexes.sequence = try checked(state.futexSequence, SavedRange.counter, "the futex waits")
    lastInodeNumber = try checked(state.lastInodeNumber, SavedRange.counter, "the last inode")
    try restoreBootID(state.bootID)
    resumes = try checked(state.resumes, SavedRange.counter, "the number of resumes")
    try network.restore(state)
    let session = try checked(
      state.terminalSession, SavedRange.optionalPID, "the terminal's session")
    if session != 0 {
      vfs.streams.control.session = session
      vfs.streams.control.foreground = try checked(
        state.terminalForeground, SavedRange.optionalPID, "the terminal's foreground group")
      controllingTerminals[session] = vfs.streams.control
    }
    vfs.lastRenameCookie = state.renameCookie
    if state.hasLeaseBreakTime {
      leaseBreakTime = try checked(
        state.leaseBreakTime, 0...Int64(Int32.max), "the time for giving up a lease")
    }
    for former in state.formerForegrounds { formerForegrounds[former.session] = former.group }
  }

  private func restoreConfiguration(_ state: Godwit_State_Kernel) throws(SnapshotError) {
    guard GuestISA(rawValue: state.isa) != nil else {
      throw .invalidState("the ISA \(state.isa)")
    }
    // A byte that is no UTF-8 takes three.
    for name in [state.hostName, state.domainName]
    where name.utf8.count > 3 * Self.hostNameLimit {
      throw .invalidState("a host name of \(name.utf8.count) bytes")
    }
    configuration.hostName = state.hostName
    if !state.domainName.isEmpty { configuration.domainName = state.domainName }
    configuration.processors = Int(try checked(state.processors, 1...1024, "the processors"))
    configuration.memory = try checked(state.memory, SavedRange.counter, "the memory")
    configuration.timeSlice = try checked(
      state.timeSlice, 1_000...1_000_000_000, "the time slice")
  }

  /// Bytes of a host name (`__NEW_UTS_LEN`).
  static let hostNameLimit = 64

  private func restoreBootID(_ id: String) throws(SnapshotError) {
    guard id.utf8.count <= 36 else { throw .invalidState("the boot id") }
    bootID = id
  }
}

extension OpenFile {
  /// Why this file can't travel in a snapshot; nil when it can.
  package var travelObstacle: String? {
    guard let file = self as? any PersistentFile else {
      return "this kind of file exists on this host only"
    }
    return file.obstacle
  }
}
