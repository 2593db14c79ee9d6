import LinuxABI
import Machine

extension SyscallTable {
  package static let timerRows: [SyscallRow] = [
    SyscallRow("getitimer", x64: 36, generic: 102, [intervalKind, .address]) {
      call throws(Errno) in
      guard let kind = IntervalTimerKind(rawValue: call.uint(0)) else { throw .EINVAL }
      try call.store(setting(call, kind), to: call.address(1))
      return .success
    },
    SyscallRow(
      "setitimer", x64: 38, generic: 103, [intervalKind, .address, .address],
      note: "ITIMER_VIRTUAL counts all processor time, as ITIMER_PROF does", sys_setitimer),
    SyscallRow("alarm", x64: 37, generic: nil, [.unsigned], sys_alarm),
    SyscallRow(
      "timer_create", x64: 222, generic: 107, [clockKind, .address, .address], sys_timer_create),
    SyscallRow(
      "timer_settime", x64: 223, generic: 110,
      [.int, .flags(of: TimerFlags.self), .address, .address], sys_timer_settime),
    SyscallRow("timer_gettime", x64: 224, generic: 108, [.int, .address]) { call throws(Errno) in
      try call.store(try call.process.timers[call.int(0)].current, to: call.address(1))
      return .success
    },
    SyscallRow("timer_getoverrun", x64: 225, generic: 109, [.int]) { call throws(Errno) in
      .value(try call.process.timers[call.int(0)].state.lastOverrun)
    },
    SyscallRow("timer_delete", x64: 226, generic: 111, [.int]) { call throws(Errno) in
      try call.process.timers.delete(call.int(0))
      return .success
    },
  ]
}

private let intervalKind = ArgumentKind.oneOf(IntervalTimerKind.self)

// MARK: Interval timers

private func setting(_ call: SyscallContext, _ kind: IntervalTimerKind) -> Itimerval {
  let (left, interval) = call.process.timers.interval(kind)
  // An armed timer never shows 0.
  return Itimerval(
    it_interval: Timeval(nanoseconds: interval),
    it_value: Timeval(nanoseconds: left == 0 ? 0 : max(left, 1000)))
}

private func sys_setitimer(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  // No new value disarms, which Linux keeps for old programs.
  var new = Itimerval()
  if !call.address(1).isNull { new = try call.load(at: call.address(1)) }
  guard let kind = IntervalTimerKind(rawValue: call.uint(0)), new.it_value.isValidTimeout,
    new.it_interval.isValidTimeout
  else { throw .EINVAL }
  let old = setting(call, kind)
  call.process.timers.setInterval(
    kind, left: new.it_value.nanoseconds, interval: new.it_interval.nanoseconds)
  if !call.address(2).isNull { try call.store(old, to: call.address(2)) }
  return .success
}

private func sys_alarm(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let timers = call.process.timers
  let left = Timespec(nanoseconds: timers.interval(.ITIMER_REAL).left)
  timers.setInterval(.ITIMER_REAL, left: Int64(call.uint(0)) * 1_000_000_000, interval: 0)
  // Rounded, but an armed timer never shows 0.
  let roundsUp = left.tv_nsec >= 500_000_000 || (left.tv_sec == 0 && left.tv_nsec > 0)
  return .value(Int(left.tv_sec) + (roundsUp ? 1 : 0))
}

// MARK: POSIX timers

private func sys_timer_create(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let clock = try call.timerClock(call.int(0))
  if case .process(let pid) = clock, pid != call.process.pid { throw .EINVAL }
  var event: Sigevent?
  if !call.address(1).isNull { event = try call.load(at: call.address(1)) }
  let notify = try notification(call, event)
  let timers = call.process.timers
  let timer = try timers.create(clock: clock) { id in
    PosixTimer.State(
      id: id, clock: clock, notify: notify,
      signal: event.map { Signal(rawValue: $0.sigev_signo) } ?? .SIGALRM,
      value: event?.sigev_value ?? UInt64(UInt32(bitPattern: id)),
      threadID: notify == .SIGEV_THREAD_ID ? event?.threadID ?? 0 : 0)
  }
  do throws(Errno) { try call.store(timer.state.id, to: call.address(2)) } catch {
    try? timers.delete(timer.state.id)
    throw error
  }
  return .success
}

/// How `event` asks to be told: EINVAL (`good_sigevent` in `kernel/time/posix-timers.c`).
private func notification(_ call: SyscallContext, _ event: Sigevent?)
  throws(Errno) -> SigevNotify
{
  guard let event else { return .SIGEV_SIGNAL }
  guard let notify = SigevNotify(rawValue: event.sigev_notify) else { throw .EINVAL }
  if notify == .SIGEV_NONE { return notify }
  guard Signal(rawValue: event.sigev_signo).isValid else { throw .EINVAL }
  if notify == .SIGEV_THREAD_ID {
    guard call.kernel.tasks[event.threadID]?.process === call.process else { throw .EINVAL }
  }
  return notify
}

private func sys_timer_settime(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard !call.address(2).isNull else { throw .EINVAL }
  let new: Itimerspec = try call.load(at: call.address(2))
  guard new.it_value.isValidTimeout, new.it_interval.isValidTimeout else { throw .EINVAL }
  let isAbsolute = TimerFlags(rawValue: call.uint(1)).contains(.TIMER_ABSTIME)
  let old = try call.process.timers.set(call.int(0), new, isAbsolute: isAbsolute)
  if !call.address(3).isNull { try call.store(old, to: call.address(3)) }
  return .success
}
