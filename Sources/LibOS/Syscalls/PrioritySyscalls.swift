import LinuxABI

// getpriority(2) and setpriority(2).

extension SyscallTable {
  package static let priorityRows: [SyscallRow] = [
    SyscallRow("getpriority", x64: 140, generic: 141, [.int, .pid]) { call throws(Errno) in
      if call.uint(0) == 0, call.kernel.isInit(call.int(1)) { return .value(20) }
      let nicest = try tasks(call).map(\.niceness.value).min() ?? 0
      return .value(20 - nicest)
    },
    SyscallRow(
      "setpriority", x64: 141, generic: 140, [.int, .pid, .int], sys_setpriority),
  ]
}

private func sys_setpriority(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let wanted = Niceness(clamping: call.int(2))
  var failure: Errno?
  for task in try tasks(call) {
    if !call.task.mayReschedule(task) {
      failure = .EPERM
    } else if wanted < task.niceness, !call.task.mayMake(task.process, wanted) {
      failure = .EACCES
    } else {
      task.niceness = wanted
    }
  }
  if let failure { throw failure }
  return .success
}

/// The threads that the first two arguments name: one, those of a process group, or those of a user.
private func tasks(_ call: SyscallContext) throws(Errno) -> [Task] {
  let kernel = call.kernel
  let found: [Task]
  switch call.int(0) {
  case 0: return [try taskOrCaller(call, call.int(1))]
  case 1:
    let group = call.int(1) == 0 ? call.process.processGroup : call.int(1)
    found = kernel.members(ofGroup: group).flatMap(\.tasks)
  case 2:
    let user = call.uint(1) == 0 ? call.credentials.realUID : call.uint(1)
    found = kernel.tasks.values.filter { $0.credentials.realUID == user }
  default: throw .EINVAL
  }
  if found.isEmpty { throw .ESRCH }
  return found
}
