package import LibOSState
import Snapshot

extension EventFile: PersistentFile {
  package func save(_ saver: StateSaver) -> Godwit_State_OpenFile.OneOf_Kind {
    var state = Godwit_State_EventFile()
    state.count = count
    state.semaphore = isSemaphore
    return .event(state)
  }
}
