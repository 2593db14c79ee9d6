import LinuxABI
import Machine

// flock(2) and the record locks of fcntl(2).

/// The range of bytes that `lock` means.
private func range(_ lock: RecordLock, _ file: OpenFile) throws(Errno) -> Range<UInt64> {
  let base: Int64
  switch Whence(rawValue: UInt32(truncatingIfNeeded: lock.l_whence)) {
  case .SEEK_SET: base = 0
  case .SEEK_CUR: base = Int64(clamping: try file.position())
  case .SEEK_END: base = Int64(clamping: try file.status().size)
  default: throw .EINVAL
  }
  let (start, overflow) = base.addingReportingOverflow(lock.l_start)
  if overflow { throw .EOVERFLOW }
  guard start >= 0 else { throw .EINVAL }
  // No length: to the end, however far the file grows.
  if lock.l_len == 0 { return UInt64(start)..<UInt64.max }
  if lock.l_len > 0 {
    // The last byte that there can be is the end.
    guard lock.l_len - 1 <= Int64.max - start else { throw .EOVERFLOW }
    let last = start + (lock.l_len - 1)
    return UInt64(start)..<(last == .max ? .max : UInt64(last) + 1)
  }
  let end = start + lock.l_len
  guard end >= 0 else { throw .EINVAL }
  return UInt64(end)..<UInt64(start)
}

/// `F_GETLK`, `F_SETLK`, `F_SETLKW` and their forms for open file descriptions.
func recordLock(_ call: SyscallContext, _ file: OpenFile, _ command: FcntlCommand)
  throws(Errno) -> SyscallResult
{
  var lock = RecordLock(bytes: try call.bytes(at: call.address(2), count: RecordLock.byteCount))
  guard let type = RecordLockType(rawValue: lock.l_type) else { throw .EINVAL }
  let isOfFile = [.F_OFD_GETLK, .F_OFD_SETLK, .F_OFD_SETLKW].contains(command)
  if isOfFile, lock.l_pid != 0 { throw .EINVAL }
  let owner: FileLocks.Owner =
    isOfFile ? .file(ObjectIdentifier(file)) : .process(call.process.pid)
  let range = try range(lock, file)
  let locks = try file.inode.locks
  let wanted = FileLocks.Record(range: range, isExclusive: type == .F_WRLCK, owner: owner)

  if command == .F_GETLK || command == .F_OFD_GETLK {
    guard type != .F_UNLCK else { throw .EINVAL }
    if let other = locks.conflict(with: wanted) {
      let kind: RecordLockType = other.isExclusive ? .F_WRLCK : .F_RDLCK
      lock.l_type = kind.rawValue
      lock.l_whence = 0
      lock.l_start = Int64(clamping: other.range.lowerBound)
      let length = other.range.upperBound - other.range.lowerBound
      lock.l_len = other.range.upperBound == .max ? 0 : Int64(clamping: length)
      if case .process(let pid) = other.owner { lock.l_pid = pid } else { lock.l_pid = -1 }
    } else {
      lock.l_type = RecordLockType.F_UNLCK.rawValue
    }
    try call.store(lock.bytes, to: call.address(2))
    return .success
  }

  switch type {
  case .F_UNLCK:
    locks.remove(range, ownedBy: owner)
    return .success
  case .F_RDLCK: guard file.isReadable else { throw .EBADF }
  case .F_WRLCK: guard file.isWritable else { throw .EBADF }
  }
  guard range.isEmpty || locks.conflict(with: wanted) == nil else {
    guard command == .F_SETLKW || command == .F_OFD_SETLKW else { throw .EAGAIN }
    if !isOfFile, call.kernel.wouldDeadlock(locks, wanted) { throw .EDEADLK }
    let result = try call.task.block(on: [locks.waitQueue])
    if !isOfFile { call.task.awaitedLock = (locks, wanted) }
    return result
  }
  guard locks.hasRoom(in: call.kernel.arena) else { throw .ENOLCK }
  if isOfFile { file.holdsLocks = true }
  if !range.isEmpty { locks.set(wanted) }
  return .success
}

extension Kernel {
  /// Whether whoever has what `wanted` needs waits, by way of others or not, for the one that wants it.
  fileprivate func wouldDeadlock(_ locks: FileLocks, _ wanted: FileLocks.Record) -> Bool {
    var seen: Set<Int32> = []
    var open = [(locks: locks, wanted: wanted)]
    while let next = open.popLast() {
      guard case .process(let pid)? = next.locks.conflict(with: next.wanted)?.owner else {
        continue
      }
      if .process(pid) == wanted.owner { return true }
      guard seen.insert(pid).inserted, let process = processes[pid] else { continue }
      open += process.tasks.compactMap(\.awaitedLock)
    }
    return false
  }
}

func sys_flock(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let file = try call.usableFile(0)
  let operation = FlockOperation(rawValue: call.uint(1))
  let locks = try file.inode.locks
  let owner = FileLocks.Owner.file(ObjectIdentifier(file))
  switch operation.subtracting(.LOCK_NB) {
  case .LOCK_UN: locks.unlockWhole(owner)
  case .LOCK_SH, .LOCK_EX:
    let isExclusive = operation.contains(.LOCK_EX)
    file.holdsLocks = true
    guard locks.lockWhole(owner, isExclusive: isExclusive, by: call.process.pid) else {
      if operation.contains(.LOCK_NB) { throw .EWOULDBLOCK }
      return try call.task.block(on: [locks.waitQueue])
    }
  default: throw .EINVAL
  }
  return .success
}
