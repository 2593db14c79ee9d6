package import LibOSState
import Snapshot

extension TimerFile: PersistentFile {
  package func save(_ saver: StateSaver) -> Godwit_State_OpenFile.OneOf_Kind {
    var message = Godwit_State_TimerFile()
    message.clock = state.clock.save()
    message.runsOn = state.runsOn.save()
    message.schedule = state.schedule.save()
    message.expirations = state.expirations
    message.settingFlags = state.settingFlags
    return .timer(message)
  }
}

extension TimerFile.State {
  init(_ message: Godwit_State_TimerFile) throws(SnapshotError) {
    self.init(clock: try TimerClock(message.clock))
    runsOn = try TimerClock(message.runsOn)
    schedule = try IntervalSchedule(message.schedule)
    expirations = message.expirations
    settingFlags = message.settingFlags
  }
}

extension TimerClock {
  func save() -> Godwit_State_Clock {
    var state = Godwit_State_Clock()
    switch self {
    case .monotonic: state.kind = 0
    case .boottime: state.kind = 1
    case .realtime: state.kind = 2
    case .process(let pid):
      state.kind = 3
      state.id = pid
    case .thread(let tid):
      state.kind = 4
      state.id = tid
    }
    return state
  }

  init(_ state: Godwit_State_Clock) throws(SnapshotError) {
    switch state.kind {
    case 0: self = .monotonic
    case 1: self = .boottime
    case 2: self = .realtime
    case 3: self = .process(pid: state.id)
    case 4: self = .thread(tid: state.id)
    default: throw .invalidState("the clock \(state.kind) of a timer")
    }
  }
}

extension IntervalSchedule {
  func save() -> Godwit_State_Schedule {
    var state = Godwit_State_Schedule()
    if let next { state.next = next }
    state.interval = interval
    return state
  }

  init(_ state: Godwit_State_Schedule) throws(SnapshotError) {
    let next = try checked(state.next, 0...Int64.max, "when a timer expires")
    self.init(
      next: state.hasNext ? next : nil,
      interval: try checked(state.interval, 0...Int64.max, "the interval of a timer"))
  }
}
