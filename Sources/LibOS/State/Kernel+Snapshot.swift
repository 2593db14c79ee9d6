import HostABI
import LibOSState
import LinuxABI
import Machine
package import Snapshot

extension Kernel {
  /// Writes the state of the whole picoprocess. The run loop must not be running. Throws `refused` when
  /// the guest holds what can't travel.
  ///
  /// - Parameter standing: what is known of the state, if it was walked before.
  package func saveState(to sink: any StateSink, _ standing: StandingState? = nil)
    throws(SnapshotError)
  {
    let saver = StateSaver(self, sink: sink, standing ?? StandingState(self))
    try saver.saveAll()
    guard saver.obstacles.isEmpty else { throw .untransportable(saver.obstacles) }
  }

  /// What the guest holds that can't travel, each named; empty when a snapshot can be taken.
  ///
  /// Found by a walk over all that a snapshot would hold, so that nothing is overlooked.
  package func untransportable() -> [String] {
    let saver = StateSaver(self, sink: nil, StandingState(self))
    do throws(SnapshotError) { try saver.saveAll() } catch { return saver.obstacles + ["\(error)"] }
    return saver.obstacles
  }

  func save(at moment: KernelClock.Moment) -> Godwit_State_Kernel {
    var state = Godwit_State_Kernel()
    state.isa = isa.rawValue
    state.hostName = configuration.hostName
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
    for process in processes.values.sorted(by: { $0.pid < $1.pid }) {
      state.accounts.append(process.accounts.save(process.pid))
    }
    state.terminalLeavers = processes.values.filter(\.hasLeftTerminal).map(\.pid).sorted()
    return state
  }

  /// Gives the terminal, if there is one here, the modes that the guest had chosen.
  func restoreTerminal(_ state: Godwit_State_Kernel) {
    guard state.terminalModes.count == Termios.byteCount2 else { return }
    let modes = Termios(bytes2: Array(state.terminalModes))
    vfs.streams.terminalModes = modes
    // One that refuses them is no worse than one that was never asked.
    if let file = vfs.streams.all.first(where: \.isTerminal) { try? file.set(modes, .now) }
  }

  /// Has the guest's clocks go on from where they were, once it runs.
  private func restoreClock(_ state: Godwit_State_Kernel) {
    clock.restore(
      KernelClock.Moment(
        monotonic: state.monotonic, realtime: state.realtime, suspended: state.suspended))
    clock.wallOffset = state.wallOffset
  }

  /// Whether the numbers are such as a guest can have come to.
  static func isSane(_ state: Godwit_State_Kernel) -> Bool {
    let times = [state.monotonic, state.realtime, state.suspended]
    return times.allSatisfy { (0...1 << 61).contains($0) }
      && (-1 << 61...1 << 61).contains(state.wallOffset)
      && (1...1024).contains(state.processors)
      && (1_000...1_000_000_000).contains(state.timeSlice)
      && (1...pidLimit).contains(state.nextPid)
      && max(
        state.syscallCount, state.futexSequence, state.lastInodeNumber, state.blockSequence)
        < 1 << 62
      && max(state.memory, 1) < 1 << 62
  }

  func restore(_ state: Godwit_State_Kernel) {
    configuration.hostName = state.hostName
    configuration.processors = Int(state.processors)
    configuration.memory = state.memory
    configuration.timeSlice = state.timeSlice
    // Before the guest's clocks, which are derived from the host's.
    if let host = deterministicHost {
      host.restore(
        time: state.determinism.time, seed: state.determinism.seed,
        entropyPosition: state.determinism.entropyPosition)
    }
    restoreClock(state)
    // Its slice goes on, or a task that never sleeps would starve others when there are many suspensions.
    current = state.current
    sliceEnd = min(state.sliceEnd, saturatingSum(state.monotonic, configuration.timeSlice))
    nextPID = state.nextPid
    initialPID = state.initialPid
    syscallCount = state.syscallCount
    blockSequence = state.blockSequence
    futexes.sequence = state.futexSequence
    lastInodeNumber = state.lastInodeNumber
    bootID = state.bootID
    network.restore(state)
    if state.terminalSession != 0 {
      vfs.streams.control.session = state.terminalSession
      vfs.streams.control.foreground = state.terminalForeground
      controllingTerminals[state.terminalSession] = vfs.streams.control
    }
    vfs.lastRenameCookie = state.renameCookie
    for former in state.formerForegrounds { formerForegrounds[former.session] = former.group }
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
