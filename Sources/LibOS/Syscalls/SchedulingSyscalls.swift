import LinuxABI
import Machine

extension SyscallTable {
  /// Policies and priorities of threads (sched(7)).
  package static let schedulingRows: [SyscallRow] = [
    SyscallRow("sched_getscheduler", x64: 145, generic: 120, [.pid]) { call throws(Errno) in
      let scheduling = try scheduledTask(call, call.int(0))?.scheduling ?? Scheduling()
      let flag = scheduling.resetsOnFork ? SchedulingPolicy.SCHED_RESET_ON_FORK : 0
      return .value(UInt64(scheduling.policy.rawValue | flag))
    },
    SyscallRow(
      "sched_setscheduler", x64: 144, generic: 119, [.pid, .int, .address], support: .partial,
      note: note
    ) { call throws(Errno) in try setScheduler(call, policy: call.uint(1), call.address(2)) },
    SyscallRow("sched_getparam", x64: 143, generic: 121, [.pid, .address]) { call throws(Errno) in
      guard !call.address(1).isNull else { throw .EINVAL }
      let task = try scheduledTask(call, call.int(0))
      try call.store(task?.scheduling.priority ?? 0, to: call.address(1))
      return .success
    },
    SyscallRow("sched_setparam", x64: 142, generic: 118, [.pid, .address]) { call throws(Errno) in
      try setScheduler(call, policy: nil, call.address(1))
    },
    SyscallRow("sched_get_priority_max", x64: 146, generic: 125, [.int]) { call throws(Errno) in
      try .value(SchedulingPolicy.named(call).priorities.upperBound)
    },
    SyscallRow("sched_get_priority_min", x64: 147, generic: 126, [.int]) { call throws(Errno) in
      try .value(SchedulingPolicy.named(call).priorities.lowerBound)
    },
    SyscallRow("sched_rr_get_interval", x64: 148, generic: 127, [.pid, .address]) {
      call throws(Errno) in
      let task = try scheduledTask(call, call.int(0))
      let isEndless = task?.scheduling.policy == .SCHED_FIFO || task?.scheduling.deadline != nil
      let slice = isEndless ? 0 : task?.slice ?? call.kernel.configuration.timeSlice
      try call.store(Int64(0), to: call.address(1))
      try call.store(slice, to: call.address(1) + 8)
      return .success
    },
    SyscallRow(
      "sched_getattr", x64: 315, generic: 275, [.pid, .address, .size, .hex], sys_sched_getattr),
    SyscallRow(
      "sched_setattr", x64: 314, generic: 274, [.pid, .address, .hex], support: .partial,
      note: note, sys_sched_setattr),
  ]

  private static let note =
    "SCHED_BATCH and SCHED_IDLE run like SCHED_OTHER; SCHED_DEADLINE goes before all others, whatever its times"
}

/// The task with this tid, or the caller for 0: EINVAL for negative numbers. nil is init, which they may ask
/// about too.
func scheduledTask(_ call: SyscallContext, _ tid: Int32) throws(Errno) -> Task? {
  guard tid >= 0 else { throw .EINVAL }
  return call.kernel.isInit(tid) ? nil : try taskOrCaller(call, tid)
}

extension SchedulingPolicy {
  /// The one that a call's first argument names.
  fileprivate static func named(_ call: SyscallContext) throws(Errno) -> SchedulingPolicy {
    guard let policy = SchedulingPolicy(rawValue: call.uint(0)) else { throw .EINVAL }
    return policy
  }
}

extension Task {
  /// Whether it may have `other` be scheduled like that (`user_check_sched_setscheduler`).
  fileprivate func maySchedule(_ other: Task, _ new: Scheduling, _ niceness: Niceness) -> Bool {
    if credentials.has(.CAP_SYS_NICE) { return true }
    let old = other.scheduling
    if new.deadline != nil { return false }
    if new.policy.isRealTime {
      let limit = other.process.limits[ResourceLimits.realTimePriority].soft
      guard new.policy == old.policy || limit > 0,
        new.priority <= old.priority || UInt64(new.priority) <= limit
      else { return false }
    } else if niceness < other.niceness, !mayMake(other.process, niceness) {
      return false
    }
    if old.policy == .SCHED_IDLE, new.policy != .SCHED_IDLE,
      !mayMake(other.process, other.niceness)
    {
      return false
    }
    return mayReschedule(other) && (!old.resetsOnFork || new.resetsOnFork)
  }
}

