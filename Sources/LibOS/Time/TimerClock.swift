/// A clock that timers and sleeps run on.
package enum TimerClock: Hashable, Sendable {
  case monotonic
  /// Runs while the picoprocess is suspended.
  case boottime
  /// Wall time (CLOCK_REALTIME, and CLOCK_TAI, whose offset is 0).
  case realtime
  /// The processor time of all threads of a process.
  case process(pid: Int32)
  /// The processor time of one thread.
  case thread(tid: Int32)

  package var isProcessorTime: Bool {
    switch self {
    case .process, .thread: true
    case .monotonic, .boottime, .realtime: false
    }
  }
}

extension KernelClock {
  /// The value of `clock` in nanoseconds; nil for processor time.
  package func time(_ clock: TimerClock) -> Int64? {
    switch clock {
    case .monotonic: monotonic
    case .boottime: boottime
    case .realtime: realtime
    case .process, .thread: nil
    }
  }

  /// The guest monotonic time at which `clock` will show `time`, unless it is set meanwhile.
  package func monotonicTime(of time: Int64, on clock: TimerClock) -> Int64? {
    guard let now = self.time(clock) else { return nil }
    let monotonic = self.monotonic
    return saturatingSum(monotonic, saturatingSum(time, -now))
  }
}

extension Kernel {
  /// Nanoseconds that `clock` shows; nil when its process or thread is gone.
  package func time(_ clock: TimerClock) -> Int64? {
    switch clock {
    // Process 1, where it is none of the guest's, does nothing.
    case .process(let pid): processes[pid]?.processorTime.nanoseconds ?? (isInit(pid) ? 0 : nil)
    case .thread(let tid): tasks[tid]?.currentProcessorTime.nanoseconds
    case .monotonic, .boottime, .realtime: self.clock.time(clock)
    }
  }
}
