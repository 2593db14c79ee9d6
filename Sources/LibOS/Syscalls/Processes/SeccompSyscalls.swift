import LinuxABI
import Machine

extension SyscallTable {
  package static let seccompRows: [SyscallRow] = [
    SyscallRow(
      "seccomp", x64: 317, generic: 277, [.int, .hex, .address], support: .partial,
      note:
        "no tracer: SECCOMP_RET_TRACE gives ENOSYS; nothing is logged (SECCOMP_FILTER_FLAG_LOG, SECCOMP_RET_LOG)",
      sys_seccomp)
  ]
}

/// seccomp(2).
private func sys_seccomp(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  switch SeccompOperation(rawValue: call.uint(0)) {
  case .SECCOMP_SET_MODE_STRICT:
    guard call.uint(1) == 0, call.address(2).isNull else { throw .EINVAL }
    return try restrict(call)
  case .SECCOMP_SET_MODE_FILTER:
    return try addFilter(call, SeccompFlags(rawValue: call.uint(1)), at: call.address(2))
  case .SECCOMP_GET_ACTION_AVAIL:
    guard call.uint(1) == 0 else { throw .EINVAL }
    guard SeccompAction(rawValue: try call.load(at: call.address(2))) != nil else {
      throw .EOPNOTSUPP
    }
    return .success
  case .SECCOMP_GET_NOTIF_SIZES:
    guard call.uint(1) == 0 else { throw .EINVAL }
    // struct seccomp_notif, seccomp_notif_resp and seccomp_data.
    var writer = ByteWriter(capacity: 6)
    for size in [80, 24, 64] { writer.write(UInt16(size)) }
    try call.store(writer.bytes, to: call.address(2))
    return .success
  case nil: throw .EINVAL
  }
}

/// PR_SET_SECCOMP.
func setSeccomp(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  switch call[1] {
  case 1: return try restrict(call)
  case 2: return try addFilter(call, [], at: call.address(2))
  default: throw .EINVAL
  }
}

private func restrict(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call.task.seccomp.map({ $0 == .strict }) ?? true else { throw .EINVAL }
  call.task.seccomp = .strict
  call.kernel.needsAttention = true
  return .success
}

private func addFilter(_ call: SyscallContext, _ flags: SeccompFlags, at address: GuestAddress)
  throws(Errno) -> SyscallResult
{
  let task = call.task
  let isForAll = flags.contains(.SECCOMP_FILTER_FLAG_TSYNC)
  let hasListener = flags.contains(.SECCOMP_FILTER_FLAG_NEW_LISTENER)
  guard SeccompFlags.all.isSuperset(of: flags),
    // Its result is a descriptor, or the thread that stands in the way.
    !isForAll || !hasListener || flags.contains(.SECCOMP_FILTER_FLAG_TSYNC_ESRCH),
    hasListener || !flags.contains(.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
  else { throw .EINVAL }
  let program = try FilterProgram.load(call, at: address)
  guard task.noNewPrivileges || call.credentials.has(.CAP_SYS_ADMIN) else { throw .EACCES }
  guard program.isForSyscalls, task.seccomp != .strict else { throw .EINVAL }
  let old = task.seccomp?.filters ?? []
  let size = old.reduce(program.instructions.count) { $0 + $1.program.instructions.count + 4 }
  guard size <= Seccomp.instructionLimit else { throw .ENOMEM }
  if isForAll {
    // Each other thread must have what this one had, or less of it.
    let other = call.process.tasks.first {
      $0 !== task && ($0.seccomp == .strict || !old.starts(with: $0.seccomp?.filters ?? []))
    }
    if let other {
      if flags.contains(.SECCOMP_FILTER_FLAG_TSYNC_ESRCH) { throw .ESRCH }
      return .value(other.tid)
    }
  }
  var filter = SeccompFilter(program: program)
  var result = SyscallResult.success
  if hasListener {
    if old.contains(where: { $0.listener?.isOpen == true }) { throw .EBUSY }
    let listener = SeccompListener(
      call.kernel, isKillableOnly: flags.contains(.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV))
    result = .value(
      try call.files.install(
        listener, closeOnExec: true, limit: call.process.limits.openFileLimit))
    filter.listener = listener
  }
  for one in isForAll ? call.process.tasks : [task] {
    one.seccomp = .filters(old + [filter])
    if task.noNewPrivileges { one.noNewPrivileges = true }
  }
  call.kernel.needsAttention = true
  return result
}
