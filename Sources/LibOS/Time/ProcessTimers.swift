package import LinuxABI
import Machine

/// The interval timers and POSIX timers of a process.
package final class ProcessTimers {
  /// Their whole state, which `restore` recreates them from.
  package struct State: Hashable, Sendable {
    /// ITIMER_REAL, on guest monotonic time.
    package var real = IntervalSchedule()
    /// ITIMER_VIRTUAL and ITIMER_PROF, on the process's processor time.
    package var virtual = IntervalSchedule()
    package var profiling = IntervalSchedule()
    package var nextID: Int32 = 0
    /// In the order of their ids.
    package var posix: [PosixTimer.State] = []

    package init() {}
  }

  private unowned let process: Process
  private var intervals = State()
  private var posix: [Int32: PosixTimer] = [:]
  /// Those that run on processor time.
  private var processorTimers: Set<Int32> = []
  /// Threads that sleep for processor time, and until when.
  private var sleeps: [Int32: (clock: TimerClock, until: Int64)] = [:]
  private lazy var realTimer = KernelTimer { [unowned self] in expireReal() }
  /// Something of this process waits for processor time to pass.
  package private(set) var usesProcessorTime = false

  init(_ process: Process) { self.process = process }

  private var kernel: Kernel { process.kernel }

  package var state: State {
    var state = intervals
    state.posix = posixTimers.map(\.state)
    return state
  }

  /// Restores the saved timers. The kernel's clock must already be set.
  package func restore(_ state: State) {
    intervals = state
    intervals.posix = []
    for timer in state.posix { add(PosixTimer(timer, process: process)) }
    armReal()
    changed()
  }

  /// In the order of their ids.
  private var posixTimers: [PosixTimer] { posix.values.sorted { $0.state.id < $1.state.id } }

  private var isAnythingArmed: Bool {
    intervals.virtual.isArmed || intervals.profiling.isArmed || !sleeps.isEmpty || limit != nil
      || processorTimers.contains { posix[$0]?.state.schedule.isArmed ?? false }
  }

  /// Called when RLIMIT_CPU has changed.
  func limitChanged() { changed() }

  private func changed() {
    usesProcessorTime = isAnythingArmed
    // The run loop sets its alarm at the top.
    if usesProcessorTime { kernel.needsAttention = true }
  }

  // MARK: Interval timers

  private func schedule(_ kind: IntervalTimerKind) -> WritableKeyPath<State, IntervalSchedule> {
    switch kind {
    case .ITIMER_REAL: \.real
    case .ITIMER_VIRTUAL: \.virtual
    case .ITIMER_PROF: \.profiling
    }
  }

  private func now(_ kind: IntervalTimerKind) -> Int64 {
    kind == .ITIMER_REAL ? kernel.clock.monotonic : process.processorTime.nanoseconds
  }

  /// The time left and the interval, in nanoseconds.
  package func interval(_ kind: IntervalTimerKind) -> (left: Int64, interval: Int64) {
    let schedule = intervals[keyPath: schedule(kind)]
    return (schedule.remaining(at: now(kind)), schedule.interval)
  }

  /// Sets an interval timer: nanoseconds, `left` 0 to disarm.
  package func setInterval(_ kind: IntervalTimerKind, left: Int64, interval: Int64) {
    intervals[keyPath: schedule(kind)] = IntervalSchedule(
      value: left, interval: interval, isAbsolute: false, now: now(kind))
    if kind == .ITIMER_REAL { armReal() } else { changed() }
  }

  private func armReal() {
    guard let next = intervals.real.next else { return kernel.timers.cancel(realTimer) }
    kernel.timers.arm(realTimer, at: next)
  }

  private func expireReal() {
    if intervals.real.takeExpirations(at: kernel.clock.monotonic) > 0 {
      process.post(signal: Signal.SIGALRM.rawValue)
    }
    armReal()
  }

  // MARK: POSIX timers

  /// Makes a timer with the next free id.
  package func create(
    clock: TimerClock, _ make: (_ id: Int32) -> PosixTimer.State
  ) throws(Errno) -> PosixTimer {
    guard UInt64(posix.count) < process.limits[ResourceLimits.signalsPending].soft else {
      throw .EAGAIN
    }
    guard kernel.arena.hasRoom(forKernel: PosixTimer.size) else { throw .EAGAIN }
    var id = intervals.nextID
    while posix[id] != nil { id = id == .max ? 0 : id + 1 }
    intervals.nextID = id == .max ? 0 : id + 1
    let timer = PosixTimer(make(id), process: process)
    add(timer)
    return timer
  }

  private func add(_ timer: PosixTimer) {
    posix[timer.state.id] = timer
    if timer.state.clock.isProcessorTime || timer.state.runsOn.isProcessorTime {
      processorTimers.insert(timer.state.id)
    }
  }

  /// The timers by id, ascending.
  var all: [PosixTimer.State] { posix.keys.sorted().map { posix[$0]!.state } }

  /// The timer of that id: EINVAL.
  package subscript(id: Int32) -> PosixTimer {
    get throws(Errno) {
      guard let timer = posix[id] else { throw .EINVAL }
      return timer
    }
  }

  /// Sets a timer and returns what it was set to.
  package func set(_ id: Int32, _ setting: Itimerspec, isAbsolute: Bool)
    throws(Errno) -> Itimerspec
  {
    let old = try self[id].set(setting, isAbsolute: isAbsolute)
    changed()
    return old
  }

  package func delete(_ id: Int32) throws(Errno) {
    try self[id].cancel()
    posix[id] = nil
    processorTimers.remove(id)
    process.signals.pending.removeSignals(ofTimer: id)
    for task in process.tasks { task.signals.pending.removeSignals(ofTimer: id) }
    changed()
  }

  /// Deletes all POSIX timers, as `execve` does.
  package func deleteAll() {
    for timer in posix.values { timer.cancel() }
    posix = [:]
    processorTimers = []
    process.signals.pending.removeTimerSignals()
    for task in process.tasks { task.signals.pending.removeTimerSignals() }
    changed()
  }

  /// Stops everything: the process has ended.
  package func stop() {
    deleteAll()
    intervals = State()
    armReal()
    sleeps = [:]
    changed()
  }

  /// Called when a timer's signal is taken from its queue: fills in the overruns.
  package func took(_ info: inout Siginfo) {
    guard info.si_code == SignalCode.SI_TIMER else { return }
    posix[info.si_timerid]?.took(&info)
  }

  /// Pending signals, those of timers among them, were thrown away.
  func signalsWereRemoved() { for timer in posixTimers { timer.signalsWereRemoved() } }

  // MARK: Processor time

  /// When RLIMIT_CPU is reached next, in nanoseconds of the process's processor time; nil if never.
  private var limit: Int64? {
    let limit = process.limits[ResourceLimits.processorTime]
    // The limit of no time is a second.
    let seconds = min(max(limit.soft, 1), max(limit.hard, 1))
    guard !process.isExiting, seconds <= UInt64(Int64.max) / 1_000_000_000 else { return nil }
    return Int64(seconds) * 1_000_000_000
  }

  /// Beyond the soft limit there is a signal each second, and at the hard one the end.
  private func checkLimit(_ used: Int64) {
    guard let limit, used >= limit else { return }
    let index = ResourceLimits.processorTime
    let seconds = UInt64(used / 1_000_000_000)
    guard seconds < max(process.limits[index].hard, 1) else {
      process.post(signal: Signal.SIGKILL.rawValue, code: SignalCode.SI_KERNEL)
      return
    }
    process.post(signal: Signal.SIGXCPU.rawValue, code: SignalCode.SI_KERNEL)
    process.limits[index].soft = max(process.limits[index].soft, 1) + 1
  }

  /// Wakes `task` when `clock`, of processor time, shows `time`.
  package func sleep(_ task: Task, on clock: TimerClock, until time: Int64) {
    sleeps[task.tid] = (clock, time)
    changed()
  }

  func endSleep(_ task: Task) {
    guard sleeps[task.tid] != nil else { return }
    sleeps[task.tid] = nil
    changed()
  }

  /// What `clock`, of processor time, shows at guest monotonic time `now`.
  private func time(_ clock: TimerClock, at now: Int64) -> Int64? {
    let running = kernel.loaded.map { ($0, kernel.timeLoaded(at: now)) }
    switch clock {
    case .process:
      let others = process.tasks.reduce(process.endedProcessorTime) { $0 + $1.processorTime }
      guard let (task, time) = running, task.process === process else { return others.nanoseconds }
      return (others + time).nanoseconds
    case .thread(let tid):
      guard let task = kernel.tasks[tid] else { return nil }
      guard let (loaded, time) = running, loaded === task else {
        return task.processorTime.nanoseconds
      }
      return (task.processorTime + time).nanoseconds
    case .monotonic, .boottime, .realtime:
      return nil
    }
  }

  func checkProcessorTimers(at now: Int64) {
    let used = time(.process(pid: process.pid), at: now) ?? 0
    if intervals.virtual.takeExpirations(at: used) > 0 {
      process.post(signal: Signal.SIGVTALRM.rawValue)
    }
    if intervals.profiling.takeExpirations(at: used) > 0 {
      process.post(signal: Signal.SIGPROF.rawValue)
    }
    checkLimit(used)
    for id in processorTimers.sorted() {
      guard let timer = posix[id], timer.state.runsOn.isProcessorTime,
        let next = timer.state.schedule.next, let time = time(timer.state.runsOn, at: now),
        next <= time
      else { continue }
      timer.expire()
    }
    for tid in sleeps.keys.sorted() {
      guard let sleep = sleeps[tid], (time(sleep.clock, at: now) ?? .max) >= sleep.until
      else { continue }
      // It has no deadline any more: until it has its turn, the run loop would stop for it after each instruction.
      sleeps[tid] = nil
      kernel.tasks[tid]?.wake()
    }
    if !isAnythingArmed { usesProcessorTime = false }
  }

  /// The time until the first deadline on a clock that is running now.
  func nextProcessorTimerDelay(at now: Int64) -> Int64? {
    var delay: Int64?
    func consider(_ clock: TimerClock, _ next: Int64?) {
      guard let next, let time = time(clock, at: now) else { return }
      if case .thread(let tid) = clock, kernel.loaded?.tid != tid { return }
      delay = min(delay ?? .max, max(1, saturatingSum(next, -time)))
    }
    let all = TimerClock.process(pid: process.pid)
    consider(all, intervals.virtual.next)
    consider(all, intervals.profiling.next)
    consider(all, limit)
    for id in processorTimers {
      guard let state = posix[id]?.state else { continue }
      consider(state.runsOn, state.schedule.next)
    }
    for sleep in sleeps.values { consider(sleep.clock, sleep.until) }
    return delay
  }
}

extension Process {
  /// Fires due timers on processor time. Called at the top of the run loop; cheap if there are none.
  ///
  /// - Parameter now: guest monotonic nanoseconds.
  package func checkProcessorTimers(at now: Int64) {
    if timers.usesProcessorTime { timers.checkProcessorTimers(at: now) }
  }

  /// Nanoseconds of processor time of the loaded thread until the next such timer; nil when there is
  /// none.
  package func nextProcessorTimerDelay(at now: Int64) -> Int64? {
    timers.usesProcessorTime ? timers.nextProcessorTimerDelay(at: now) : nil
  }
}
