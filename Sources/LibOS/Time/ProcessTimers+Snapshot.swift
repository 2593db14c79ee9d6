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
      let schedule = try IntervalSchedule(entry.schedule)
      switch entry.which {
      case 0: saved.real = schedule
      case 1: saved.virtual = schedule
      case 2: saved.profiling = schedule
      default: throw .invalidState("interval timer \(entry.which) of process \(pid)")
      }
    }
    var ids: Set<Int32> = []
    for timer in state.timers where timer.id < 0 || !ids.insert(timer.id).inserted {
      throw .invalidState("two timers \(timer.id) in process \(pid)")
    }
    saved.nextID = try checked(state.nextTimer, 0...Int32.max, "the timers of process \(pid)")
    saved.posix = try state.timers.map { (timer) throws(SnapshotError) in
      try PosixTimer.State(timer)
    }
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

  fileprivate init(_ state: Godwit_State_Timer) throws(SnapshotError) {
    guard let notify = SigevNotify(rawValue: .init(state.notify)) else {
      throw .invalidState("what timer \(state.id) does")
    }
    let signals = notify == .SIGEV_NONE ? .min...Int32.max : SavedRange.signal
    self.init(
      id: state.id, clock: try TimerClock(state.clock), notify: notify,
      signal: Signal(
        rawValue: try checked(state.signal, signals, "the signal of timer \(state.id)")),
      value: state.value, threadID: state.tid)
    runsOn = try TimerClock(state.runsOn)
    schedule = try IntervalSchedule(state.schedule)
    overrun = state.overrun
    lastOverrun = state.lastOverrun
    isPending = state.queued
  }
}
