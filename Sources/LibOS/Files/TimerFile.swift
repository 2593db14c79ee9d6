package import LinuxABI
import Machine

/// What `timerfd_create(2)` opens: a timer that can be waited for.
///
/// As in Linux the kernel's timer rests while expirations wait to be read; they are counted then.
package final class TimerFile: OpenFile {
  /// What makes the file up besides its flags; a saved one is recreated from it.
  package struct State: Hashable, Sendable {
    /// The clock it was created for.
    package var clock: TimerClock
    /// The clock the schedule runs on: a relative time is not moved when wall time is set.
    package var runsOn: TimerClock
    package var schedule = IntervalSchedule()
    /// Expirations not yet read.
    package var expirations: UInt64 = 0
    /// As `timerfd_settime` got them; shown in fdinfo.
    package var settingFlags: UInt32 = 0

    package init(clock: TimerClock) {
      self.clock = clock
      runsOn = clock
    }
  }

  package private(set) var state: State
  private unowned let kernel: Kernel
  private lazy var timer = KernelTimer { [unowned self] in expire() }

  package init(_ state: State, kernel: Kernel, flags: OpenFlags) {
    self.state = state
    self.kernel = kernel
    super.init(flags: flags)
    arm()
  }

  package override func close() { kernel.timers.cancel(timer) }

  private var now: Int64 { kernel.clock.time(state.runsOn) ?? 0 }

  /// Has the kernel call when the next expiration comes; also needed after its clock was set.
  package func arm() {
    guard state.expirations == 0, let next = state.schedule.next,
      let deadline = kernel.clock.monotonicTime(of: next, on: state.runsOn)
    else { return kernel.timers.cancel(timer) }
    kernel.timers.arm(timer, at: deadline)
  }

  private func settle() {
    state.expirations &+= state.schedule.takeExpirations(at: now)
  }

  private func expire() {
    settle()
    arm()
    if state.expirations > 0 { waitQueue.wake(.POLLIN) }
  }

  /// Sets the timer, forgetting expirations, and returns what it was set to.
  package func set(_ setting: Itimerspec, flags: TimerfdSetFlags) -> Itimerspec {
    let old = current
    let isAbsolute = flags.contains(.TFD_TIMER_ABSTIME)
    state.runsOn = state.clock == .realtime && !isAbsolute ? .monotonic : state.clock
    state.schedule = IntervalSchedule(
      value: setting.it_value.nanoseconds, interval: setting.it_interval.nanoseconds,
      isAbsolute: isAbsolute, now: now)
    state.expirations = 0
    state.settingFlags = flags.rawValue
    arm()
    return old
  }

  /// The time left and the interval.
  package var current: Itimerspec {
    settle()
    return Itimerspec(
      it_interval: Timespec(nanoseconds: state.schedule.interval),
      it_value: Timespec(nanoseconds: state.schedule.remaining(at: now)))
  }

  /// The number of expirations since the last read: 8 bytes.
  package override func read(into buffer: inout MutableRawSpan) throws(Errno) -> Int {
    guard buffer.byteCount >= 8 else { throw .EINVAL }
    settle()
    guard state.expirations > 0 else {
      arm()
      throw .EAGAIN
    }
    buffer.store(state.expirations)
    state.expirations = 0
    arm()
    return 8
  }

  package override func pollEvents() -> PollEvents {
    settle()
    return state.expirations > 0 ? .POLLIN : []
  }

  package override var inode: Inode { get throws(Errno) { AnonymousInode() } }
  package override var linkName: String { "anon_inode:[timerfd]" }

  package override var fdinfo: String {
    let setting = current
    func pair(_ time: Timespec) -> String { "(\(time.tv_sec), \(time.tv_nsec))" }
    let clock: ClockID =
      switch state.clock {
      case .realtime: .CLOCK_REALTIME
      case .boottime: .CLOCK_BOOTTIME
      case .monotonic, .process, .thread: .CLOCK_MONOTONIC
      }
    return "clockid: \(clock.rawValue)\nticks: \(state.expirations)\n"
      + "settime flags: 0\(String(state.settingFlags, radix: 8))\n"
      + "it_value: \(pair(setting.it_value))\nit_interval: \(pair(setting.it_interval))\n"
  }
}
