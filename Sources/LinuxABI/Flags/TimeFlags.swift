/// Clocks of `clock_gettime(2)`. A negative id names a process's or thread's CPU clock.
package enum ClockID: Int32, Hashable, Sendable, CaseIterable {
  case CLOCK_REALTIME = 0
  case CLOCK_MONOTONIC = 1
  case CLOCK_PROCESS_CPUTIME_ID = 2
  case CLOCK_THREAD_CPUTIME_ID = 3
  case CLOCK_MONOTONIC_RAW = 4
  case CLOCK_REALTIME_COARSE = 5
  case CLOCK_MONOTONIC_COARSE = 6
  case CLOCK_BOOTTIME = 7
  case CLOCK_REALTIME_ALARM = 8
  case CLOCK_BOOTTIME_ALARM = 9
  case CLOCK_TAI = 11
}

/// Flags of `clock_nanosleep(2)` and `timer_settime(2)`.
package struct TimerFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let TIMER_ABSTIME = TimerFlags(rawValue: 0x1)

  package static let names: [(name: String, value: TimerFlags)] = [
    ("TIMER_ABSTIME", TIMER_ABSTIME)
  ]
}

/// The `which` of `setitimer(2)`.
package enum IntervalTimerKind: UInt32, Hashable, Sendable, CaseIterable {
  case ITIMER_REAL = 0
  case ITIMER_VIRTUAL = 1
  case ITIMER_PROF = 2
}

/// The `sigev_notify` of `struct sigevent`.
package enum SigevNotify: Int32, Hashable, Sendable, CaseIterable {
  case SIGEV_SIGNAL = 0
  case SIGEV_NONE = 1
  case SIGEV_THREAD = 2
  case SIGEV_THREAD_ID = 4
}
