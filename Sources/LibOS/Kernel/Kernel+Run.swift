package import HostABI
import LinuxABI
import Machine

// The run loop: a resumable state machine. Nothing of the guest lives on the host's stack, so thread
// switches, signals, timers and snapshots all happen here, at the top, where any of them is legal.
extension Kernel {
  /// Runs the guest until it ends or the host's side wants something. May be called again after
  /// every outcome but `.exited`.
  package func run() -> RunOutcome {
    defer { park() }
    while true {
      if let exitStatus { return .exited(exitStatus) }
      if interrupt.lower(), onInterrupt?() == .stop { return .interrupted }
      if syscallCount >= syscallLimit { return .syscallLimit }
      unpark()
      needsAttention = false
      if !delayedReleases.isEmpty { delayedReleases.releaseAll() }
      fireTimers()
      fireProcessorTimers()
      pollHostStreams(until: .min)
      guard let task = nextTask() else {
        if !idle() { return .deadlock }
        continue
      }
      load(task)
      guard prepare(task) else {
        // Its call may go on in its next turn.
        endOfTurn(task)
        continue
      }
      armAlarm()
      runGuest(task)
    }
  }

  /// Restores what the loop had when it was parked, or when the guest was saved.
  private func unpark() {
    guard isParked else { return }
    isParked = false
    let isResumed = clock.isHeld
    clock.start()
    if isResumed { noteResume() }
    // Re-run the calls that were blocked, oldest first. A task that a signal ends meanwhile may end others.
    for task in scheduler.runnable where task.runsAgain && task.state == .runnable {
      load(task)
      _ = prepare(task)
    }
    if let task = tasks[current] { load(task) }
  }

  /// The inner loop: the task runs, its calls are answered, until something needs the top.
  private func runGuest(_ task: Task) {
    let space = task.process.space
    let processor = task.process.processor
    let engine = processor.engine
    // A thread that waits in a loop gives its slice to the one that it waits for.
    engine.stopsAtPause = scheduler.count > 1
    // A call that changes it ends the turn.
    let isFiltered = task.isFiltered
    while true {
      switch run(engine, in: space) {
      case .syscall:
        if !answer(task, engine.syscallFrame(), processor, isFiltered) { return endOfTurn(task) }
      case .stopped:
        return endOfTurn(task)
      case .paused:
        task.abortRseq()
        return yield()
      case .notHere:
        return waitForPage(task)
      case .fault(let fault):
        guard let frame = task.vsyscall(fault) else { return task.raiseFault(fault) }
        if !answer(task, frame, processor, isFiltered) { return endOfTurn(task) }
      case .exception(let exception):
        task.raiseException(exception)
        return
      }
    }
  }

  /// Puts the task to sleep until a page that its instruction needs may be here. Nobody may know when that is, so it
  /// looks again every tenth of a second.
  private func waitForPage(_ task: Task) {
    // The guest's time must not pass meanwhile if it is all that time goes by.
    if isDeterministic { return arena.waitForStoredPages() }
    task.abortRseq()
    // A signal that is to be delivered comes first.
    _ = try? task.block(on: [pageWaiters], until: saturatingSum(clock.monotonic, 100_000_000))
  }

  private func run(_ engine: any Engine, in space: AddressSpace) -> Exit {
    guard let host = deterministicHost else { return engine.run(in: space) }
    return host.run(engine, in: space, counter: clock.monotonic)
  }

  /// A slice that is over makes room for the next task.
  private func endOfTurn(_ task: Task) {
    guard scheduler.count > 1, scheduler.first === task else { return }
    if clock.monotonic >= sliceEnd, !task.isFirstInFirstOut {
      task.involuntarySwitches += 1
      task.abortRseq()
      scheduler.rotate()
    }
  }

  // MARK: System calls

