import LinuxABI
import Machine

extension SyscallTable {
  package static let taskRows: [SyscallRow] = [
    SyscallRow("exit", x64: 60, generic: 93, [.int], sys_exit),
    SyscallRow("exit_group", x64: 231, generic: 94, [.int], sys_exit_group),
    SyscallRow("gettid", x64: 186, generic: 178, []) { call throws(Errno) in .value(call.task.tid)
    },
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

private func sys_exit(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  call.task.exit(.exited(call.int(0) & 0xff))
  return .exited
}

private func sys_exit_group(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  call.process.exit(.exited(call.int(0) & 0xff))
  return .exited
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
    // RSEQ_CPU_ID_UNINITIALIZED for cpu_id.
    try call.store(UInt64(0xffff_ffff_0000_0000), to: area.address)
    call.task.rseq = RseqRegistration()
    return .success
  }
  guard call[2] == 0 else { throw .EINVAL }
  if !current.address.isNull {
    guard current.address == area.address, current.length == area.length else { throw .EINVAL }
    guard current.signature == area.signature else { throw .EPERM }
    throw .EBUSY
  }
  guard area.address.rawValue & 31 == 0, area.length >= 32 else { throw .EINVAL }
  // cpu_id_start, cpu_id: the one processor.
  try call.store(UInt64(0), to: area.address)
  call.task.rseq = area
  return .success
}

/// membarrier(2): threads run one at a time on one host thread, so there is nothing to do.
private func sys_membarrier(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let supported: UInt64 = 0x1ff
  guard call[1] == 0 else { throw .EINVAL }
  if call[0] == 0 { return .value(supported) }
  guard call[0].nonzeroBitCount == 1, call[0] & supported != 0,
    let command = BarrierCommand(rawValue: call.uint(0))
  else { throw .EINVAL }
  switch command {
  case .GLOBAL, .GLOBAL_EXPEDITED, .REGISTER_GLOBAL_EXPEDITED: break
  case .PRIVATE_EXPEDITED, .PRIVATE_EXPEDITED_SYNC_CORE, .PRIVATE_EXPEDITED_RSEQ:
    guard call.process.barriers & command.rawValue << 1 != 0 else { throw .EPERM }
  case .REGISTER_PRIVATE_EXPEDITED, .REGISTER_PRIVATE_EXPEDITED_SYNC_CORE,
    .REGISTER_PRIVATE_EXPEDITED_RSEQ:
    call.process.barriers |= command.rawValue
  }
  return .success
}
