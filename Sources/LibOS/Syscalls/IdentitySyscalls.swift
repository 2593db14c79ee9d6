import HostABI
import LinuxABI
import Machine

extension SyscallTable {
  package static let identityRows: [SyscallRow] = [
    SyscallRow("uname", x64: 63, generic: 160, [.address], sys_uname),
    SyscallRow("sysinfo", x64: 99, generic: 179, [.address], sys_sysinfo),
    SyscallRow("getrandom", x64: 318, generic: 278, [.outBuffer, .size, .hex], sys_getrandom),
    SyscallRow("getcpu", x64: 309, generic: 168, [.address, .address, .address], sys_getcpu),
    SyscallRow("personality", x64: 135, generic: 92, [.hex], sys_personality),
    SyscallRow("sethostname", x64: 170, generic: 161, [.address, .size]) { call throws(Errno) in
      call.kernel.configuration.hostName = try systemName(call)
      return .success
    },
    SyscallRow("setdomainname", x64: 171, generic: 162, [.address, .size]) { call throws(Errno) in
      call.kernel.configuration.domainName = try systemName(call)
      return .success
    },
    SyscallRow("acct", x64: 163, generic: 89, [.path], sys_acct),
    SyscallRow("getuid", x64: 102, generic: 174, []) { call throws(Errno) in
      .value(UInt64(call.process.credentials.realUID))
    },
    SyscallRow("geteuid", x64: 107, generic: 175, []) { call throws(Errno) in
      .value(UInt64(call.process.credentials.effectiveUID))
    },
    SyscallRow("getgid", x64: 104, generic: 176, []) { call throws(Errno) in
      .value(UInt64(call.process.credentials.realGID))
    },
    SyscallRow("getegid", x64: 108, generic: 177, []) { call throws(Errno) in
      .value(UInt64(call.process.credentials.effectiveGID))
    },
    SyscallRow("getresuid", x64: 118, generic: 148, [.address, .address, .address]) {
      call throws(Errno) in
      let ids = call.process.credentials
      try storeThree(call, ids.realUID, ids.effectiveUID, ids.savedUID)
      return .success
    },
    SyscallRow("getresgid", x64: 120, generic: 150, [.address, .address, .address]) {
      call throws(Errno) in
      let ids = call.process.credentials
      try storeThree(call, ids.realGID, ids.effectiveGID, ids.savedGID)
      return .success
    },
    SyscallRow("setuid", x64: 105, generic: 146, [.int], sys_setuid),
    SyscallRow("setgid", x64: 106, generic: 144, [.int], sys_setgid),
    SyscallRow("setreuid", x64: 113, generic: 145, [.int, .int]) { call throws(Errno) in
      try setUsers(call, real: call.uint(0), effective: call.uint(1), saved: .max)
    },
    SyscallRow("setregid", x64: 114, generic: 143, [.int, .int]) { call throws(Errno) in
      try setGroups(call, real: call.uint(0), effective: call.uint(1), saved: .max)
    },
    SyscallRow("setresuid", x64: 117, generic: 147, [.int, .int, .int]) { call throws(Errno) in
      try setUsers(call, real: call.uint(0), effective: call.uint(1), saved: call.uint(2))
    },
    SyscallRow("setresgid", x64: 119, generic: 149, [.int, .int, .int]) { call throws(Errno) in
      try setGroups(call, real: call.uint(0), effective: call.uint(1), saved: call.uint(2))
    },
    SyscallRow("setfsuid", x64: 122, generic: 151, [.int]) { call throws(Errno) in
      let old = call.process.credentials.fsUID
      if mayBecome(call, user: call.uint(0)) { call.process.credentials.fsUID = call.uint(0) }
      return .value(UInt64(old))
    },
    SyscallRow("setfsgid", x64: 123, generic: 152, [.int]) { call throws(Errno) in
      let old = call.process.credentials.fsGID
      if mayBecome(call, group: call.uint(0)) { call.process.credentials.fsGID = call.uint(0) }
      return .value(UInt64(old))
    },
    SyscallRow("getgroups", x64: 115, generic: 158, [.int, .address], sys_getgroups),
    SyscallRow("setgroups", x64: 116, generic: 159, [.int, .address], sys_setgroups),
    SyscallRow("capget", x64: 125, generic: 90, [.address, .address], sys_capget),
    SyscallRow("capset", x64: 126, generic: 91, [.address, .address], sys_capset),
  ]
}

