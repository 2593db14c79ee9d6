import LinuxABI
import Machine

extension SyscallTable {
  package static let prctlRows: [SyscallRow] = [
    SyscallRow(
      "prctl", x64: 157, generic: 167, [.oneOf(PrctlOption.self), .hex, .hex, .hex, .hex],
      support: .partial,
      note:
        "PR_SET_THP_DISABLE is kept and has no effect; unknown options: EINVAL",
      sys_prctl),
    SyscallRow(
      "arch_prctl", x64: 158, generic: nil, [.oneOf(ArchPrctlCode.self), .address],
      sys_arch_prctl),
  ]
}

/// prctl(2).
private func sys_prctl(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard let option = PrctlOption(rawValue: call.uint(0)) else { throw .EINVAL }
  let process = call.process
  switch option {
  case .PR_SET_NAME:
    var name: [UInt8] = []
    for index in 0..<UInt64(TaskName.limit) {
      let byte: UInt8 = try call.load(at: call.address(1) + index)
      if byte == 0 { break }
      name.append(byte)
    }
    call.task.name = TaskName(name)
    return .success
  case .PR_GET_NAME:
    let name = call.task.name.bytes
    let padding = [UInt8](repeating: 0, count: TaskName.limit + 1 - name.count)
    try call.store(name + padding, to: call.address(1))
    return .success
  case .PR_SET_PDEATHSIG:
    guard call[1] <= 64 else { throw .EINVAL }
    process.parentDeathSignal = call.int(1)
    return .success
  case .PR_GET_PDEATHSIG:
    try call.store(process.parentDeathSignal, to: call.address(1))
    return .success
  case .PR_GET_DUMPABLE: return .value(process.isDumpable ? 1 : 0)
  case .PR_SET_DUMPABLE:
    guard call[1] <= 1 else { throw .EINVAL }
    process.isDumpable = call[1] == 1
    return .success
  case .PR_GET_SECCOMP: return .value(UInt64(call.task.seccomp?.mode ?? 0))
  case .PR_SET_SECCOMP: return try setSeccomp(call)
  case .PR_GET_THP_DISABLE:
    guard call[1] | call[2] | call[3] | call[4] == 0 else { throw .EINVAL }
    return .value(process.hasNoHugePages ? 1 : 0)
  case .PR_SET_THP_DISABLE:
    guard call[2] | call[3] | call[4] == 0 else { throw .EINVAL }
    process.hasNoHugePages = call[1] != 0
    return .success
  case .PR_GET_TIMERSLACK: return .value(call.task.timerSlack)
  case .PR_SET_TIMERSLACK:
    call.task.timerSlack = call[1] == 0 ? call.task.defaultTimerSlack : call[1]
    return .success
  case .PR_SET_NO_NEW_PRIVS:
    guard call[1] == 1, call[2] == 0, call[3] == 0, call[4] == 0 else { throw .EINVAL }
    call.task.noNewPrivileges = true
    return .success
  case .PR_GET_NO_NEW_PRIVS:
    guard call[1] == 0, call[2] == 0, call[3] == 0, call[4] == 0 else { throw .EINVAL }
    return .value(call.task.noNewPrivileges ? 1 : 0)
  case .PR_GET_TID_ADDRESS:
    try call.store(call.task.clearChildTID.rawValue, to: call.address(1))
    return .success
  case .PR_GET_TSC:
    guard call.isa == .x86_64 else { throw .EINVAL }
    try call.store(UInt32(call.task.forbidsTimeStamps ? 2 : 1), to: call.address(1))
    return .success
  case .PR_SET_TSC:
    guard call.isa == .x86_64, call[1] == 1 || call[1] == 2 else { throw .EINVAL }
    call.task.forbidsTimeStamps = call[1] == 2
    call.task.engine.forbidsTimeStamps = call[1] == 2
    return .success
  case .PR_SET_SYSCALL_USER_DISPATCH:
    try call.setUserDispatch()
    return .success
  case .PR_SET_VMA:
    try nameMemory(call)
    return .success
  case .PR_SET_PTRACER: return .success
  case .PR_GET_CHILD_SUBREAPER:
    try call.store(UInt32(process.isSubreaper ? 1 : 0), to: call.address(1))
    return .success
  case .PR_SET_CHILD_SUBREAPER:
    process.isSubreaper = call[1] != 0
    return .success
  default:
    guard let result = try capabilityControl(call, option) else { throw .EINVAL }
    return result
  }
}

/// `PR_SET_VMA_ANON_NAME`: the name that `/proc/PID/maps` shows of anonymous memory.
private func nameMemory(_ call: SyscallContext) throws(Errno) {
  guard call[1] == PrctlOption.PR_SET_VMA_ANON_NAME else { throw .EINVAL }
  var name = ""
  if call[4] != 0 {
    let text = try call.string(at: call.address(4), limit: 80, orElse: .EINVAL)
    let refused = Array("\\`$[]".utf8)
    guard text.allSatisfy({ (0x20...0x7e).contains($0) && !refused.contains($0) }) else {
      throw .EINVAL
    }
    name = "[anon:\(String(decoding: text, as: UTF8.self))]"
  }
  let start = call.address(2)
  let limit = call.isa.userAddressLimit
  guard start.isPageAligned, let length = pageRoundedUp(call[3]), start <= limit,
    length <= limit - start
  else { throw .EINVAL }
  let end = start + length
  for vma in call.space.mappings.overlapping(start, end) {
    guard case .anonymous = vma.backing else { throw .EBADF }
  }
  guard call.space.rename(start, end, name) else { throw .ENOMEM }
  guard start == end || call.space.isMapped(start, end) else { throw .ENOMEM }
}

/// arch_prctl(2), which x86-64 alone has.
private func sys_arch_prctl(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard let code = ArchPrctlCode(rawValue: call.uint(0)) else { throw .EINVAL }
  let engine = call.task.engine
  let limit = call.isa.userAddressLimit
  switch code {
  case .ARCH_SET_FS:
    guard call.address(1) < limit else { throw .EPERM }
    engine.threadPointer = call[1]
  case .ARCH_SET_GS:
    guard call.address(1) < limit else { throw .EPERM }
    engine.registers.gsBase = call[1]
  case .ARCH_GET_FS: try call.store(engine.threadPointer, to: call.address(1))
  case .ARCH_GET_GS: try call.store(engine.registers.gsBase, to: call.address(1))
  case .ARCH_GET_CPUID: return .value(1)
  default: throw .EINVAL
  }
  return .success
}
