import LinuxABI

/// A lease on a file (`F_SETLEASE` in fcntl(2)): who has it is told before others open the file, and these wait.
package final class Lease {
  unowned let file: OpenFile
  /// The descriptor by which it was taken: `si_fd`.
  let descriptor: Int32
  /// Nobody else may open the file (`F_WRLCK`), or only nobody to write it.
  var isExclusive: Bool
  /// Others wait for it to become less.
  var breaking: Breaking?

  struct Breaking {
    /// It may stay as one that is not exclusive.
    var mayStay: Bool
    /// When it does so, or goes, by itself: nanoseconds of the guest's monotonic clock.
    var deadline: Int64
  }

  init(_ file: OpenFile, _ descriptor: Int32, isExclusive: Bool) {
    self.file = file
    self.descriptor = descriptor
    self.isExclusive = isExclusive
  }

  /// What `F_GETLEASE` shows: what it has to become, if it has to.
  fileprivate var shown: RecordLockType {
    guard let breaking else { return isExclusive ? .F_WRLCK : .F_RDLCK }
    return breaking.mayStay ? .F_RDLCK : .F_UNLCK
  }
}

extension FileLocks {
  fileprivate func lease(of file: OpenFile) -> Lease? { leases.first { $0.file === file } }

  fileprivate func drop(_ lease: Lease) {
    leases.removeAll { $0 === lease }
    leaseQueue.wake()
  }

  /// Has those leases broken that are in the way of who opens the file; those whose time is up are over.
  ///
  /// - Returns: when the last of them is over by itself; nil if none is in the way any more.
  fileprivate func breakLeases(forWriting: Bool, until deadline: Int64, _ kernel: Kernel) -> Int64?
  {
    let now = kernel.clock.monotonic
    for lease in leases {
      guard let breaking = lease.breaking, breaking.deadline <= now else { continue }
      if breaking.mayStay { lease.endBreaking() } else { drop(lease) }
    }
    var last: Int64?
    for lease in leases where forWriting || lease.isExclusive {
      if lease.breaking.map({ forWriting && $0.mayStay }) ?? true {
        lease.breaking = Lease.Breaking(mayStay: !forWriting, deadline: deadline)
        lease.file.tell(SignalCode.POLL_MSG, lease.descriptor, kernel)
      }
      last = max(last ?? 0, lease.breaking?.deadline ?? 0)
    }
    return last
  }
}

extension Lease {
  fileprivate func endBreaking() {
    isExclusive = false
    breaking = nil
  }
}

extension Kernel {
  /// Tells those who hold leases on a file that somebody opens it; what that has to wait for, and until when.
  func leaseInTheWay(of inode: Inode, forWriting: Bool) -> (queue: WaitQueue, deadline: Int64)? {
    guard let locks = inode.locksInUse, !locks.leases.isEmpty else { return nil }
    let deadline = saturatingSum(clock.monotonic, leaseBreakTime * 1_000_000_000)
    return locks.breakLeases(forWriting: forWriting, until: deadline, self)
      .map { (locks.leaseQueue, $0) }
  }
}

/// `F_GETLEASE`.
func lease(of file: OpenFile) -> RecordLockType {
  (try? file.inode)?.locksInUse?.lease(of: file)?.shown ?? .F_UNLCK
}

/// `F_SETLEASE`: EACCES for who does not own the file, EAGAIN while others have it open, or without a lease to give up.
func setLease(_ call: SyscallContext, _ file: OpenFile) throws(Errno) {
  let status = try file.status()
  guard call.credentials.fsUID == status.uid || call.credentials.has(.CAP_LEASE) else {
    throw .EACCES
  }
  guard status.isRegular, let inode = try? file.inode,
    let type = RecordLockType(rawValue: Int16(truncatingIfNeeded: call.int(2)))
  else { throw .EINVAL }
  let locks = inode.locks
  let held = locks.lease(of: file)
  if type == .F_UNLCK {
    guard let held else { throw .EAGAIN }
    return locks.drop(held)
  }
  let isExclusive = type == .F_WRLCK
  guard isExclusive ? inode.openCount <= 1 : inode.writerCount == 0 else { throw .EAGAIN }
  if locks.leases.contains(where: { $0 !== held && (isExclusive || $0.breaking?.mayStay == false) })
  {
    throw .EAGAIN
  }
  if let held {
    held.isExclusive = isExclusive
    held.breaking = nil
    return locks.leaseQueue.wake()
  }
  guard locks.hasRoom(in: call.kernel.arena) else { throw .ENOLCK }
  file.holdsLocks = true
  locks.leases.append(Lease(file, call.int(0), isExclusive: isExclusive))
  if file.signalReceiver.owner.pid == 0 {
    try file.setOwner(OwnerEx(type: SignalReceiver.process, pid: call.process.pid), call)
  }
}
