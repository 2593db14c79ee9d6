import LinuxABI

// What a process may do to another one, by the users of both (credentials(7)). Root may do everything.

extension Process {
  /// Whether it may send `other` a signal; of SIGCONT, all processes of a session may have one (kill(2)).
  func maySignal(_ other: Process, _ signal: Signal) -> Bool {
    if other === self || credentials.isPrivileged { return true }
    if signal == .SIGCONT, other.session == session { return true }
    let (own, its) = (credentials, other.credentials)
    return [own.realUID, own.effectiveUID].contains { $0 == its.realUID || $0 == its.savedUID }
  }

  /// Whether it may look into `other`: its memory, its descriptors, where its locks are (ptrace(2), "access mode
  /// checking").
  func mayInspect(_ other: Process) -> Bool {
    if other === self || credentials.isPrivileged { return true }
    return other.isDumpable && isOwner(of: other)
  }

  /// Whether it may read and change the limits of `other` (prlimit(2)).
  func mayLimit(_ other: Process) -> Bool {
    other === self || credentials.isPrivileged || isOwner(of: other)
  }

  /// Whether it may change how `other` is scheduled (setpriority(2), sched_setscheduler(2)).
  func mayReschedule(_ other: Process) -> Bool {
    if credentials.isPrivileged { return true }
    let own = credentials.effectiveUID
    return own == other.credentials.realUID || own == other.credentials.effectiveUID
  }

  /// Whether all IDs of `other` are its real ones.
  private func isOwner(of other: Process) -> Bool {
    let (own, its) = (credentials, other.credentials)
    return [its.realUID, its.effectiveUID, its.savedUID].allSatisfy { $0 == own.realUID }
      && [its.realGID, its.effectiveGID, its.savedGID].allSatisfy { $0 == own.realGID }
  }

  /// Whether threads of it may become as nice as that: RLIMIT_NICE counts from 1 (19) to 40 (-20).
  func mayBe(_ niceness: Niceness) -> Bool {
    credentials.isPrivileged
      || UInt64(20 - niceness.value) <= limits[ResourceLimits.niceness].soft
  }
}
