import LinuxABI
import Machine

extension SyscallTable {
  /// Scheduling attributes, input/output priorities and memory policies. There is only one of each, which
  /// programs may ask for.
  package static let schedulingRows: [SyscallRow] = [
    SyscallRow(
      "sched_getattr", x64: 315, generic: 275, [.pid, .address, .size, .hex], sys_sched_getattr),
    SyscallRow(
      "sched_setattr", x64: 314, generic: 274, [.pid, .address, .hex], support: .partial,
      note: "SCHED_OTHER, SCHED_BATCH and SCHED_IDLE, all the same", sys_sched_setattr),
    SyscallRow(
      "ioprio_get", x64: 252, generic: 31, [.int, .int], support: .partial,
      note: "always the default"
    ) { call throws(Errno) in
      try requirePriorityTarget(call)
      // IOPRIO_CLASS_BE, level 4.
      return .value(Int32(2 << 13 | 4))
    },
    SyscallRow(
      "ioprio_set", x64: 251, generic: 30, [.int, .int, .hex], support: .partial, note: "no effect"
    ) { call throws(Errno) in
      try requirePriorityTarget(call)
      guard call.uint(2) >> 13 <= 3, call.uint(2) & 0x1fff <= 7 else { throw .EINVAL }
      return .success
    },
    SyscallRow(
      "get_mempolicy", x64: 239, generic: 236, [.address, .address, .size, .address, .hex],
      support: .partial, note: "one memory node, MPOL_DEFAULT", sys_get_mempolicy),
    SyscallRow(
      "set_mempolicy", x64: 238, generic: 237, [.int, .address, .size], support: .partial,
      note: "one memory node, no effect"
    ) { call throws(Errno) in
      guard call.uint(0) & 0x1fff <= 5 else { throw .EINVAL }
      return .success
    },
    SyscallRow(
      "syslog", x64: 103, generic: 116, [.int, .address, .int], support: .partial,
      note: "the log is empty", sys_syslog),
  ]
}

private func requirePriorityTarget(_ call: SyscallContext) throws(Errno) {
  switch call.int(0) {
  case 1:  // IOPRIO_WHO_PROCESS, which means a thread
    guard call.int(1) == 0 || call.kernel.tasks[call.int(1)] != nil else { throw .ESRCH }
  case 2:  // IOPRIO_WHO_PGRP
    let group = call.int(1) == 0 ? call.process.processGroup : call.int(1)
    guard !call.kernel.members(ofGroup: group).isEmpty else { throw .ESRCH }
  case 3: break  // IOPRIO_WHO_USER
  default: throw .EINVAL
  }
}

/// The first version of `struct sched_attr`: size, policy, flags, nice, priority and three times.
private let attributeSize = 48

/// sched_getattr(2).
private func sys_sched_getattr(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call[3] == 0, call[2] >= UInt64(attributeSize), call[2] <= 4096 else { throw .EINVAL }
  let task = try scheduledTask(call, call.int(0))
  var writer = ByteWriter(capacity: attributeSize)
  writer.write(UInt32(attributeSize))
  writer.zero(12)
  writer.write(task?.niceness.value ?? 0)
  writer.pad(to: attributeSize)
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
  reader.skip(8)
  let wanted: Int32 = reader.read()
  let task = try taskOrCaller(call, call.int(0))
  switch SchedulingPolicy(rawValue: policy) {
  case .SCHED_OTHER, .SCHED_BATCH, .SCHED_IDLE: break
  // Real-time and deadline scheduling would starve what else runs on the one host thread.
  case .SCHED_FIFO, .SCHED_RR, .SCHED_DEADLINE: throw .EPERM
  case nil: throw .EINVAL
  }
  let niceness = Niceness(clamping: wanted)
  guard call.process.mayReschedule(task.process),
    niceness >= task.niceness || call.process.mayBe(niceness)
  else { throw .EPERM }
  task.niceness = niceness
  return .success
}

/// get_mempolicy(2).
private func sys_get_mempolicy(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call[4] & ~7 == 0 else { throw .EINVAL }
  if !call.address(0).isNull { try call.store(UInt32(0), to: call.address(0)) }
  guard !call.address(1).isNull else { return .success }
  guard call[2] >= 1, call[2] <= 1 << 15 else { throw .EINVAL }
  // MPOL_F_MEMS_ALLOWED asks for the nodes there are, of which the first is the only one.
  var nodes = [UInt8](repeating: 0, count: Int((call[2] + 63) / 64) * 8)
  if call[4] & 4 != 0 { nodes[0] = 1 }
  try call.store(nodes, to: call.address(1))
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
    guard call.process.credentials.isPrivileged else { throw .EPERM }
    return .success
  case 8:  // CONSOLE_LEVEL
    guard (1...8).contains(call.int(2)) else { throw .EINVAL }
    return .success
  default: throw .EINVAL
  }
}