private func storeThree(_ call: SyscallContext, _ a: UInt32, _ b: UInt32, _ c: UInt32)
  throws(Errno)
{
  try call.store(a, to: call.address(0))
  try call.store(b, to: call.address(1))
  try call.store(c, to: call.address(2))
}

// MARK: The machine

/// What the guest is told it runs on; a kernel old enough for every binary and new enough for glibc.
package enum KernelIdentity {
  package static let name = "Linux"
  package static let release = "6.1.0-godwit"
  package static let version = "#1 SMP PREEMPT_DYNAMIC Godwit"
}

private func sys_uname(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  // PER_LINUX32 is not supported, so the machine is always the ISA's own name.
  let fields = [
    KernelIdentity.name, call.kernel.configuration.hostName, KernelIdentity.release,
    KernelIdentity.version, call.isa.rawValue, call.kernel.configuration.domainName,
  ]
  var bytes: [UInt8] = []
  for field in fields {
    let text = Array(field.utf8.prefix(64))
    bytes += text + [UInt8](repeating: 0, count: 65 - text.count)
  }
  try call.store(bytes, to: call.address(0))
  return .success
}

private func sys_sysinfo(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let memory = call.kernel.configuration.memory
  let used = call.kernel.memoryInUse
  var bytes = [UInt8](repeating: 0, count: 112)
  bytes.withMutableRawSpan {
    $0.store(call.kernel.clock.boottime / 1_000_000_000, at: 0)
    $0.store(memory, at: 32)
    $0.store(memory - min(used, memory), at: 40)
    $0.store(UInt16(truncatingIfNeeded: call.kernel.tasks.count), at: 80)
    $0.store(UInt32(1), at: 104)
  }
  try call.store(bytes, to: call.address(0))
  return .success
}

private func sys_getrandom(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call[2] & ~7 == 0, call[2] & 6 != 6 else { throw .EINVAL }
  let count = Int(min(call[1], 0x1ff_ffff))
  let result = call.space.withMutableBytes(at: call.address(0), count: count) { _, bytes in
    call.kernel.host.entropy(into: &bytes)
    return bytes.byteCount
  }
  if result.fault != nil, result.count == 0 { throw .EFAULT }
  return .value(result.count)
}

private func sys_getcpu(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  for index in 0..<2 where !call.address(index).isNull {
    try call.store(UInt32(0), to: call.address(index))
  }
  return .success
}

/// acct(2).
private func sys_acct(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call.process.credentials.isPrivileged else { throw .EPERM }
  guard !call.address(0).isNull else {
    call.kernel.accountingFile = nil
    return .success
  }
  let file = try call.vfs.open(
    try call.path(0), from: call.process.fs.cwd, [.O_WRONLY, .O_APPEND], caller: call.pathCaller)
  file.retain()
  defer { file.release() }
  guard try file.status().isRegular else { throw .EACCES }
  call.kernel.accountingFile = file
  return .success
}

/// The name that root gives the system.
private func systemName(_ call: SyscallContext) throws(Errno) -> String {
  guard call.process.credentials.isPrivileged else { throw .EPERM }
  guard (0...Int32(Kernel.hostNameLimit)).contains(call.int(1)) else { throw .EINVAL }
  let name = try call.bytes(at: call.address(0), count: Int(call.int(1)))
  return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
}

private func sys_personality(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let old = call.process.personality
  if call.uint(0) != 0xffff_ffff { call.process.personality = call.uint(0) }
  return .value(UInt64(old))
}

// MARK: Credentials

private func mayBecome(_ call: SyscallContext, user: UInt32) -> Bool {
  let ids = call.process.credentials
  return ids.isPrivileged || [ids.realUID, ids.effectiveUID, ids.savedUID].contains(user)
}

