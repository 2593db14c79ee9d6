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
    SyscallRow(
      "acct", x64: 163, generic: 89, [.path], support: .partial,
      note: "records without input and output, system time and faults", sys_acct),
  ]
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
  guard call.credentials.has(.CAP_SYS_PACCT) else { throw .EPERM }
  guard !call.address(0).isNull else {
    call.kernel.accountingFile = nil
    return .success
  }
  let file = try call.vfs.open(
    try call.path(0), from: call.fs.cwd, [.O_WRONLY, .O_APPEND], caller: call.pathCaller)
  file.retain()
  defer { file.release() }
  guard try file.status().isRegular else { throw .EACCES }
  call.kernel.accountingFile = file
  return .success
}

/// The name that root gives the system.
private func systemName(_ call: SyscallContext) throws(Errno) -> String {
  guard call.credentials.has(.CAP_SYS_ADMIN) else { throw .EPERM }
  guard (0...Int32(Kernel.hostNameLimit)).contains(call.int(1)) else { throw .EINVAL }
  let name = try call.bytes(at: call.address(0), count: Int(call.int(1)))
  return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
}

private func sys_personality(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let old = call.process.personality
  if call.uint(0) != 0xffff_ffff { call.process.personality = call.uint(0) }
  return .value(UInt64(old))
}
