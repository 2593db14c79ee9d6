import LibOSState

extension ProcessAccounts {
  func save(_ pid: Int32) -> Godwit_State_ProcessAccounts {
    var state = Godwit_State_ProcessAccounts()
    state.pid = pid
    state.bytesRead = bytesRead
    state.reads = reads
    state.bytesWritten = bytesWritten
    state.writes = writes
    state.killAdjustment = killAdjustment
    state.finalName = data(finalName)
    return state
  }

  init(_ state: Godwit_State_ProcessAccounts) {
    bytesRead = state.bytesRead
    reads = state.reads
    bytesWritten = state.bytesWritten
    writes = state.writes
    killAdjustment = state.killAdjustment
    finalName = Array(state.finalName)
  }
}
