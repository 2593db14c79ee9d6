import LinuxABI
import Machine

extension SyscallTable {
  package static let semaphoreRows: [SyscallRow] = [
    SyscallRow(
      "semget", x64: 64, generic: 190, [.hex, .int, .flags(of: IpcFlags.self)], sys_semget),
    SyscallRow("semop", x64: 65, generic: 193, [.int, .address, .size]) { call throws(Errno) in
      try operate(call, timeout: nil)
    },
    SyscallRow("semtimedop", x64: 220, generic: 192, [.int, .address, .size, .timespec]) {
      call throws(Errno) in
      try operate(call, timeout: try timeout(call, call.address(3)))
    },
    SyscallRow("semctl", x64: 66, generic: 191, [.int, .int, commandKind, .hex], sys_semctl),
  ]

  private static let commandKind = ArgumentKind.oneOf(SemaphoreCommand.self)
}

/// semget(2).
private func sys_semget(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let count = Int(call.int(1))
  guard (0...Int(call.ipc.limits.semaphoresOfSet)).contains(count) else { throw .EINVAL }
  let kernel = call.kernel
  let used = kernel.ipc.sets.objects.reduce(0) { $0 + $1.semaphores.count }
  let set = try kernel.ipc.sets.get(
    key: call.int(0), call.uint(2), call.credentials,
    check: { known throws(Errno) in
      guard count <= known.semaphores.count else { throw .EINVAL }
    },
    make: { permissions throws(Errno) in
      guard count > 0 else { throw .EINVAL }
      guard used + count <= kernel.ipc.limits.semaphores else { throw .ENOSPC }
      return try SemaphoreSet(
        kernel.arena, permissions, changed: kernel.clock.realtimeSeconds, count: count)
    })
  return .value(set.id)
}

/// The operations of a semop(2) call: EINVAL, E2BIG, EFAULT, and EFBIG for semaphores that `set` lacks.
private func operations(_ call: SyscallContext, on set: SemaphoreSet) throws(Errno) -> [Sembuf] {
  guard call[2] > 0 else { throw .EINVAL }
  guard call[2] <= UInt64(call.ipc.limits.operations) else { throw .E2BIG }
  let bytes = try call.bytes(at: call.address(1), count: Int(call[2]) * Sembuf.byteCount)
  let operations = Sembuf.array(from: bytes)
  guard operations.allSatisfy({ Int($0.sem_num) < set.semaphores.count }) else { throw .EFBIG }
  return operations
}

/// semop(2) and semtimedop(2).
private func operate(_ call: SyscallContext, timeout: Int64?) throws(Errno) -> SyscallResult {
  let set = try call.object(in: call.ipc.sets)
  let operations = try operations(call, on: set)
  try set.require(operations.contains { $0.sem_op != 0 } ? 0o222 : 0o444, call.credentials)
  let kernel = call.kernel
  let obstacle = try set.perform(operations, for: call.process, at: kernel.clock.realtimeSeconds)
  guard let obstacle else { return .success }
  if obstacle.isNonBlocking { throw .EAGAIN }
  let deadline = deadline(call, after: timeout)
  if let deadline, deadline <= kernel.clock.monotonic { throw .EAGAIN }
  return try call.wait(for: set, until: deadline)
}

/// semctl(2). The fourth argument is a `union semun` in a register: a value or an address.
private func sys_semctl(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard let command = SemaphoreCommand(rawValue: ipcCommand(call, 2)) else { throw .EINVAL }
  let ipc = call.ipc
  switch command {
  case .IPC_INFO, .SEM_INFO:
    try call.store(limits(ipc, used: command == .SEM_INFO), to: call.address(3))
    return .value(ipc.sets.highestIndex)
  case .IPC_STAT, .SEM_STAT, .SEM_STAT_ANY:
    let set = try call.object(
      in: ipc.sets, byPlace: command != .IPC_STAT, checked: command != .SEM_STAT_ANY)
    let status = SemidDS(
      sem_perm: set.permissions, sem_otime: set.operated, sem_ctime: set.changed,
      sem_nsems: UInt64(set.semaphores.count))
    try call.store(status.bytes(for: call.isa), to: call.address(3))
    return command == .IPC_STAT ? .success : .value(set.id)
  case .IPC_SET:
    let size = SemidDS.byteCount(for: call.isa)
    let new = SemidDS(bytes: try call.bytes(at: call.address(3), count: size), isa: call.isa)
    let set = try ipc.sets.object(call.int(0))
    try set.requireOwner(call.credentials)
    set.set(new.sem_perm, at: call.kernel.clock.realtimeSeconds)
    return .success
  case .IPC_RMID:
    let set = try ipc.sets.object(call.int(0))
    try set.requireOwner(call.credentials)
    for process in call.kernel.processes.values { process.semaphoreUndo[set.id] = nil }
    ipc.sets.remove(set)
    return .success
  case .GETALL, .SETALL:
    return try all(call, set: command == .SETALL)
  case .GETVAL, .GETPID, .GETNCNT, .GETZCNT, .SETVAL:
    return try one(call, command)
  }
}

