import LibOSState
import LinuxABI
import Snapshot

extension OpenFile {
  func saveSignals(to state: inout Godwit_State_OpenFile) {
    state.ownerType = signalReceiver.owner.type
    state.owner = signalReceiver.owner.pid
    state.ownerNamedBy =
      signalReceiver.owner.pid == 0 ? [] : [signalReceiver.realUID, signalReceiver.effectiveUID]
    state.ioSignal = signalReceiver.signal
    if let readinessSignal { state.asyncDescriptor = readinessSignal.descriptor }
  }

  func restoreSignals(_ state: Godwit_State_OpenFile, _ kernel: Kernel) throws(SnapshotError) {
    let what = "open file \(state.id)"
    signalReceiver.owner = OwnerEx(
      type: try checked(state.ownerType, 0...2, "the owner of \(what)"), pid: state.owner)
    if state.ownerNamedBy.count == 2 {
      (signalReceiver.realUID, signalReceiver.effectiveUID) = (
        state.ownerNamedBy[0], state.ownerNamedBy[1]
      )
    }
    signalReceiver.signal = try checked(
      state.ioSignal, SavedRange.optionalSignal, "the signal of \(what)")
    if state.hasAsyncDescriptor, signalsReadiness {
      signalReadiness(state.asyncDescriptor, kernel)
    }
  }
}
