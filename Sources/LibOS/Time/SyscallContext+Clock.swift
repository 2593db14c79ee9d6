package import LinuxABI

extension SyscallContext {
  /// The clock that a `clockid_t` means to the caller; EINVAL for an unknown one.
  package func clock(_ id: Int32) throws(Errno) -> TimerClock {
    guard id >= 0 else { return try processorClock(id) }
    switch ClockID(rawValue: id) {
    case .CLOCK_REALTIME, .CLOCK_REALTIME_COARSE, .CLOCK_REALTIME_ALARM, .CLOCK_TAI:
      return .realtime
    case .CLOCK_MONOTONIC, .CLOCK_MONOTONIC_RAW, .CLOCK_MONOTONIC_COARSE: return .monotonic
    case .CLOCK_BOOTTIME, .CLOCK_BOOTTIME_ALARM: return .boottime
    case .CLOCK_PROCESS_CPUTIME_ID: return .process(pid: process.pid)
    case .CLOCK_THREAD_CPUTIME_ID: return .thread(tid: task.tid)
    case nil: throw .EINVAL
    }
  }

  /// Whose processor time a negative id means: the complement of a pid or tid (0: the caller) above
  /// three bits, of which 4 says thread and 3 is no clock (`linux/posix-timers_types.h`).
  private func processorClock(_ id: Int32) throws(Errno) -> TimerClock {
    guard id & 3 != 3 else { throw .EINVAL }
    let owner = ~(id >> 3)
    if id & 4 != 0 {
      if owner == 0 { return .thread(tid: task.tid) }
      guard kernel.tasks[owner]?.process === process else { throw .EINVAL }
      return .thread(tid: owner)
    }
    if owner == 0 || owner == task.tid { return .process(pid: process.pid) }
    guard kernel.processes[owner] != nil || kernel.isInit(owner) else { throw .EINVAL }
    return .process(pid: owner)
  }

  /// The clock for a timer or a sleep. EOPNOTSUPP for clocks that can only be read, EPERM for those that wake a
  /// machine, unless privileged.
  package func timerClock(_ id: Int32) throws(Errno) -> TimerClock {
    let clock = try clock(id)
    switch ClockID(rawValue: id) {
    case .CLOCK_MONOTONIC_RAW, .CLOCK_MONOTONIC_COARSE, .CLOCK_REALTIME_COARSE: throw .EOPNOTSUPP
    case .CLOCK_REALTIME_ALARM, .CLOCK_BOOTTIME_ALARM:
      guard credentials.has(.CAP_WAKE_ALARM) else { throw .EPERM }
    default: break
    }
    return clock
  }
}