private func all(_ call: SyscallContext, set isSetting: Bool) throws(Errno) -> SyscallResult {
  let set = try call.ipc.sets.object(call.int(0))
  try set.require(isSetting ? 0o222 : 0o444, call.credentials)
  var reader = ByteReader(
    isSetting ? try call.bytes(at: call.address(3), count: set.semaphores.count * 2) : [])
  guard isSetting else {
    var writer = ByteWriter()
    for semaphore in set.semaphores { writer.write(UInt16(semaphore.value)) }
    try call.store(writer.bytes, to: call.address(3))
    return .success
  }
  let values = set.semaphores.map { _ in Int32(reader.read(UInt16.self)) }
  guard values.allSatisfy({ $0 <= SemaphoreSet.maximumValue }) else { throw .ERANGE }
  for (index, value) in values.enumerated() { assign(value, to: index, of: set, call) }
  return .success
}

private func one(_ call: SyscallContext, _ command: SemaphoreCommand)
  throws(Errno) -> SyscallResult
{
  let set = try call.ipc.sets.object(call.int(0))
  try set.require(command == .SETVAL ? 0o222 : 0o444, call.credentials)
  let index = Int(call.int(1))
  guard set.semaphores.indices.contains(index) else { throw .EINVAL }
  switch command {
  case .GETVAL: return .value(set.semaphores[index].value)
  case .GETPID: return .value(set.semaphores[index].pid)
  case .GETNCNT: return .value(waiters(call.kernel, set, index, forZero: false))
  case .GETZCNT: return .value(waiters(call.kernel, set, index, forZero: true))
  default:
    guard (0...Int32(SemaphoreSet.maximumValue)).contains(call.int(3)) else { throw .ERANGE }
    assign(call.int(3), to: index, of: set, call)
    return .success
  }
}

/// Sets a value; what processes had wanted undone of it is forgotten (semctl(2)).
private func assign(
  _ value: Int32, to index: Int, of set: SemaphoreSet, _ call: SyscallContext
) {
  for process in call.kernel.processes.values {
    guard let undo = process.semaphoreUndo[set.id], undo.indices.contains(index) else { continue }
    process.semaphoreUndo[set.id]![index] = 0
  }
  set.semaphores[index] = SemaphoreSet.Semaphore(value: value, pid: call.process.pid)
  set.changed = call.kernel.clock.realtimeSeconds
  set.wakeInLine()
}

/// How many tasks wait on semaphore `index`. Looked up from their calls: nothing else knows.
private func waiters(_ kernel: Kernel, _ set: SemaphoreSet, _ index: Int, forZero: Bool) -> Int {
  kernel.tasks.values.count { task in
    guard task.state == .blocked, let frame = task.call,
      let row = task.process.processor.syscalls[frame.number],
      row.name == "semop" || row.name == "semtimedop"
    else { return false }
    let call = SyscallContext(kernel: kernel, task: task, frame: frame)
    guard call.int(0) == set.id, let operations = try? operations(call, on: set),
      let obstacle = set.obstacle(to: operations, for: task.process)
    else { return false }
    return obstacle.index == index && obstacle.waitsForZero == forZero
  }
}

/// `struct seminfo`; with `used` how much of it there is instead of some limits (semctl(2)).
private func limits(_ ipc: IpcNamespace, used: Bool) -> [UInt8] {
  let sets = ipc.sets.objects
  let count = sets.reduce(0) { $0 + $1.semaphores.count }
  let all = Int(ipc.limits.semaphores)
  let operations = Int(ipc.limits.operations)
  return words([
    all, Int(ipc.limits.sets), all, all, Int(ipc.limits.semaphoresOfSet), operations,
    operations, used ? sets.count : 20, SemaphoreSet.maximumValue,
    used ? count : SemaphoreSet.maximumValue,
  ])
}
