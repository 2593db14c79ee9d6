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
    SyscallRow("sched_getscheduler", x64: 145, generic: 120, [.pid]) { call throws(Errno) in
      _ = try scheduledTask(call, call.int(0))
      return .success
    },
    SyscallRow("sched_setscheduler", x64: 144, generic: 119, [.pid, .int, .address]) {
      call throws(Errno) in try setPolicy(call, policy: call.uint(1), parameters: call.address(2))
    },
    SyscallRow("sched_getparam", x64: 143, generic: 121, [.pid, .address]) { call throws(Errno) in
      guard !call.address(1).isNull else { throw .EINVAL }
      _ = try scheduledTask(call, call.int(0))
      try call.store(UInt32(0), to: call.address(1))
      return .success
    },
    SyscallRow("sched_setparam", x64: 142, generic: 118, [.pid, .address]) { call throws(Errno) in
      try setPolicy(call, policy: 0, parameters: call.address(1))
    },
    SyscallRow("sched_get_priority_max", x64: 146, generic: 125, [.int]) { call throws(Errno) in
      try .value(SchedulingPolicy.named(call).priorities.upperBound)
    },
    SyscallRow("sched_get_priority_min", x64: 147, generic: 126, [.int]) { call throws(Errno) in
      try .value(SchedulingPolicy.named(call).priorities.lowerBound)
    },
    SyscallRow("sched_rr_get_interval", x64: 148, generic: 127, [.pid, .address]) {
      call throws(Errno) in
      _ = try scheduledTask(call, call.int(0))
      try call.store(Int64(0), to: call.address(1))
      try call.store(call.kernel.configuration.timeSlice, to: call.address(1) + 8)
      return .success
    },
    SyscallRow(
      "seccomp", x64: 317, generic: 277, [.int, .hex, .address], support: .refused,
      note: "no filters", { _ throws(Errno) in throw .EINVAL }),
  ]
}

/// The task with this tid, or the caller for 0: ESRCH.
func taskOrCaller(_ call: SyscallContext, _ tid: Int32) throws(Errno) -> Task {
  if tid == 0 { return call.task }
  guard let task = call.kernel.tasks[tid] else { throw .ESRCH }
  return task
}

/// The same for the calls of the scheduler that refuse negative numbers; nil is init, which they may ask
/// about too.
func scheduledTask(_ call: SyscallContext, _ tid: Int32) throws(Errno) -> Task? {
  guard tid >= 0 else { throw .EINVAL }
  return call.kernel.isInit(tid) ? nil : try taskOrCaller(call, tid)
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
  guard new.hard <= old.hard || call.process.credentials.isPrivileged else { throw .EPERM }
  if index == ResourceLimits.openFiles, new.hard > 1 << 20 { throw .EPERM }
  process.limits[index] = new
  if index == ResourceLimits.stack { process.space.stackLimit = new.soft }
}

private func sys_prlimit64(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let target = try taskOrCaller(call, call.int(0)).process
  let index = Int(call.uint(1))
  guard call.process.mayLimit(target) else { throw .EPERM }
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
  let time = used.nanoseconds
  var bytes = [UInt8](repeating: 0, count: 144)
  bytes.withMutableRawSpan {
    $0.store(time / 1_000_000_000, at: 0)
    $0.store(time % 1_000_000_000 / 1000, at: 8)
    guard call.int(0) != -1 else { return }
    $0.store(call.kernel.peakMemoryInUse >> 10, at: 32)
    $0.store(call.task.voluntarySwitches, at: 128)
    $0.store(call.task.involuntarySwitches, at: 136)
  }
  try call.store(bytes, to: call.address(1))
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
  guard call.process.mayReschedule(task.process) else { throw .EPERM }
  guard let first = bytes.first, first & 1 != 0 else { throw .EINVAL }
  return .success
}

/// Real-time policies are refused as Linux refuses them without privilege: slices are equal here.
private func setPolicy(_ call: SyscallContext, policy: UInt32, parameters: GuestAddress)
  throws(Errno) -> SyscallResult
{
  guard call.int(0) >= 0, !parameters.isNull else { throw .EINVAL }
  let task = try taskOrCaller(call, call.int(0))
  let priority: Int32 = try call.load(at: parameters)
  guard let policy = SchedulingPolicy(rawValue: policy & ~SchedulingPolicy.SCHED_RESET_ON_FORK),
    policy != .SCHED_DEADLINE, policy.priorities.contains(priority)
  else { throw .EINVAL }
  // Real-time scheduling would starve what else runs on the one host thread.
  guard policy.priorities == 0...0, call.process.mayReschedule(task.process) else { throw .EPERM }
  return .success
}

extension SchedulingPolicy {
  /// The one that a call's first argument names.
  fileprivate static func named(_ call: SyscallContext) throws(Errno) -> SchedulingPolicy {
    guard let policy = SchedulingPolicy(rawValue: call.uint(0)) else { throw .EINVAL }
    return policy
  }

  /// The static priorities that go with it (sched(7)).
  fileprivate var priorities: ClosedRange<Int32> {
    switch self {
    case .SCHED_FIFO, .SCHED_RR: 1...99
    case .SCHED_OTHER, .SCHED_BATCH, .SCHED_IDLE, .SCHED_DEADLINE: 0...0
    }
  }
}