private func mayBecome(_ call: SyscallContext, group: UInt32) -> Bool {
  let ids = call.process.credentials
  return ids.isPrivileged || [ids.realGID, ids.effectiveGID, ids.savedGID].contains(group)
}

private func sys_setuid(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let user = call.uint(0)
  guard user != .max else { throw .EINVAL }
  let all = call.process.credentials.isPrivileged
  return try setUsers(call, real: all ? user : .max, effective: user, saved: all ? user : .max)
}

private func sys_setgid(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let group = call.uint(0)
  guard group != .max else { throw .EINVAL }
  let all = call.process.credentials.isPrivileged
  return try setGroups(call, real: all ? group : .max, effective: group, saved: all ? group : .max)
}

/// `.max` (-1) leaves an id alone.
private func setUsers(_ call: SyscallContext, real: UInt32, effective: UInt32, saved: UInt32)
  throws(Errno) -> SyscallResult
{
  for id in [real, effective, saved] where id != .max {
    guard mayBecome(call, user: id) else { throw .EPERM }
  }
  if real != .max { call.process.credentials.realUID = real }
  if effective != .max { call.process.credentials.effectiveUID = effective }
  if saved != .max { call.process.credentials.savedUID = saved }
  call.process.credentials.fsUID = call.process.credentials.effectiveUID
  return .success
}

private func setGroups(_ call: SyscallContext, real: UInt32, effective: UInt32, saved: UInt32)
  throws(Errno) -> SyscallResult
{
  for id in [real, effective, saved] where id != .max {
    guard mayBecome(call, group: id) else { throw .EPERM }
  }
  if real != .max { call.process.credentials.realGID = real }
  if effective != .max { call.process.credentials.effectiveGID = effective }
  if saved != .max { call.process.credentials.savedGID = saved }
  call.process.credentials.fsGID = call.process.credentials.effectiveGID
  return .success
}

private func sys_getgroups(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let groups = call.process.credentials.groups
  guard call.int(0) >= 0 else { throw .EINVAL }
  if call.int(0) == 0 { return .value(groups.count) }
  guard groups.count <= Int(call.int(0)) else { throw .EINVAL }
  for (index, group) in groups.enumerated() {
    try call.store(group, to: call.address(1) + UInt64(index) * 4)
  }
  return .value(groups.count)
}

private func sys_setgroups(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call.process.credentials.isPrivileged else { throw .EPERM }
  guard call[0] <= UInt64(Limits.NGROUPS_MAX) else { throw .EINVAL }
  var groups: [UInt32] = []
  for index in 0..<call[0] { groups.append(try call.load(at: call.address(1) + index * 4)) }
  call.process.credentials.groups = groups
  return .success
}

/// capget(2) version 3: all capabilities for root, none for others.
private func sys_capget(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let version3: UInt32 = 0x2008_0522
  let version: UInt32 = try call.load(at: call.address(0))
  guard version == version3 || version == 0x2007_1026 || version == 0x1998_0330 else {
    try call.store(version3, to: call.address(0))
    if call.address(1).isNull { return .success }
    throw .EINVAL
  }
  let pid: Int32 = try call.load(at: call.address(0) + 4)
  guard pid >= 0 else { throw .EINVAL }
  let target = pid == 0 ? call.task : call.kernel.tasks[pid]
  guard let target else { throw .ESRCH }
  guard !call.address(1).isNull else { return .success }
  let all: UInt64 = target.process.credentials.isPrivileged ? (1 << 41) - 1 : 0
  for half in 0..<(version == 0x1998_0330 ? UInt64(1) : 2) {
    let bits = UInt32(truncatingIfNeeded: all >> (32 * half))
    for (field, value) in [bits, bits, 0].enumerated() {
      try call.store(value, to: call.address(1) + half * 12 + UInt64(field) * 4)
    }
  }
  return .success
}

private func sys_capset(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let _: UInt32 = try call.load(at: call.address(0))
  guard call.process.credentials.isPrivileged else { throw .EPERM }
  return .success
}
