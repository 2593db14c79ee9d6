package import LinuxABI
import Machine

/// A timer of `timer_create(2)`.
///
/// While its signal is pending, further expirations only count as overruns. Taking the signal reports them
/// (timer_getoverrun(2)).
package final class PosixTimer {
  /// The whole state of a timer, from which a saved one is recreated.
  package struct State: Hashable, Sendable {
    package var id: Int32
    /// The clock it was created for.
    package var clock: TimerClock
    /// The clock the schedule runs on: a relative time is not moved when wall time is set.
    package var runsOn: TimerClock
    package var notify: SigevNotify
    package var signal: Signal
    /// `si_value`.
    package var value: UInt64
    /// The thread that gets the signal; 0 for the process.
    package var threadID: Int32
    package var schedule = IntervalSchedule()
    /// Expirations since the one that sent the pending signal.
    package var overrun: UInt64 = 0
    /// The overruns of the signal that was taken last.
    package var lastOverrun: Int32 = 0
    /// Its signal is pending.
    package var isPending = false

    package init(
      id: Int32, clock: TimerClock, notify: SigevNotify, signal: Signal, value: UInt64,
      threadID: Int32
    ) {
      self.id = id
      self.clock = clock
      runsOn = clock
      self.notify = notify
      self.signal = signal
      self.value = value
      self.threadID = threadID
    }
  }

  /// How long, in nanoseconds, a timer rests at least when its signal was ignored.
  private static let rest: Int64 = 10_000_000

  package private(set) var state: State
  private unowned let process: Process
  private let memory: MemoryCharge
  /// Bytes that the library OS has for a timer.
  static let size = 512
  private lazy var timer = KernelTimer { [unowned self] in expire() }

  package init(_ state: State, process: Process) {
    self.state = state
    self.process = process
    memory = MemoryCharge(process.kernel.arena, .timers, bytes: Self.size)
    arm()
  }

  private var kernel: Kernel { process.kernel }
  /// What the clock of the schedule shows; 0 when its thread is gone and it stands still.
  var now: Int64 { kernel.time(state.runsOn) ?? 0 }

  /// Has the kernel call when the next expiration comes; also needed after its clock was set.
  /// Timers on processor time are looked at by the run loop instead. One whose signal waits to be taken
  /// stands still: what it misses is counted when the signal is taken.
  package func arm() { arm(after: 0) }

  /// - Parameter rest: nanoseconds from the expiration on.
  private func arm(after rest: Int64) {
    if state.isPending, isQueued { return kernel.timers.cancel(timer) }
    guard state.notify != .SIGEV_NONE, let next = state.schedule.next,
      let deadline = kernel.clock.monotonicTime(of: next, on: state.runsOn)
    else { return kernel.timers.cancel(timer) }
    kernel.timers.arm(timer, at: saturatingSum(deadline, rest))
  }

  func cancel() { kernel.timers.cancel(timer) }

  /// Goes on when its signal was thrown away before anybody took it.
  func signalsWereRemoved() { if state.isPending, !isQueued { arm() } }

  /// Sets the timer and returns what it was set to.
  func set(_ setting: Itimerspec, isAbsolute: Bool) -> Itimerspec {
    let old = current
    state.runsOn = state.clock == .realtime && !isAbsolute ? .monotonic : state.clock
    state.schedule = IntervalSchedule(
      value: setting.it_value.nanoseconds, interval: setting.it_interval.nanoseconds,
      isAbsolute: isAbsolute, now: now)
    state.overrun = 0
    state.lastOverrun = 0
    state.isPending = false
    arm()
    return old
  }

  /// The time left and the interval.
  package var current: Itimerspec {
    if state.notify == .SIGEV_NONE || state.isPending {
      state.overrun &+= state.schedule.takeExpirations(at: now)
    }
    return Itimerspec(
      it_interval: Timespec(nanoseconds: state.schedule.interval),
      it_value: Timespec(nanoseconds: state.schedule.remaining(at: now)))
  }

  /// Sends the signal for expirations that are due.
  func expire() {
    let count = state.schedule.takeExpirations(at: now)
    if count > 0, state.notify != .SIGEV_NONE {
      // The signal may have been discarded, if SIG_IGN was set meanwhile.
      if state.isPending, isQueued {
        state.overrun &+= count
      } else {
        state.overrun = count - 1
        _ = send()
        state.isPending = isQueued
      }
    }
    arm(after: state.schedule.interval < Self.rest ? Self.rest : 0)
  }

  private var target: Task? { state.threadID == 0 ? nil : kernel.tasks[state.threadID] }

  private func send() -> Bool {
    if state.threadID != 0, target == nil { return false }
    let info = Siginfo.timer(
      state.signal, id: state.id, overrun: Int32(clamping: state.overrun), value: state.value)
    return process.send(info, to: target)
  }

  private var isQueued: Bool {
    let pending = target?.signals.pending ?? process.signals.pending
    return pending.holdsSignal(ofTimer: state.id)
  }

  /// Its signal is being taken: fills in the overruns, and goes on.
  func took(_ info: inout Siginfo) {
    guard state.isPending else { return }
    state.overrun &+= state.schedule.takeExpirations(at: now)
    state.lastOverrun = Int32(clamping: state.overrun)
    info.si_overrun = state.lastOverrun
    state.overrun = 0
    state.isPending = false
    arm()
  }
}
