import LinuxABI
import Machine

extension SyscallTable {
  /// Process groups and sessions.
  package static let groupRows: [SyscallRow] = [
    SyscallRow("getpgrp", x64: 111, generic: nil, []) { call throws(Errno) in
      .value(call.process.processGroup)
    },
    SyscallRow("getpgid", x64: 121, generic: 155, [.pid]) { call throws(Errno) in
      if call.kernel.isInit(call.int(0)) { return .value(Kernel.initPID) }
      return .value(try process(call, call.int(0)).processGroup)
    },
    SyscallRow("getsid", x64: 124, generic: 156, [.pid]) { call throws(Errno) in
      if call.kernel.isInit(call.int(0)) { return .value(Kernel.initPID) }
      return .value(try process(call, call.int(0)).session)
    },
    SyscallRow("setpgid", x64: 109, generic: 154, [.pid, .pid], sys_setpgid),
    SyscallRow("setsid", x64: 112, generic: 157, [], sys_setsid),
  ]
}

private func process(_ call: SyscallContext, _ pid: Int32) throws(Errno) -> Process {
  if pid == 0 { return call.process }
  guard let process = call.kernel.processes[pid] else { throw .ESRCH }
  return process
}

private func sys_setpgid(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call.int(1) >= 0 else { throw .EINVAL }
  let target = try process(call, call.int(0))
  let group = call.int(1) == 0 ? target.pid : call.int(1)
  if target !== call.process {
    guard target.parentPID == call.process.pid else { throw .ESRCH }
    guard target.session == call.process.session else { throw .EPERM }
    guard !target.life.hasExecuted else { throw .EACCES }
  }
  guard target.session != target.pid else { throw .EPERM }
  guard
    group == target.pid
      || call.kernel.processes.values.contains(where: {
        $0.processGroup == group && $0.session == call.process.session
      })
  else { throw .EPERM }
  target.processGroup = group
  return .success
}

private func sys_setsid(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let process = call.process
  // The number must be free for a group: a leader's is not.
  guard !call.kernel.processes.values.contains(where: { $0.processGroup == process.pid }) else {
    throw .EPERM
  }
  process.session = process.pid
  process.processGroup = process.pid
  process.hasLeftTerminal = false
  return .value(process.pid)
}
