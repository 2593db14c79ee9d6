import LinuxABI
import Machine

extension SyscallTable {
  /// Input/output priorities, which are kept, and the log.
  package static let resourceRows: [SyscallRow] = [
    SyscallRow("ioprio_get", x64: 252, generic: 31, [.int, .int]) { call throws(Errno) in
      if call.int(0) == 1, call.kernel.isInit(call.int(1)) { return .success }
      let classes = try priorityTargets(call).map {
        $0.ioPriority == 0 ? 2 << 13 | 4 : $0.ioPriority
      }
      // One thread is told what it has set; of several, the highest counts.
      if call.int(0) == 1 { return .value(Int32(try priorityTargets(call)[0].ioPriority)) }
      return .value(Int32(classes.min() ?? 0))
    },
    SyscallRow(
      "ioprio_set", x64: 251, generic: 30, [.int, .int, .hex], support: .partial,
      note: "kept and inherited; no storage here has queues that it could order", sys_ioprio_set),
    SyscallRow(
      "syslog", x64: 103, generic: 116, [.int, .address, .int], support: .partial,
      note: "the log is empty", sys_syslog),
  ]
}

/// The threads that an input/output priority is asked or set of.
private func priorityTargets(_ call: SyscallContext) throws(Errno) -> [Task] {
  let found: [Task]
  switch call.int(0) {
  case 1: return [try taskOrCaller(call, call.int(1))]  // IOPRIO_WHO_PROCESS, which means a thread
  case 2:  // IOPRIO_WHO_PGRP
    let group = call.int(1) == 0 ? call.process.processGroup : call.int(1)
    found = call.kernel.members(ofGroup: group).flatMap(\.tasks)
  case 3:  // IOPRIO_WHO_USER
    let user = call.uint(1) == 0 ? call.credentials.realUID : call.uint(1)
    found = call.kernel.tasks.values.filter { $0.credentials.realUID == user }
  default: throw .EINVAL
  }
  if found.isEmpty { throw .ESRCH }
  return found
}

private func sys_ioprio_set(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let (kind, level) = (call.uint(2) >> 13, call.uint(2) & 0x1fff)
  switch kind {
  case 0: guard level == 0 else { throw .EINVAL }
  case 1, 2:
    let isAllowed =
      kind == 2 || call.credentials.has(.CAP_SYS_ADMIN) || call.credentials.has(.CAP_SYS_NICE)
    guard isAllowed else { throw .EPERM }
    guard level <= 7 else { throw .EINVAL }
  case 3: break
  default: throw .EINVAL
  }
  for task in try priorityTargets(call) {
    let own = call.credentials
    let its = task.credentials.realUID
    guard its == own.effectiveUID || its == own.realUID || own.has(.CAP_SYS_NICE) else {
      throw .EPERM
    }
    task.ioPriority = UInt16(truncatingIfNeeded: kind << 13 | level & 7)
  }
  return .success
}

/// syslog(2), on a log that is always empty.
private func sys_syslog(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  switch call.int(0) {
  case 0, 1: return .success  // SYSLOG_ACTION_CLOSE, OPEN
  case 2, 3, 4:  // READ, READ_ALL, READ_CLEAR
    guard call.int(2) >= 0, !call.address(1).isNull else { throw .EINVAL }
    return .success
  case 5, 6, 7, 9, 10:  // CLEAR, CONSOLE_OFF, CONSOLE_ON, SIZE_UNREAD, SIZE_BUFFER
    guard call.credentials.has(.CAP_SYSLOG) else { throw .EPERM }
    return .success
  case 8:  // CONSOLE_LEVEL
    guard (1...8).contains(call.int(2)) else { throw .EINVAL }
    return .success
  default: throw .EINVAL
  }
}
