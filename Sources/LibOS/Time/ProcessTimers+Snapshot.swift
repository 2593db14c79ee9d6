import LibOSState
import LinuxABI
import Snapshot

extension Process {
  func saveTimers(to state: inout Godwit_State_Process) {
    let timers = timers.state
    for (which, schedule) in [timers.real, timers.virtual, timers.profiling].enumerated()
    where schedule != IntervalSchedule() {
      var entry = Godwit_State_IntervalTimer()
      entry.which = UInt32(which)
      entry.schedule = schedule.save()
      state.intervalTimers.append(entry)
    }
    state.nextTimer = timers.nextID
    state.timers = timers.posix.map { $0.save() }
  }

  func restoreTimers(from state: Godwit_State_Process) throws(SnapshotError) {
    var saved = ProcessTimers.State()
    for entry in state.intervalTimers {
      let schedule = IntervalSchedule(entry.schedule)
      switch entry.which {
      case 0: saved.real = schedule
      case 1: saved.virtual = schedule
      default: saved.profiling = schedule
      }
    }
    var ids: Set<Int32> = []
    for timer in state.timers where !ids.insert(timer.id).inserted {
      throw .invalidState("two timers \(timer.id) in process \(pid)")
    }
    saved.nextID = state.nextTimer
    saved.posix = state.timers.map { PosixTimer.State($0) }
    timers.restore(saved)
  }
}

extension PosixTimer.State {
  fileprivate func save() -> Godwit_State_Timer {
    var state = Godwit_State_Timer()
    state.id = id
    state.clock = clock.save()
    state.runsOn = runsOn.save()
    state.notify = Int32(notify.rawValue)
    state.signal = signal.rawValue
    state.tid = threadID
    state.value = value
    state.schedule = schedule.save()
    state.overrun = overrun
    state.lastOverrun = lastOverrun
    state.queued = isPending
    return state
  }

  fileprivate init(_ state: Godwit_State_Timer) {
    self.init(
      id: state.id, clock: TimerClock(state.clock),
      notify: SigevNotify(rawValue: .init(state.notify)) ?? .SIGEV_NONE,
      signal: Signal(rawValue: state.signal), value: state.value, threadID: state.tid)
    runsOn = TimerClock(state.runsOn)
    schedule = IntervalSchedule(state.schedule)
    overrun = state.overrun
    lastOverrun = state.lastOverrun
    isPending = state.queued
  }
}
