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
    if isLast { process.finish(status) }
  }

  /// Removes the task from all lists.
  func remove() {
    stopWaiting()
    dropPendingOpen()
    kernel.futexes.cancel(self)
    if isLeader { process.accounts.finalName = name }
    state = .exited
    kernel.scheduler.remove(self)
    kernel.needsAttention = true
    process.endedProcessorTime += currentProcessorTime
    if kernel.loaded === self { kernel.loaded = nil }
    process.tasks.removeAll { $0 === self }
    kernel.tasks[tid] = nil
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
    try? process.space.store(UInt32(0), to: clearChildTID)
    _ = kernel.futexes.wake(
      FutexKey(process.space, clearChildTID), count: 1, bitset: .max)
    clearChildTID = .null
  }
}

extension Process {
  /// Ends all threads, and thereby the process.
  package func exit(_ status: ExitStatus) {
    guard !isExiting else { return }
    isExiting = true
    for task in tasks {
      task.releaseRobustFutexes()
      task.remove()
    }
    finish(status)
  }

  /// Ends all threads but `survivor`, as `execve` does.
  func exitOthers(than survivor: Task) {
    for task in tasks where task !== survivor {
      task.releaseRobustFutexes()
      task.remove()
    }
  }
}
