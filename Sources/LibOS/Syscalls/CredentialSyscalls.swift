import LinuxABI
import Machine

extension SyscallTable {
  /// Users, groups and capabilities. They belong to the calling thread; it is libc that has all threads of a
  /// process change theirs (credentials(7)).
  package static let credentialRows: [SyscallRow] = [
    SyscallRow("getuid", x64: 102, generic: 174, []) { call throws(Errno) in
      .value(UInt64(call.credentials.realUID))
    },
    SyscallRow("geteuid", x64: 107, generic: 175, []) { call throws(Errno) in
      .value(UInt64(call.credentials.effectiveUID))
    },
    SyscallRow("getgid", x64: 104, generic: 176, []) { call throws(Errno) in
      .value(UInt64(call.credentials.realGID))
    },
    SyscallRow("getegid", x64: 108, generic: 177, []) { call throws(Errno) in
      .value(UInt64(call.credentials.effectiveGID))
    },
    SyscallRow("getresuid", x64: 118, generic: 148, [.address, .address, .address]) {
      call throws(Errno) in
      let ids = call.credentials
      try storeThree(call, ids.realUID, ids.effectiveUID, ids.savedUID)
      return .success
    },
    SyscallRow("getresgid", x64: 120, generic: 150, [.address, .address, .address]) {
      call throws(Errno) in
      let ids = call.credentials
      try storeThree(call, ids.realGID, ids.effectiveGID, ids.savedGID)
      return .success
    },
    SyscallRow("setuid", x64: 105, generic: 146, [.int], sys_setuid),
    SyscallRow("setgid", x64: 106, generic: 144, [.int], sys_setgid),
    SyscallRow("setreuid", x64: 113, generic: 145, [.int, .int], sys_setreuid),
    SyscallRow("setregid", x64: 114, generic: 143, [.int, .int], sys_setregid),
    SyscallRow("setresuid", x64: 117, generic: 147, [.int, .int, .int], sys_setresuid),
    SyscallRow("setresgid", x64: 119, generic: 149, [.int, .int, .int], sys_setresgid),
    SyscallRow("setfsuid", x64: 122, generic: 151, [.int]) { call throws(Errno) in
      let old = call.credentials
      if old.has(.CAP_SETUID) && call.uint(0) != .max || old.users.contains(call.uint(0)) {
        call.change { $0.become(fsUser: call.uint(0)) }
      }
      return .value(UInt64(old.fsUID))
    },
    SyscallRow("setfsgid", x64: 123, generic: 152, [.int]) { call throws(Errno) in
      let old = call.credentials
      if old.has(.CAP_SETGID) && call.uint(0) != .max || old.groupIDs.contains(call.uint(0)) {
        call.change { $0.fsGID = call.uint(0) }
      }
      return .value(UInt64(old.fsGID))
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

extension SyscallContext {
  fileprivate func change(_ body: (inout Credentials) -> Void) {
    var new = credentials
    body(&new)
    task.commit(new)
  }
}

extension Credentials {
  fileprivate var users: [UInt32] { [realUID, effectiveUID, savedUID, fsUID] }
  fileprivate var groupIDs: [UInt32] { [realGID, effectiveGID, savedGID, fsGID] }

  /// -1 leaves an ID as it is.
  fileprivate mutating func join(real: UInt32, effective: UInt32, saved: UInt32) {
    if real != .max { realGID = real }
    if effective != .max { effectiveGID = effective }
    if saved != .max { savedGID = saved }
    fsGID = effectiveGID
  }
}

// MARK: Users

private func sys_setuid(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let user = call.uint(0)
  let old = call.credentials
  guard user != .max else { throw .EINVAL }
  if old.has(.CAP_SETUID) {
    call.change { $0.become(real: user, effective: user, saved: user) }
  } else {
    guard user == old.realUID || user == old.savedUID else { throw .EPERM }
    call.change { $0.become(real: .max, effective: user, saved: .max) }
  }
  return .success
}

private func sys_setreuid(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let (real, effective) = (call.uint(0), call.uint(1))
  let old = call.credentials
  if !old.has(.CAP_SETUID) {
    guard real == .max || real == old.realUID || real == old.effectiveUID,
      effective == .max || old.users.dropLast().contains(effective)
    else { throw .EPERM }
  }
  // The saved user is taken with the others: a root user that is left there would keep the capabilities.
  let takesSaved = real != .max || effective != .max && effective != old.realUID
  let new = effective == .max ? old.effectiveUID : effective
  call.change {
    $0.become(real: real, effective: effective, saved: takesSaved ? new : .max)
  }
  return .success
}

private func sys_setresuid(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let wanted = (0..<3).map { call.uint($0) }
  let old = call.credentials
  let isFree = wanted.allSatisfy { $0 == .max || old.users.dropLast().contains($0) }
  guard isFree || old.has(.CAP_SETUID) else { throw .EPERM }
  call.change { $0.become(real: wanted[0], effective: wanted[1], saved: wanted[2]) }
  return .success
}

// MARK: Groups

private func sys_setgid(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let group = call.uint(0)
  let old = call.credentials
  guard group != .max else { throw .EINVAL }
  if old.has(.CAP_SETGID) {
    call.change { $0.join(real: group, effective: group, saved: group) }
  } else {
    guard group == old.realGID || group == old.savedGID else { throw .EPERM }
    call.change { $0.join(real: .max, effective: group, saved: .max) }
  }
  return .success
}

private func sys_setregid(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let (real, effective) = (call.uint(0), call.uint(1))
  let old = call.credentials
  if !old.has(.CAP_SETGID) {
    guard real == .max || real == old.realGID || real == old.effectiveGID,
      effective == .max || old.groupIDs.dropLast().contains(effective)
    else { throw .EPERM }
  }
  call.change {
    $0.join(real: real, effective: effective, saved: .max)
    if real != .max || effective != .max && effective != old.realGID {
      $0.savedGID = $0.effectiveGID
    }
  }
  return .success
}

private func sys_setresgid(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let wanted = (0..<3).map { call.uint($0) }
  let old = call.credentials
  let isFree = wanted.allSatisfy { $0 == .max || old.groupIDs.dropLast().contains($0) }
  guard isFree || old.has(.CAP_SETGID) else { throw .EPERM }
  call.change { $0.join(real: wanted[0], effective: wanted[1], saved: wanted[2]) }
  return .success
}

private func sys_getgroups(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let groups = call.credentials.groups
  guard call.int(0) >= 0 else { throw .EINVAL }
  if call.int(0) == 0 { return .value(groups.count) }
  guard groups.count <= Int(call.int(0)) else { throw .EINVAL }
  for (index, group) in groups.enumerated() {
    try call.store(group, to: call.address(1) + UInt64(index) * 4)
  }
  return .value(groups.count)
}

private func sys_setgroups(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call.credentials.has(.CAP_SETGID) else { throw .EPERM }
  guard call[0] <= UInt64(Limits.NGROUPS_MAX) else { throw .EINVAL }
  var groups: [UInt32] = []
  for index in 0..<call[0] { groups.append(try call.load(at: call.address(1) + index * 4)) }
  call.change { $0.groups = groups }
  return .success
}

// MARK: Capabilities

/// The versions of `struct __user_cap_header_struct`; the first has 32 capabilities.
private enum CapabilityVersion: UInt32 {
  case first = 0x1998_0330
  case second = 0x2007_1026
  case third = 0x2008_0522

  /// The version that a call's first argument has: EINVAL after Linux's own is stored there, or nil if that is all
  /// that the caller wants to know.
  static func of(_ call: SyscallContext) throws(Errno) -> CapabilityVersion? {
    if let known = CapabilityVersion(rawValue: try call.load(at: call.address(0))) { return known }
    try call.store(third.rawValue, to: call.address(0))
    if call.address(1).isNull { return nil }
    throw .EINVAL
  }

  var halves: UInt64 { self == .first ? 1 : 2 }
}

private func sys_capget(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard let version = try CapabilityVersion.of(call) else { return .success }
  let pid: Int32 = try call.load(at: call.address(0) + 4)
  guard pid >= 0 else { throw .EINVAL }
  let sets: Capabilities
  if call.kernel.isInit(pid) {
    sets = Capabilities()
  } else {
    sets = try taskOrCaller(call, pid).credentials.capabilities
  }
  guard !call.address(1).isNull else { return .success }
  for half in 0..<version.halves {
    for (field, set) in [sets.effective, sets.permitted, sets.inheritable].enumerated() {
      try call.store(
        UInt32(truncatingIfNeeded: set.rawValue >> (32 * half)),
        to: call.address(1) + half * 12 + UInt64(field) * 4)
    }
  }
  return .success
}

private func sys_capset(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard let version = try CapabilityVersion.of(call) else { throw .EINVAL }
  let pid: Int32 = try call.load(at: call.address(0) + 4)
  guard pid == 0 || pid == call.task.tid else { throw .EPERM }
  var wanted = [CapabilitySet](repeating: [], count: 3)
  for half in 0..<version.halves {
    for field in 0..<3 {
      let bits: UInt32 = try call.load(at: call.address(1) + half * 12 + UInt64(field) * 4)
      wanted[field].formUnion(CapabilitySet(rawValue: UInt64(bits) << (32 * half)))
    }
  }
  let (effective, permitted, inheritable) = (
    wanted[0].intersection(.all), wanted[1].intersection(.all), wanted[2].intersection(.all)
  )
  let old = call.credentials.capabilities
  guard
    call.credentials.has(.CAP_SETPCAP)
      || old.inheritable.union(old.permitted).isSuperset(of: inheritable),
    old.inheritable.union(old.bounding).isSuperset(of: inheritable),
    old.permitted.isSuperset(of: permitted), permitted.isSuperset(of: effective)
  else { throw .EPERM }
  call.change {
    $0.capabilities.effective = effective
    $0.capabilities.permitted = permitted
    $0.capabilities.inheritable = inheritable
    $0.capabilities.ambient.formIntersection(permitted.intersection(inheritable))
  }
  return .success
}

/// What prctl(2) has for capabilities; nil for another option.
func capabilityControl(_ call: SyscallContext, _ option: PrctlOption)
  throws(Errno) -> SyscallResult?
{
  let old = call.credentials
  switch option {
  case .PR_CAPBSET_READ:
    guard let capability = CapabilitySet(number: call[1]) else { throw .EINVAL }
    return .value(old.capabilities.bounding.contains(capability) ? 1 : 0)
  case .PR_CAPBSET_DROP:
    guard old.has(.CAP_SETPCAP) else { throw .EPERM }
    guard let capability = CapabilitySet(number: call[1]) else { throw .EINVAL }
    call.change { $0.capabilities.bounding.subtract(capability) }
  case .PR_GET_KEEPCAPS: return .value(old.secureBits.contains(.SECBIT_KEEP_CAPS) ? 1 : 0)
  case .PR_SET_KEEPCAPS:
    guard call[1] <= 1 else { throw .EINVAL }
    guard old.secureBits.isDisjoint(with: SecureBits.SECBIT_KEEP_CAPS.lock) else { throw .EPERM }
    call.change {
      $0.secureBits.remove(.SECBIT_KEEP_CAPS)
      if call[1] == 1 { $0.secureBits.insert(.SECBIT_KEEP_CAPS) }
    }
  case .PR_GET_SECUREBITS: return .value(UInt64(old.secureBits.rawValue))
  case .PR_SET_SECUREBITS:
    let new = SecureBits(rawValue: call.uint(1))
    let locked = SecureBits(rawValue: old.secureBits.intersection(.locks).rawValue >> 1)
    guard call[1] <= UInt64(UInt32.max), SecureBits.all.union(.locks).isSuperset(of: new),
      new.isSuperset(of: old.secureBits.intersection(.locks)),
      locked.isDisjoint(with: old.secureBits.symmetricDifference(new)), old.has(.CAP_SETPCAP)
    else { throw .EPERM }
    call.change { $0.secureBits = new }
  case .PR_CAP_AMBIENT: return try ambientControl(call)
  default: return nil
  }
  return .success
}

private func ambientControl(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard let command = AmbientCommand(rawValue: call[1]) else { throw .EINVAL }
  if command == .PR_CAP_AMBIENT_CLEAR_ALL {
    guard call[2] | call[3] | call[4] == 0 else { throw .EINVAL }
    call.change { $0.capabilities.ambient = [] }
    return .success
  }
  guard call[3] | call[4] == 0, let capability = CapabilitySet(number: call[2]) else {
    throw .EINVAL
  }
  let old = call.credentials
  switch command {
  case .PR_CAP_AMBIENT_RAISE:
    guard
      old.capabilities.permitted.intersection(old.capabilities.inheritable)
        .contains(capability), !old.secureBits.contains(.SECBIT_NO_CAP_AMBIENT_RAISE)
    else { throw .EPERM }
    call.change { $0.capabilities.ambient.formUnion(capability) }
  case .PR_CAP_AMBIENT_LOWER: call.change { $0.capabilities.ambient.subtract(capability) }
  default: return .value(old.capabilities.ambient.contains(capability) ? 1 : 0)
  }
  return .success
}