/// sched_setscheduler(2), and sched_setparam(2) where `policy` is nil.
private func setScheduler(_ call: SyscallContext, policy: UInt32?, _ parameters: GuestAddress)
  throws(Errno) -> SyscallResult
{
  guard call.int(0) >= 0, !parameters.isNull else { throw .EINVAL }
  if let policy, Int32(bitPattern: policy) < 0 { throw .EINVAL }
  let priority: Int32 = try call.load(at: parameters)
  let task = try taskOrCaller(call, call.int(0))
  var new = task.scheduling
  // These calls have no room for a deadline.
  new.deadline = nil
  new.priority = priority
  if let policy {
    guard
      let known = SchedulingPolicy(rawValue: policy & ~SchedulingPolicy.SCHED_RESET_ON_FORK)
    else { throw .EINVAL }
    new.policy = known
    new.resetsOnFork = policy & SchedulingPolicy.SCHED_RESET_ON_FORK != 0
  }
  try schedule(task, new, task.niceness, for: call)
  return .success
}

private func check(
  _ task: Task, _ new: Scheduling, _ niceness: Niceness, for call: SyscallContext
) throws(Errno) {
  let isSound =
    new.policy == .SCHED_DEADLINE ? new.deadline?.isSound == true : new.deadline == nil
  guard new.policy.priorities.contains(new.priority), isSound else { throw .EINVAL }
  guard call.task.maySchedule(task, new, niceness) else { throw .EPERM }
}

private func schedule(
  _ task: Task, _ new: Scheduling, _ niceness: Niceness, for call: SyscallContext
) throws(Errno) {
  try check(task, new, niceness, for: call)
  if let deadline = new.deadline {
    // All of them must be kept.
    var others: UInt64 = 0
    for other in call.kernel.tasks.values where other !== task {
      others += other.scheduling.deadline?.share ?? 0
    }
    guard others + deadline.share <= Scheduling.Deadline.shareLimit else { throw .EBUSY }
  }
  task.scheduling = new
  if new.level == 0, new.policy != .SCHED_IDLE { task.niceness = niceness }
  call.kernel.needsAttention = true
}

/// The first version of `struct sched_attr`: size, policy, flags, nice, priority and three times.
private let attributeSize = 48

/// sched_getattr(2).
private func sys_sched_getattr(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call[3] == 0, call[2] >= UInt64(attributeSize), call[2] <= 4096 else { throw .EINVAL }
  let task = try scheduledTask(call, call.int(0))
  let scheduling = task?.scheduling ?? Scheduling()
  let isRealTime = scheduling.level > 0
  var writer = ByteWriter(capacity: attributeSize)
  writer.write(UInt32(attributeSize))
  writer.write(scheduling.policy.rawValue)
  writer.write((scheduling.resetsOnFork ? 1 : 0) | (scheduling.deadline?.flags ?? 0))
  writer.write(isRealTime ? 0 : task?.niceness.value ?? 0)
  writer.write(scheduling.priority)
  let deadline = scheduling.deadline ?? Scheduling.Deadline(runtime: 0, deadline: 0, period: 0)
  for time in [deadline.runtime, deadline.deadline, deadline.period] { writer.write(time) }
  try call.store(writer.bytes, to: call.address(1))
  return .success
}

/// sched_setattr(2).
private func sys_sched_setattr(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call[2] == 0, call.int(0) >= 0, !call.address(1).isNull else { throw .EINVAL }
  let size: UInt32 = try call.load(at: call.address(1))
  guard size == 0 || Int(size) >= attributeSize, size <= 4096 else { throw .E2BIG }
  var reader = ByteReader(try call.bytes(at: call.address(1), count: attributeSize))
  reader.skip(4)
  let policy: UInt32 = reader.read()
  let flags: UInt64 = reader.read()
  let niceness: Int32 = reader.read()
  let priority: UInt32 = reader.read()
  var deadline = Scheduling.Deadline(
    runtime: reader.read(), deadline: reader.read(), period: reader.read(), flags: flags & 6)
  if deadline.period == 0 { deadline.period = deadline.deadline }
  // Besides SCHED_FLAG_RESET_ON_FORK: RECLAIM and DL_OVERRUN, KEEP_POLICY and KEEP_PARAMS.
  guard flags & ~0x1f == 0, Int32(bitPattern: policy) >= 0 else { throw .EINVAL }
  let task = try taskOrCaller(call, call.int(0))
  var new = task.scheduling
  if flags & 0x8 == 0 {
    guard let known = SchedulingPolicy(rawValue: policy) else { throw .EINVAL }
    new.policy = known
    // It is kept with the policy.
    new.resetsOnFork = flags & 1 != 0
  }
  let isOrdinary = new.deadline == nil && new.priority == 0
  if flags & 0x10 == 0 || isOrdinary { new.priority = Int32(clamping: priority) }
  guard flags & 0x10 == 0 else {
    // All of it is kept, the policy too, but what was asked for must be sound.
    new.deadline = new.policy == .SCHED_DEADLINE ? new.deadline ?? deadline : nil
    try check(task, new, task.niceness, for: call)
    task.scheduling.resetsOnFork = new.resetsOnFork
    return .success
  }
  new.deadline = new.policy == .SCHED_DEADLINE ? deadline : nil
  try schedule(task, new, Niceness(clamping: niceness), for: call)
  return .success
}
