import LibOSState
import LinuxABI

extension Timespec {
  func save() -> Godwit_State_Time {
    var state = Godwit_State_Time()
    state.seconds = tv_sec
    state.nanoseconds = tv_nsec
    return state
  }

  init(_ state: Godwit_State_Time) {
    self.init(tv_sec: state.seconds, tv_nsec: min(max(state.nanoseconds, 0), 999_999_999))
  }
}
