import LinuxABI
import Machine

extension SyscallTable {
  package static let messageQueueRows: [SyscallRow] = [
    SyscallRow("msgget", x64: 68, generic: 186, [.hex, .flags(of: IpcFlags.self)], sys_msgget),
    SyscallRow(
      "msgsnd", x64: 69, generic: 189,
      [.int, .address, .size, .flags(of: MessageQueueFlags.self)], sys_msgsnd),
    SyscallRow(
      "msgrcv", x64: 70, generic: 188,
      [.int, .address, .size, .int, .flags(of: MessageQueueFlags.self)], sys_msgrcv),
    SyscallRow("msgctl", x64: 71, generic: 187, [.int, commandKind, .address], sys_msgctl),
  ]

  private static let commandKind = ArgumentKind.oneOf(MessageCommand.self)
}

/// msgget(2).
private func sys_msgget(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let now = call.kernel.clock.realtimeSeconds
  let queue = try call.kernel.ipc.queues.get(
    key: call.int(0), call.uint(1), call.credentials, check: { _ throws(Errno) in },
    make: { permissions throws(Errno) in
      guard call.kernel.arena.hasRoom(forKernel: IpcObject.size) else { throw .ENOMEM }
      let queue = MessageQueue(call.kernel.arena, permissions, changed: now)
      queue.capacity = UInt64(call.ipc.limits.queueBytes)
      return queue
    })
  return .value(queue.id)
}

/// msgsnd(2).
private func sys_msgsnd(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call[2] <= UInt64(call.ipc.limits.message), call.int(0) >= 0 else { throw .EINVAL }
  let type: Int64 = try call.load(at: call.address(1))
  guard type > 0 else { throw .EINVAL }
  let text = try call.bytes(at: call.address(1) + 8, count: Int(call[2]))
  let queue = try call.object(in: call.ipc.queues)
  try queue.require(0o222, call.credentials)
  guard queue.hasRoom(for: text.count) else {
    if MessageQueueFlags(rawValue: call.uint(3)).contains(.IPC_NOWAIT) { throw .EAGAIN }
    return try call.wait(for: queue)
  }
  try queue.append(MessageQueue.Message(type: type, text: text))
  queue.sent = call.kernel.clock.realtimeSeconds
  queue.lastSender = call.process.pid
  queue.wakeInLine()
  return .success
}

/// msgrcv(2).
private func sys_msgrcv(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = MessageQueueFlags(rawValue: call.uint(4))
  guard call.signed(2) >= 0, call.int(0) >= 0 else { throw .EINVAL }
  if flags.contains(.MSG_COPY) {
    guard flags.contains(.IPC_NOWAIT), !flags.contains(.MSG_EXCEPT) else { throw .EINVAL }
  }
  let queue = try call.object(in: call.ipc.queues)
  try queue.require(0o444, call.credentials)
  guard let index = queue.index(for: call.signed(3), flags) else {
    if flags.contains(.IPC_NOWAIT) { throw .ENOMSG }
    return try call.wait(for: queue)
  }
  let message = queue.messages[index]
  let room = Int(clamping: call[2])
  guard message.text.count <= room || flags.contains(.MSG_NOERROR) else { throw .E2BIG }
  let text = Array(message.text.prefix(room))
  try call.store(message.type, to: call.address(1))
  try call.store(text, to: call.address(1) + 8)
  if !flags.contains(.MSG_COPY) {
    queue.remove(at: index)
    queue.received = call.kernel.clock.realtimeSeconds
    queue.lastReceiver = call.process.pid
    queue.wakeInLine()
  }
  return .value(text.count)
}

/// msgctl(2).
private func sys_msgctl(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard let command = MessageCommand(rawValue: ipcCommand(call, 1)) else { throw .EINVAL }
  let ipc = call.ipc
  switch command {
  case .IPC_INFO, .MSG_INFO:
    // struct msginfo: pool, map, max, mnb, mni, ssz, tql, seg.
    let isUse = command == .MSG_INFO
    let queues = ipc.queues.objects
    let messages = queues.reduce(0) { $0 + $1.messages.count }
    let bytes = queues.reduce(0) { $0 + Int($1.byteCount) }
    let capacity = Int(ipc.limits.queueBytes)
    let limit = Int(ipc.limits.queues)
    var bytesOut = words([
      isUse ? queues.count : limit * capacity / 1024,
      isUse ? messages : capacity, Int(ipc.limits.message), capacity, limit, 16,
      isUse ? bytes : capacity,
    ])
    bytesOut += [0xff, 0xff, 0, 0]
    try call.store(bytesOut, to: call.address(2))
    return .value(ipc.queues.highestIndex)
  case .IPC_STAT, .MSG_STAT, .MSG_STAT_ANY:
    let queue = try call.object(
      in: ipc.queues, byPlace: command != .IPC_STAT, checked: command != .MSG_STAT_ANY)
    try call.store(status(of: queue), to: call.address(2))
    return command == .IPC_STAT ? .success : .value(queue.id)
  case .IPC_SET:
    let new: MsqidDS = try call.load(at: call.address(2))
    let queue = try ipc.queues.object(call.int(0))
    try queue.requireOwner(call.credentials)
    guard
      new.msg_qbytes <= UInt64(ipc.limits.queueBytes) || call.credentials.has(.CAP_SYS_RESOURCE)
    else {
      throw .EPERM
    }
    queue.set(new.msg_perm, at: call.kernel.clock.realtimeSeconds)
    queue.capacity = min(new.msg_qbytes, UInt64(Int32.max))
    queue.wakeInLine()
  case .IPC_RMID:
    let queue = try ipc.queues.object(call.int(0))
    try queue.requireOwner(call.credentials)
    ipc.queues.remove(queue)
  }
  return .success
}

private func status(of queue: MessageQueue) -> MsqidDS {
  MsqidDS(
    msg_perm: queue.permissions, msg_stime: queue.sent, msg_rtime: queue.received,
    msg_ctime: queue.changed, msg_cbytes: queue.byteCount, msg_qnum: UInt64(queue.messages.count),
    msg_qbytes: queue.capacity, msg_lspid: queue.lastSender, msg_lrpid: queue.lastReceiver)
}
