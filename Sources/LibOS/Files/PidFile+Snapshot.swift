package import LibOSState
import LinuxABI
import Snapshot

extension PidFile: PersistentFile {
  package func save(_ saver: StateSaver) -> Godwit_State_OpenFile.OneOf_Kind {
    var state = Godwit_State_PidFile()
    state.pid = pid
    state.gone = !isInit && (try? target()) == nil
    return .pid(state)
  }
}
