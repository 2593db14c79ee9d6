package import LibOSState
import LinuxABI
import Snapshot

extension SignalFile: PersistentFile {
  package func save(_ saver: StateSaver) -> Godwit_State_OpenFile.OneOf_Kind {
    var state = Godwit_State_SignalFile()
    state.mask = mask.rawValue
    state.pid = process?.pid ?? 0
    return .signal(state)
  }
}
