import LinuxABI
import Machine

extension SyscallTable {
  package static let taskRows: [SyscallRow] = [
    SyscallRow(
      "clone", x64: 56, generic: 220,
      [.flags(of: CloneFlags.self), .address, .address, .address, .address], support: .partial,
      note: "threads only", sys_clone),
    SyscallRow(
      "clone3", x64: 435, generic: 435, [.address, .size], support: .partial,
      note: "threads only", sys_clone3),
    SyscallRow(
      "fork", x64: 57, generic: nil, [], support: .refused, note: "one process", sys_fork),
    SyscallRow(
      "vfork", x64: 58, generic: nil, [], support: .refused, note: "one process", sys_fork),
    SyscallRow(
      "execve", x64: 59, generic: 221, [.path, .strings, .strings], support: .refused,
      note: "one program", sys_fork),
    SyscallRow(
      "wait4", x64: 61, generic: 260, [.pid, .address, .int, .address],
      note: "there are no children", sys_wait4),
    SyscallRow(
      "waitid", x64: 247, generic: 95, [.int, .pid, .address, .int, .address],
      note: "there are no children", sys_waitid),
    SyscallRow("exit", x64: 60, generic: 93, [.int], sys_exit),
    SyscallRow("exit_group", x64: 231, generic: 94, [.int], sys_exit_group),
    SyscallRow("gettid", x64: 186, generic: 178, []) { call throws(Errno) in .value(call.task.tid) },
    SyscallRow("getpid", x64: 39, generic: 172, []) { call throws(Errno) in
      .value(call.process.pid)
    },
    SyscallRow("getppid", x64: 110, generic: 173, []) { call throws(Errno) in
      .value(call.process.parentPID)
    },
    SyscallRow("set_tid_address", x64: 218, generic: 96, [.address]) { call throws(Errno) in
      call.task.clearChildTID = call.address(0)
      return .value(call.task.tid)
    },
    SyscallRow("rseq", x64: 334, generic: 293, [.address, .size, .int, .hex], sys_rseq),
    SyscallRow("membarrier", x64: 324, generic: 283, [.int, .int, .int], sys_membarrier),
  ]
}

private func sys_fork(_ call: SyscallContext) throws(Errno) -> SyscallResult { throw .ENOSYS }

private func sys_wait4(_ call: SyscallContext) throws(Errno) -> SyscallResult { throw .ECHILD }
private func sys_waitid(_ call: SyscallContext) throws(Errno) -> SyscallResult { throw .ECHILD }

private func sys_exit(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  call.task.exit(.exited(call.int(0) & 0xff))
  return .exited
}

private func sys_exit_group(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  call.process.exit(.exited(call.int(0) & 0xff))
  return .exited
}

// MARK: clone

/// What clone(2) and clone3(2) ask for, in one form.
private struct CloneRequest {
  var flags: CloneFlags
  var exitSignal: UInt64
  /// The new thread's stack pointer; null keeps the parent's.
  var stackPointer: GuestAddress
  var parentTID: GuestAddress
  var childTID: GuestAddress
  var threadPointer: UInt64
}

private func sys_clone(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  // x86-64: flags, stack, ptid, ctid, tls; the generic order has tls before ctid.
  let (child, tls) = call.isa == .x86_64 ? (call[3], call[4]) : (call[4], call[3])
  return try clone(
    call,
    CloneRequest(
      flags: CloneFlags(rawValue: call[0] & 0xffff_ff00), exitSignal: call[0] & 0xff,
      stackPointer: call.address(1), parentTID: call.address(2), childTID: GuestAddress(child),
      threadPointer: tls))
}