  /// Answers a fresh call; whether the task goes on at once.
  ///
  /// - Parameter isFiltered: not all of the task's calls are simply made.
  @inline(__always)
  private func answer(
    _ task: Task, _ frame: SyscallFrame, _ processor: GuestProcessor, _ isFiltered: Bool
  ) -> Bool {
    syscallCount += 1
    task.call = frame
    statistics?.count(frame.number, processor.syscalls[frame.number])
    if isFiltered, !task.admits(frame) { return false }
    dispatch(task, frame, processor)
    return !needsAttention && !interrupt.isRaised && syscallCount < syscallLimit
      && task.state == .runnable
  }

  /// Answers a call: at its first run, and again each time its blocked task is woken.
  func dispatch(_ task: Task, _ frame: SyscallFrame, _ processor: GuestProcessor) {
    let outcome: Result<SyscallResult, Errno>
    if let handler = processor.syscalls.handler(frame.number) {
      let row = tracer == nil ? nil : processor.syscalls[frame.number]
      if let row { tracer?.enter(row, frame, task) }
      let context = SyscallContext(kernel: self, task: task, frame: frame)
      do { outcome = .success(try handler(context)) } catch { outcome = .failure(error) }
      if let row { tracer?.leave(row, frame, task, outcome) }
    } else {
      tracer?.missing(frame, task)
      outcome = .failure(.ENOSYS)
    }
    switch outcome {
    case .success(.value(let value)):
      finish(task, value, processor)
    case .success(.blocked):
      break
    case .success(.unfinished):
      needsAttention = true
    case .success(.registersReplaced):
      task.call = nil
      task.progress = CallProgress()
    case .success(.exited):
      break
    case .failure(let errno) where errno.isRestart:
      task.interruption = errno
      needsAttention = true
    case .failure(let errno):
      finish(task, errno.syscallResult, processor)
    }
  }

  private func finish(_ task: Task, _ value: UInt64, _ processor: GuestProcessor) {
    processor.engine.setSyscallResult(value)
    task.call = nil
    task.progress = CallProgress()
  }

  // MARK: Choosing and preparing a task

  private func nextTask() -> Task? {
    shareTime()
    return scheduler.first
  }

  /// Leaves ordinary tasks a twentieth of the time that real-time ones would take all of: a thread that one of
  /// these waits for in a loop must get on, as it would on another processor (sched(7), `sched_rt_runtime_us`).
  private func shareTime() {
    guard scheduler.isContested else {
      contestedSince = nil
      scheduler.isThrottled = false
      return
    }
    let now = clock.monotonic
    let since = contestedSince ?? now
    let isOver = now - since >= 1_000_000_000
    contestedSince = isOver ? now : since
    scheduler.isThrottled = !isOver && now - since >= 950_000_000
  }

  /// Puts the task's registers in the engine and starts its slice.
  package func load(_ task: Task) {
    guard loaded !== task else { return }
    let now = clock.monotonic
    unload(at: now)
    task.engine.restore(from: task.context)
    loaded = task
    loadedSince = now
    guard task.tid != current, !task.runsAgain else { return }
    current = task.tid
    sliceEnd = now + task.slice
    // An exclusive access that another thread began is void.
    task.engine.clearExclusive()
  }

  /// Takes the loaded task's registers out of the engine.
  package func unload(at now: Int64) {
    guard let task = loaded else { return }
    task.engine.save(to: task.context)
    task.processorTime += timeLoaded(at: now)
    loaded = nil
  }

  /// Runs the call again of a task that was woken, or has not finished it, and delivers signals. `false`: the
  /// task can't go on.
  private func prepare(_ task: Task) -> Bool {
    if let call = task.call, task.interruption == nil, task.notice == nil || task.takeAnswer() {
      dispatch(task, call, task.process.processor)
    }
    task.runsAgain = false
    guard task.state == .runnable else { return false }
    task.isInterrupted = false
    if let errno = task.interruption {
      task.interruption = nil
      task.settleInterruptedCall(errno)
    }
    guard task.call == nil else { return false }
    if task.hasDeliverableSignal, !task.deliverSignals() { return false }
    return task.state == .runnable && !task.isStopped
  }

