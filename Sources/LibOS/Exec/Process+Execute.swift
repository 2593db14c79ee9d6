import LinuxABI
import Machine

extension Process {
  /// Replaces the program that `task` runs by another one: what execve(2) does once it can't fail any
  /// more.
  func execute(_ loaded: LoadedProgram, _ task: Task) {
    exitOthers(than: task)
    // Its number is not that of its robust futexes any more if it was not the leader.
    if !task.isLeader { task.lead() }
    task.leaveProgram()
    replaceMemory(by: loaded.space)
    become(loaded, task)
    task.unshareFiles()
    task.closeOnExecute()
    timers.deleteAll()
    signals.unshareActions()
    signals.resetForExecve()
    task.signals.stack = SignalStack()
    beginNative(task)
    life.hasExecuted = true
    life.exitSignal = Signal.SIGCHLD.rawValue
    barriers = 0
    personality &= ~Self.READ_IMPLIES_EXEC
    let old = task.credentials
    isDumpable = old.effectiveUID == old.realUID && old.effectiveGID == old.realGID
    if loaded.isSecure { parentDeathSignal = 0 }
    task.commit(loaded.credentials)
    kernel.needsAttention = true
  }
}

extension Task {
  /// Gives the thread a table of descriptors of its own.
  func unshareFiles() {
    if files.isShared { use(files.copy()) }
  }

  fileprivate func closeOnExecute() {
    for descriptor in files.descriptors {
      guard let slot = try? files.slot(descriptor), slot.closeOnExec else { continue }
      releaseClaims(process, slot.file)
      try? files.close(descriptor)
    }
  }

  /// Leaves the old program's memory behind, with what the library OS promised to do there.
  fileprivate func leaveProgram() {
    releaseRobustFutexes()
    kernel.futexes.handOverLocks(of: self)
    clearChildTIDAndWake()
    rseq = RseqRegistration()
    userDispatch = nil
    exceptionHandler = nil
  }
}
