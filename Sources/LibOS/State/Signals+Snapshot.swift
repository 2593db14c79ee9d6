import LibOSState
import LinuxABI
import Machine

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

  mutating func restore(from state: Godwit_State_Task) {
    mask = SignalSet(rawValue: state.signalMask)
    pending = PendingSignals(restoring: state.pendingSignals.map { Siginfo(bytes: Array($0)) })
    if !state.signalStack.isEmpty { stack = SignalStack(bytes: Array(state.signalStack)) }
    savedMask = state.hasSavedMask ? SignalSet(rawValue: state.savedMask) : nil
    isSignaled = state.signaled
    restart = state.restart == 0 ? nil : Errno(rawValue: state.restart)
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

  mutating func restore(from state: Godwit_State_Process) {
    for entry in state.actions where (1...64).contains(entry.signal) {
      self[Signal(rawValue: entry.signal)] = Sigaction(
        handler: entry.handler, flags: SigactionFlags(rawValue: entry.flags),
        restorer: entry.restorer, mask: SignalSet(rawValue: entry.mask))
    }
    pending = PendingSignals(restoring: state.pendingSignals.map { Siginfo(bytes: Array($0)) })
    stopSignal = state.stopSignal == 0 ? nil : Signal(rawValue: state.stopSignal)
  }
}