private func sys_clone3(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let size = call[1]
  guard size >= 64 else { throw .EINVAL }
  guard size <= 4096 else { throw .E2BIG }
  let known = 88
  var bytes = try call.bytes(at: call.address(0), count: Int(size))
  guard bytes.dropFirst(known).allSatisfy({ $0 == 0 }) else { throw .E2BIG }
  // What a caller of an older version does not pass is 0, even half a field.
  bytes += [UInt8](repeating: 0, count: max(0, known - bytes.count))
  let fields = stride(from: 0, to: known, by: 8).map { offset in
    bytes.withRawSpan { $0.load(at: offset, as: UInt64.self) }
  }
  // flags pidfd child_tid parent_tid exit_signal stack stack_size tls set_tid set_tid_size cgroup
  guard (fields[5] == 0) == (fields[6] == 0), fields[4] <= 64 else { throw .EINVAL }
  if fields[9] != 0 { throw .EPERM }
  return try clone(
    call,
    CloneRequest(
      flags: CloneFlags(rawValue: fields[0]), exitSignal: fields[4],
      stackPointer: GuestAddress(fields[5] &+ fields[6]), parentTID: GuestAddress(fields[3]),
      childTID: GuestAddress(fields[2]), threadPointer: fields[7]))
}

private func clone(_ call: SyscallContext, _ request: CloneRequest)
  throws(Errno) -> SyscallResult
{
  let flags = request.flags
  if flags.contains(.CLONE_THREAD), !flags.contains(.CLONE_SIGHAND) { throw .EINVAL }
  if flags.contains(.CLONE_SIGHAND), !flags.contains(.CLONE_VM) { throw .EINVAL }
  guard flags.contains(.CLONE_THREAD) else { throw .ENOSYS }
  guard flags.contains([.CLONE_FS, .CLONE_FILES]),
    flags.isDisjoint(with: [.CLONE_PIDFD, .CLONE_VFORK, .CLONE_CLEAR_SIGHAND])
  else { throw .EINVAL }
  let kernel = call.kernel
  let child = Task(tid: try kernel.allocatePID(), process: call.process, kernel: kernel)
  if flags.contains(.CLONE_PARENT_SETTID) { try call.store(child.tid, to: request.parentTID) }
  if flags.contains(.CLONE_CHILD_SETTID) { try call.store(child.tid, to: request.childTID) }
  if flags.contains(.CLONE_CHILD_CLEARTID) { child.clearChildTID = request.childTID }
  child.name = call.task.name
  child.signals = TaskSignals(mask: call.task.signals.mask)
  child.niceness = call.task.niceness

  // The child starts as a copy of its parent that sees the result 0.
  let engine = kernel.engine
  let parent = engine.registers
  engine.setSyscallResult(0)
  if !request.stackPointer.isNull { engine.stackPointer = request.stackPointer.rawValue }
  if flags.contains(.CLONE_SETTLS) { engine.threadPointer = request.threadPointer }
  engine.save(to: child.context)
  engine.registers = parent

  kernel.add(child)
  return .value(child.tid)
}

// MARK: rseq and membarrier

private func sys_rseq(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let unregister: UInt64 = 1
  let area = RseqRegistration(
    address: call.address(0), length: call.uint(1), signature: call.uint(3))
  let current = call.task.rseq
  if call[2] & unregister != 0 {
    guard call[2] == unregister, !current.address.isNull, current.address == area.address,
      current.length == area.length
    else { throw .EINVAL }
    guard current.signature == area.signature else { throw .EPERM }
    call.task.rseq = RseqRegistration()
    return .success
  }
  guard call[2] == 0 else { throw .EINVAL }
  if !current.address.isNull {
    guard current == area else { throw current.address == area.address ? .EPERM : .EINVAL }
    throw .EBUSY
  }
  guard area.address.rawValue & 31 == 0, area.length >= 32 else { throw .EINVAL }
  // cpu_id_start, cpu_id: the one processor.
  try call.store(UInt64(0), to: area.address)
  call.task.rseq = area
  return .success
}

/// membarrier(2): threads run one at a time on one host thread, so every command is a no-op.
private func sys_membarrier(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let supported: UInt64 = 0x1ff
  guard call[1] == 0 else { throw .EINVAL }
  if call[0] == 0 { return .value(supported) }
  guard call[0].nonzeroBitCount == 1, call[0] & supported != 0 else { throw .EINVAL }
  return .success
}
