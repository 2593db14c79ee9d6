package import LibOSState
import LinuxABI
import Snapshot

extension SeccompListener: PersistentFile {
  package func save(_ saver: StateSaver) -> Godwit_State_OpenFile.OneOf_Kind {
    var state = Godwit_State_SeccompListener()
    state.nextID = nextID
    state.killableOnly = isKillableOnly
    return .seccompListener(state)
  }

  convenience init(_ state: Godwit_State_SeccompListener, _ flags: OpenFlags, _ kernel: Kernel)
    throws(SnapshotError)
  {
    self.init(
      kernel, isKillableOnly: state.killableOnly,
      nextID: try checked(state.nextID, SavedRange.counter, "the next number of a listener"),
      flags: flags)
  }
}

extension Task {
  func saveFilters(to state: inout Godwit_State_Task, _ saver: StateSaver) {
    state.seccompMode = seccomp?.mode ?? 0
    let filters = seccomp?.filters ?? []
    state.seccompFilters = filters.map { data($0.program.bytes) }
    let listeners = filters.map { filter in
      filter.listener.map { $0.isOpen ? saver.id(of: $0, .filter) : 0 } ?? 0
    }
    if listeners.contains(where: { $0 != 0 }) { state.seccompListeners = listeners }
    guard let notice else { return }
    // A listener that is gone has answered.
    if notice.listener.isOpen { state.notice.listener = saver.id(of: notice.listener, .filter) }
    state.notice.id = notice.id
    state.notice.call = data(notice.call)
    state.notice.received = notice.isReceived
    guard let answer = notice.answer else { return }
    state.notice.answer.value = answer.value
    state.notice.answer.error = answer.error
    state.notice.answer.goesOn = answer.goesOn
  }

  func restoreFilters(_ state: Godwit_State_Task, _ loader: StateLoader) throws(SnapshotError) {
    let what = "the system call filters of task \(tid)"
    switch state.seccompMode {
    case 0: break
    case 1: seccomp = .strict
    default:
      let listeners = state.seccompListeners
      guard listeners.isEmpty || listeners.count == state.seccompFilters.count else {
        throw .invalidState(what)
      }
      var filters: [SeccompFilter] = []
      for (place, bytes) in state.seccompFilters.enumerated() {
        guard let program = FilterProgram(bytes: Array(bytes)), program.isForSyscalls else {
          throw .invalidState(what)
        }
        var filter = SeccompFilter(program: program)
        if !listeners.isEmpty, listeners[place] != 0 {
          filter.listener = try loader.listener(listeners[place])
        }
        filters.append(filter)
      }
      seccomp = .filters(filters)
    }
    if state.hasNotice { try restoreNotice(state, loader) }
  }

  private func restoreNotice(_ state: Godwit_State_Task, _ loader: StateLoader)
    throws(SnapshotError)
  {
    let saved = state.notice
    guard state.hasCall, saved.call.count == FilterProgram.syscallDataSize,
      saved.listener != 0 || saved.hasAnswer
    else { throw .invalidState("what task \(tid) waits for") }
    let listener =
      saved.listener == 0
      ? SeccompListener(kernel, isKillableOnly: false) : try loader.listener(saved.listener)
    let notice = SeccompNotice(listener, id: saved.id, Array(saved.call), of: self)
    notice.isReceived = saved.received
    if saved.hasAnswer {
      notice.settle(
        SeccompNotice.Answer(
          value: saved.answer.value, error: saved.answer.error, goesOn: saved.answer.goesOn))
    }
    listener.add(notice)
    self.notice = notice
  }
}

extension StateLoader {
  fileprivate func listener(_ id: UInt64) throws(SnapshotError) -> SeccompListener {
    guard let listener = try file(id) as? SeccompListener else {
      throw .invalidState("the listener of a filter")
    }
    return listener
  }
}