  // MARK: Time

  private func fireTimers() {
    guard let next = timers.next else { return }
    let now = clock.monotonic
    guard next <= now else { return }
    while let timer = timers.popExpired(at: now) { timer.action() }
  }

  /// Processor time passes for the loaded task only.
  private func fireProcessorTimers() {
    guard let process = loaded?.process, process.timers.usesProcessorTime else { return }
    process.checkProcessorTimers(at: clock.monotonic)
  }

  /// Sets the alarm that stops the engine for the next timer or at the end of the slice.
  private func armAlarm() {
    let now = clock.monotonic
    if scheduler.count > 1, now >= sliceEnd {
      sliceEnd = now + (loaded?.slice ?? configuration.timeSlice)
    }
    var deadline = timers.next
    if scheduler.count > 1 || !hostWaits.isEmpty {
      deadline = min(deadline ?? .max, nextTurn(at: now))
    }
    if let delay = loaded?.process.nextProcessorTimerDelay(at: now) {
      deadline = min(deadline ?? .max, saturatingSum(now, delay))
    }
    guard deadline != alarm else { return }
    alarm = deadline
    guard let deadline else {
      host.setAlarm(at: nil, nil)
      return
    }
    let token = interrupt
    let stop = stopSwitch
    host.setAlarm(at: clock.hostTime(of: deadline)) {
      token.raise()
      stop.call()
    }
  }

  /// When to look for other tasks next.
  private func nextTurn(at now: Int64) -> Int64 {
    // An alarm costs a host call, so not too soon. In a deterministic run it costs nothing, and must not
    // depend on the time of this call.
    if !isDeterministic { return max(sliceEnd, now + configuration.timeSlice / 2) }
    return sliceEnd > now ? sliceEnd : now + configuration.timeSlice
  }

  /// Whether no task can run.
  package var isIdle: Bool { scheduler.count == 0 }

  /// Waits for a timer or a host stream while no task can run. `false` when nothing can ever come.
  private func idle() -> Bool {
    unload(at: clock.monotonic)
    current = 0
    setAlarmOff()
    if timers.next == nil, hostWaits.isEmpty, onInterrupt == nil { return false }
    pollHostStreams(until: timers.next ?? .max)
    return true
  }

  /// Wakes tasks whose host streams are ready; waits for that until guest time `deadline` (`.min`: does not
  /// wait).
  private func pollHostStreams(until deadline: Int64) {
    let waits = hostWaits
    if deadline == .min {
      guard !waits.isEmpty else { return }
      // A look costs a host call: once a slice is enough while the guest is busy.
      let now = clock.monotonic
      guard now >= nextHostPoll || scheduler.count == 0 else { return }
      nextHostPoll = now + configuration.timeSlice / 2
    }
    let hostDeadline: Int64? =
      switch deadline {
      case .min: 0
      case .max: nil
      default: clock.hostTime(of: deadline)
      }
    let ready = host.wait(waits.map(\.item), until: hostDeadline)
    for (wait, readiness) in zip(waits, ready) where !readiness.isEmpty {
      wait.stream?.noteReady(readiness)
      wait.queue.wake()
    }
  }

  private var hostWaits: [HostWait] { vfs.hostWaits + network.outside.waits }

  private func setAlarmOff() {
    guard alarm != nil else { return }
    alarm = nil
    host.setAlarm(at: nil, nil)
  }

  /// Brings the loop to rest, so that the guest can be saved.
  private func park() {
    unload(at: clock.monotonic)
    setAlarmOff()
    isParked = true
  }
}

/// A host stream that blocked tasks wait for.
package struct HostWait {
  package var item: WaitItem
  package var queue: WaitQueue
  /// Of the network outside.
  var stream: OutsideStream?

  init(item: WaitItem, queue: WaitQueue, stream: OutsideStream? = nil) {
    self.item = item
    self.queue = queue
    self.stream = stream
  }
}
