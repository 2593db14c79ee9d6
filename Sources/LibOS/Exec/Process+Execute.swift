import LinuxABI
import Machine

extension Process {
  /// Replaces the program that `task` runs by another one: what execve(2) does once it can't fail any
  /// more.
  func execute(_ program: Program, _ loaded: LoadedProgram, _ task: Task) {
    exitOthers(than: task)
    task.leaveProgram()
    if !task.isLeader { task.lead() }
    replaceMemory(by: loaded.space)
    become(loaded, task)
    unshareFiles()
    closeOnExecute()
    timers.deleteAll()
    signals.resetForExecve()
    task.signals.stack = SignalStack()
    life.hasExecuted = true
    barriers = 0
    personality &= ~Self.READ_IMPLIES_EXEC
    isDumpable = true
    credentials = rights(executing: program)
    if program.setUser != nil || program.setGroup != nil { parentDeathSignal = 0 }
    kernel.needsAttention = true
  }

  /// Gives the process a table of descriptors of its own.
  func unshareFiles() {
    guard files.isShared else { return }
    let own = files.copy()
    files.release()
    files = own
  }

  private func closeOnExecute() {
    for descriptor in files.descriptors {
      guard let slot = try? files.slot(descriptor), slot.closeOnExec else { continue }
      releaseClaims(self, slot.file)
      try? files.close(descriptor)
    }
  }

  /// Who the process is once it runs `program`.
  func rights(executing program: Program) -> Credentials {
    var rights = credentials
    if !noNewPrivileges {
      if let user = program.setUser { rights.effectiveUID = user }
      if let group = program.setGroup { rights.effectiveGID = group }
    }
    rights.savedUID = rights.effectiveUID
    rights.fsUID = rights.effectiveUID
    rights.savedGID = rights.effectiveGID
    rights.fsGID = rights.effectiveGID
    return rights
  }
}

extension Task {
  /// Leaves the old program's memory behind, with what the library OS promised to do there.
  fileprivate func leaveProgram() {
    releaseRobustFutexes()
    clearChildTIDAndWake()
    rseq = RseqRegistration()
  }
}
