import LibOSState
import LinuxABI
import Snapshot

extension TaskSignals {
  func save(to state: inout Godwit_State_Task) {
    state.signalMask = mask.rawValue
    state.pendingSignals = pending.queue.map { data($0.bytes) }
    state.signalStack = data(stack.bytes)
    if let savedMask { state.savedMask = savedMask.rawValue }
    state.signaled = isSignaled
    state.restart = restart?.rawValue ?? 0
    state.fault = [fault.trapNumber, fault.errorCode, fault.address, fault.syndrome]
  }

  mutating func restore(from state: Godwit_State_Task, _ tid: Int32) throws(SnapshotError) {
    mask = SignalSet(rawValue: state.signalMask)
    pending = try PendingSignals(saved: state.pendingSignals.map { Array($0) }, "task \(tid)")
    if !state.signalStack.isEmpty { stack = SignalStack(bytes: Array(state.signalStack)) }
    savedMask = state.hasSavedMask ? SignalSet(rawValue: state.savedMask) : nil
    isSignaled = state.signaled
    restart = try restartErrno(state.restart)
    if state.fault.count == 4 {
      fault = FaultInfo(
        trapNumber: state.fault[0], errorCode: state.fault[1], address: state.fault[2],
        syndrome: state.fault[3])
    }
  }
}

extension ProcessSignals {
  func save(to state: inout Godwit_State_Process) {
    for number in 1...Int32(64) {
      let action = self[Signal(rawValue: number)]
      guard action != Sigaction() else { continue }
      var entry = Godwit_State_SignalAction()
      entry.signal = number
      entry.handler = action.handler
      entry.flags = action.flags.rawValue
      entry.restorer = action.restorer
      entry.mask = action.mask.rawValue
      state.actions.append(entry)
    }
    state.pendingSignals = pending.queue.map { data($0.bytes) }
    state.stopSignal = stopSignal?.rawValue ?? 0
  }

  mutating func restore(from state: Godwit_State_Process) throws(SnapshotError) {
    for entry in state.actions {
      let number = try checked(
        entry.signal, SavedRange.signal, "a signal action of process \(state.pid)")
      self[Signal(rawValue: number)] = Sigaction(
        handler: entry.handler, flags: SigactionFlags(rawValue: entry.flags),
        restorer: entry.restorer, mask: SignalSet(rawValue: entry.mask))
    }
    pending = try PendingSignals(
      saved: state.pendingSignals.map { Array($0) }, "process \(state.pid)")
    let stop = try checked(
      state.stopSignal, SavedRange.optionalSignal, "what stopped process \(state.pid)")
    stopSignal = stop == 0 ? nil : Signal(rawValue: stop)
  }
}

extension PendingSignals {
  /// - Parameter owner: what the signals were sent to.
  fileprivate init(saved queue: [[UInt8]], _ owner: String) throws(SnapshotError) {
    let infos = queue.map { Siginfo(bytes: $0) }
    guard infos.allSatisfy(\.signal.isValid) else {
      throw .invalidState("a signal that waits for \(owner)")
    }
    self.init(restoring: infos)
  }
}
