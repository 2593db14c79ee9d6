import LinuxABI

// What a thread may do to another process, by the users of both (credentials(7)) and by its capabilities.

extension Task {
  /// Whether it may send `other` a signal; of SIGCONT, all processes of a session may have one (kill(2)).
  func maySignal(_ other: Process, _ signal: Signal) -> Bool {
    if other === process || credentials.has(.CAP_KILL) { return true }
    if signal == .SIGCONT, other.session == process.session { return true }
    let (own, its) = (credentials, other.credentials)
    return [own.realUID, own.effectiveUID].contains { $0 == its.realUID || $0 == its.savedUID }
  }

  /// Whether it may look into `other`: its memory, its descriptors, where its locks are (ptrace(2), "access mode
  /// checking").
  ///
  /// - Parameter byFilesystem: as the user of the filesystem, as is done where files of `/proc` are opened.
  func mayInspect(_ other: Process, byFilesystem: Bool = false) -> Bool {
    if other === process || credentials.has(.CAP_SYS_PTRACE) { return true }
    let (own, its) = (credentials, other.credentials)
    let user = byFilesystem ? own.fsUID : own.realUID
    let group = byFilesystem ? own.fsGID : own.realGID
    let capabilities = own.capabilities
    return other.isDumpable && its.belong(to: user, group)
      && (byFilesystem ? capabilities.effective : capabilities.permitted)
        .isSuperset(of: its.capabilities.permitted)
  }

  /// Whether it may read and change the limits of `other` (prlimit(2)).
  func mayLimit(_ other: Process) -> Bool {
    let own = credentials
    return other === process || own.has(.CAP_SYS_RESOURCE)
      || other.credentials.belong(to: own.realUID, own.realGID)
  }

  /// Whether it may change how `other` is scheduled (setpriority(2), sched_setscheduler(2)).
  func mayReschedule(_ other: Task) -> Bool {
    if credentials.has(.CAP_SYS_NICE) { return true }
    let own = credentials.effectiveUID
    return own == other.credentials.realUID || own == other.credentials.effectiveUID
  }

  /// Whether it may make threads of `other` as nice as that: RLIMIT_NICE counts from 1 (19) to 40 (-20).
  func mayMake(_ other: Process, _ niceness: Niceness) -> Bool {
    credentials.has(.CAP_SYS_NICE)
      || UInt64(20 - niceness.value) <= other.limits[ResourceLimits.niceness].soft
  }
}

extension Credentials {
  /// Whether all users are `user`, and all groups `group`.
  fileprivate func belong(to user: UInt32, _ group: UInt32) -> Bool {
    [realUID, effectiveUID, savedUID].allSatisfy { $0 == user }
      && [realGID, effectiveGID, savedGID].allSatisfy { $0 == group }
  }
}
