import LibOSState
import Snapshot

extension ProcessAccounts {
  func save(_ pid: Int32) -> Godwit_State_ProcessAccounts {
    var state = Godwit_State_ProcessAccounts()
    state.pid = pid
    state.bytesRead = bytesRead
    state.reads = reads
    state.bytesWritten = bytesWritten
    state.writes = writes
    state.killAdjustment = killAdjustment
    state.finalName = data(finalName.bytes)
    return state
  }

  init(_ state: Godwit_State_ProcessAccounts) throws(SnapshotError) {
    bytesRead = state.bytesRead
    reads = state.reads
    bytesWritten = state.bytesWritten
    writes = state.writes
    killAdjustment = try checked(
      state.killAdjustment, Self.killAdjustments, "oom_score_adj of process \(state.pid)")
    finalName = try TaskName(
      saved: Array(state.finalName), "the last name of process \(state.pid)")
  }
}
