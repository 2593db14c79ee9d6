import LibOSState
import Snapshot

extension ProcessAccounts {
  /// - Parameter process: whose accounts these are.
  func save(_ process: Process) -> Godwit_State_ProcessAccounts {
    var state = Godwit_State_ProcessAccounts()
    state.pid = process.pid
    state.bytesRead = bytesRead
    state.reads = reads
    state.bytesWritten = bytesWritten
    state.writes = writes
    state.killAdjustment = killAdjustment
    state.finalName = data(finalName.bytes)
    state.pageFaults = process.pageFaults
    state.peakPages = process.kernel.isDeterministic ? 0 : process.peakPages
    state.childrenFaults = childrenFaults
    state.childrenPeak = childrenPeak
    return state
  }

  init(_ state: Godwit_State_ProcessAccounts) throws(SnapshotError) {
    bytesRead = state.bytesRead
    reads = state.reads
    bytesWritten = state.bytesWritten
    writes = state.writes
    killAdjustment = try checked(
      state.killAdjustment, Self.killAdjustments, "oom_score_adj of process \(state.pid)")
    let what = "the memory that process \(state.pid) has had"
    pageFaults = try checked(state.pageFaults, SavedRange.counter, what)
    peakPages = try checked(state.peakPages, SavedRange.counter, what)
    childrenFaults = try checked(state.childrenFaults, SavedRange.counter, what)
    childrenPeak = try checked(state.childrenPeak, SavedRange.counter, what)
    finalName = try TaskName(
      saved: Array(state.finalName), "the last name of process \(state.pid)")
  }
}
