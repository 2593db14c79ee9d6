import LinuxABI
import Machine

// mlock(2) and its relatives. Nothing is ever swapped out: what is locked is counted, and is resident.

extension SyscallTable {
  package static let lockedMemoryRows: [SyscallRow] = [
    SyscallRow("mlock", x64: 149, generic: 228, [.address, .size], sys_mlock),
    SyscallRow(
      "mlock2", x64: 325, generic: 284, [.address, .size, .flags(of: LockFlags.self)], sys_mlock2),
    SyscallRow("munlock", x64: 150, generic: 229, [.address, .size], sys_munlock),
    SyscallRow("mlockall", x64: 151, generic: 230, [.flags(of: LockAllFlags.self)], sys_mlockall),
    SyscallRow("munlockall", x64: 152, generic: 231, [], sys_munlockall),
  ]
}

private func sys_mlock(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let (start, end) = try lock(call)
  return try call.forEachPage(start, end) { address throws(Errno) in
    guard call.space.populate(address) else { throw .ENOMEM }
  }
}

private func sys_mlock2(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = LockFlags(rawValue: call.uint(2))
  guard flags.isSubset(of: .MLOCK_ONFAULT) else { throw .EINVAL }
  guard flags.contains(.MLOCK_ONFAULT) else { return try sys_mlock(call) }
  _ = try lock(call)
  return .success
}

/// Marks the range that the arguments name as locked, and returns it.
private func lock(_ call: SyscallContext) throws(Errno) -> (GuestAddress, GuestAddress) {
  guard call.process.mayLock else { throw .EPERM }
  let (start, end) = try lockRange(call)
  let parts = call.space.mappings.overlapping(start, end).map { $0.clipped(to: start, end) }
  let new = parts.filter { !$0.flags.contains(.locked) }.reduce(0) { $0 + $1.length }
  guard call.process.mayLock(new), call.space.isMapped(start, end),
    call.space.updateFlags(start, end, { $0.insert(.locked) })
  else { throw .ENOMEM }
  return (start, end)
}

private func sys_munlock(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let (start, end) = try lockRange(call)
  guard call.space.isMapped(start, end),
    call.space.updateFlags(start, end, { $0.remove(.locked) })
  else { throw .ENOMEM }
  return .success
}

/// mlock(2) rounds the address down instead of refusing it.
private func lockRange(_ call: SyscallContext) throws(Errno) -> (GuestAddress, GuestAddress) {
  let start = call.address(0).roundedDownToPage
  let limit = call.isa.userAddressLimit
  guard let length = pageRoundedUp(call[1] &+ (call.address(0) - start)), call[1] <= length else {
    throw .EINVAL
  }
  guard start <= limit, length <= limit - start else { throw .ENOMEM }
  return (start, start + length)
}

private func sys_mlockall(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = LockAllFlags(rawValue: call.uint(0))
  guard !flags.isEmpty, flags.isSubset(of: [.MCL_CURRENT, .MCL_FUTURE, .MCL_ONFAULT]),
    flags != .MCL_ONFAULT
  else { throw .EINVAL }
  guard call.process.mayLock else { throw .EPERM }
  let space = call.space
  guard flags.contains(.MCL_CURRENT) else {
    space.locksMappings = flags.contains(.MCL_FUTURE)
    return .success
  }
  guard call.process.mayLock(space.mappedBytes - space.lockedBytes) else { throw .ENOMEM }
  guard space.updateFlags(.null, call.isa.userAddressLimit, { $0.insert(.locked) }) else {
    throw .ENOMEM
  }
  space.locksMappings = flags.contains(.MCL_FUTURE)
  guard !flags.contains(.MCL_ONFAULT) else { return .success }
  // A page that can't be had is no error here.
  return try call.forEachMappedPage { _ = space.populate($0) }
}

private func sys_munlockall(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call.space.updateFlags(.null, call.isa.userAddressLimit, { $0.remove(.locked) }) else {
    throw .ENOMEM
  }
  call.space.locksMappings = false
  return .success
}
