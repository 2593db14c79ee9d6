import LinuxABI
import Machine

// The end of tasks and processes: exit(2), exit_group(2), and death by signal.

extension Task {
  /// Ends this thread. The last thread ends its process with `status`.
  package func exit(_ status: ExitStatus) {
    guard state != .exited else { return }
    let isLast = process.tasks.count == 1
    if !isLast {
      releaseRobustFutexes()
      handOverSignals()
    }
    clearChildTIDAndWake()
    remove()
    if isLast { process.finish(status, [self]) } else { files.release() }
  }

  /// Removes the task from all lists.
  func remove() {
    stopWaiting()
    dropPendingOpen()
    kernel.futexes.cancel(self)
    kernel.futexes.handOverLocks(of: self)
    if isLeader { process.keep(of: self) }
    state = .exited
    kernel.scheduler.remove(self)
    kernel.needsAttention = true
    process.endedProcessorTime += currentProcessorTime
    if kernel.loaded === self { kernel.loaded = nil }
    process.tasks.removeAll { $0 === self }
    kernel.tasks[tid] = nil
    leaveListeners()
    orphanChildren()
  }

  /// The children that it forked are another thread's from now on: to them, their parent has died.
  private func orphanChildren() {
    guard kernel.usesDeathSignals, !process.isExiting, let heir = process.tasks.first else {
      return
    }
    for child in process.children where child.forkedBy == tid {
      child.forkedBy = heir.tid
      child.noteParentDeath(of: process)
    }
  }

  /// Does what `CLONE_CHILD_CLEARTID` requires, for threads that join this one.
  func clearChildTIDAndWake() {
    guard !clearChildTID.isNull else { return }
    let address = clearChildTID
    clearChildTID = .null
    // Where nobody else has the memory, nobody looks (`mm_release`).
    guard process.sharesMemory else { return }
    try? process.space.store(UInt32(0), to: address)
    _ = kernel.futexes.wake(FutexKey(process.space, address), count: 1, bitset: .max)
  }
}

extension Process {
  /// Whether another thread has its memory, of whatever process.
  fileprivate var sharesMemory: Bool {
    tasks.count > 1 || kernel.processes.values.contains { $0 !== self && $0.space === space }
  }

  /// Ends all threads, and thereby the process.
  package func exit(_ status: ExitStatus) {
    guard !isExiting else { return }
    isExiting = true
    let ended = tasks
    for task in ended {
      task.releaseRobustFutexes()
      task.clearChildTIDAndWake()
      task.remove()
    }
    finish(status, ended)
  }

  /// Ends all threads but `survivor`, as `execve` does.
  func exitOthers(than survivor: Task) {
    for task in tasks where task !== survivor {
      task.releaseRobustFutexes()
      task.clearChildTIDAndWake()
      task.remove()
      task.files.release()
    }
  }
}
