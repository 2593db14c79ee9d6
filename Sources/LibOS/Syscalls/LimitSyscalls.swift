import LinuxABI
import Machine

extension SyscallTable {
  package static let limitRows: [SyscallRow] = [
    SyscallRow("getrlimit", x64: 97, generic: 163, [.int, .address]) { call throws(Errno) in
      try storeLimit(call.process, call, Int(call.uint(0)), call.address(1))
      return .success
    },
    SyscallRow("setrlimit", x64: 160, generic: 164, [.int, .address]) { call throws(Errno) in
      try changeLimit(call.process, call, Int(call.uint(0)), call.address(1))
      return .success
    },
    SyscallRow(
      "prlimit64", x64: 302, generic: 261, [.pid, .int, .address, .address], sys_prlimit64),
    SyscallRow("getrusage", x64: 98, generic: 165, [.int, .address], sys_getrusage),
    SyscallRow("sched_yield", x64: 24, generic: 124, []) { call throws(Errno) in
      call.kernel.yield()
      return .success
    },
    SyscallRow(
      "sched_getaffinity", x64: 204, generic: 123, [.pid, .size, .address], sys_sched_getaffinity),
    SyscallRow(
      "sched_setaffinity", x64: 203, generic: 122, [.pid, .size, .address], sys_sched_setaffinity),
  ]
}

/// The task with this tid, or the caller for 0: ESRCH, and EPERM for init, of which nobody may have anything.
func taskOrCaller(_ call: SyscallContext, _ tid: Int32) throws(Errno) -> Task {
  if tid == 0 { return call.task }
  guard let task = call.kernel.tasks[tid] else {
    throw call.kernel.isInit(tid) ? .EPERM : .ESRCH
  }
  return task
}

// MARK: Limits

private func storeLimit(
  _ process: Process, _ call: SyscallContext, _ index: Int, _ address: GuestAddress
) throws(Errno) {
  guard index < ResourceLimits.count else { throw .EINVAL }
  try call.store(process.limits[index].soft, to: address)
  try call.store(process.limits[index].hard, to: address + 8)
}

private func changeLimit(
  _ process: Process, _ call: SyscallContext, _ index: Int, _ address: GuestAddress
) throws(Errno) {
  guard index < ResourceLimits.count else { throw .EINVAL }
  let new = ResourceLimits.Limit(
    soft: try call.load(at: address), hard: try call.load(at: address + 8))
  guard new.soft <= new.hard else { throw .EINVAL }
  let old = process.limits[index]
  guard new.hard <= old.hard || call.credentials.has(.CAP_SYS_RESOURCE) else { throw .EPERM }
  if index == ResourceLimits.openFiles, new.hard > 1 << 20 { throw .EPERM }
  process.limits[index] = new
  if index == ResourceLimits.stack { process.space.stackLimit = new.soft }
}

private func sys_prlimit64(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let target = try taskOrCaller(call, call.int(0)).process
  let index = Int(call.uint(1))
  guard call.task.mayLimit(target) else { throw .EPERM }
  guard index < ResourceLimits.count else { throw .EINVAL }
  let old = target.limits[index]
  if !call.address(2).isNull { try changeLimit(target, call, index, call.address(2)) }
  if !call.address(3).isNull {
    try call.store(old.soft, to: call.address(3))
    try call.store(old.hard, to: call.address(3) + 8)
  }
  return .success
}

private func sys_getrusage(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let used: GuestDuration
  switch call.int(0) {
  case 0: used = call.process.processorTime
  case 1: used = call.task.currentProcessorTime
  case -1: used = call.process.childrenProcessorTime
  default: throw .EINVAL
  }
  let accounts = call.process.accounts
  var usage = Rusage(ru_utime: Timeval(nanoseconds: used.nanoseconds))
  if call.int(0) == -1 {
    usage.ru_maxrss = Int64(clamping: accounts.childrenPeak * 4)
    usage.ru_minflt = Int64(clamping: accounts.childrenFaults)
  } else {
    usage.ru_maxrss = Int64(clamping: call.process.peakPages * 4)
    usage.ru_minflt = Int64(clamping: call.process.pageFaults)
    usage.ru_nvcsw = Int64(clamping: call.task.voluntarySwitches)
    usage.ru_nivcsw = Int64(clamping: call.task.involuntarySwitches)
  }
  try call.store(usage, to: call.address(1))
  return .success
}

// MARK: Scheduling

extension Kernel {
  /// Lets every other runnable task go first.
  func yield() {
    guard scheduler.count > 1 else { return }
    scheduler.rotate()
    needsAttention = true
  }
}

private func sys_sched_getaffinity(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  if !call.kernel.isInit(call.int(0)) { _ = try taskOrCaller(call, call.int(0)) }
  guard call[1] >= 8, call[1] & 7 == 0 else { throw .EINVAL }
  try call.store(UInt64(1), to: call.address(2))
  return .value(8)
}

private func sys_sched_setaffinity(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let task = try taskOrCaller(call, call.int(0))
  let bytes = try call.bytes(at: call.address(2), count: Int(min(call[1], 128)))
  guard call.task.mayReschedule(task) else { throw .EPERM }
  guard let first = bytes.first, first & 1 != 0 else { throw .EINVAL }
  return .success
}
