import LinuxABI
import Machine

extension SyscallTable {
  package static let sharedMemoryRows: [SyscallRow] = [
    SyscallRow(
      "shmget", x64: 29, generic: 194, [.hex, .size, .flags(of: IpcFlags.self)], sys_shmget),
    SyscallRow(
      "shmat", x64: 30, generic: 196, [.int, .address, .flags(of: SharedMemoryFlags.self)],
      sys_shmat),
    SyscallRow("shmctl", x64: 31, generic: 195, [.int, commandKind, .address], sys_shmctl),
    SyscallRow("shmdt", x64: 67, generic: 197, [.address], sys_shmdt),
  ]

  private static let commandKind = ArgumentKind.oneOf(SharedMemoryCommand.self)
}

/// shmget(2).
private func sys_shmget(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let size = call[1]
  let kernel = call.kernel
  kernel.ipc.purge()
  let segment = try kernel.ipc.segments.get(
    key: call.int(0), call.uint(2), call.credentials,
    check: { known throws(Errno) in guard size <= known.size else { throw .EINVAL } },
    make: { permissions throws(Errno) in
      guard size > 0, size <= UInt64.max - 1 << 24 else { throw .EINVAL }
      // There are no huge pages to be had.
      let isHuge = call.uint(2) & SharedMemoryFlags.SHM_HUGETLB != 0
      guard size <= UInt64(kernel.arena.byteLimit), !isHuge else { throw .ENOMEM }
      return SharedMemorySegment(
        permissions, changed: kernel.clock.realtimeSeconds, size: size, creator: call.process.pid,
        object: MemoryObject(arena: kernel.arena, size: (size + 4095) & ~4095))
    })
  return .value(segment.id)
}

/// shmat(2).
private func sys_shmat(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = SharedMemoryFlags(rawValue: call.uint(2))
  var wanted = call.address(1)
  if !wanted.isPageAligned {
    guard flags.contains(.SHM_RND) else { throw .EINVAL }
    wanted = wanted.roundedDownToPage
  }
  if wanted.isNull, flags.contains(.SHM_REMAP) { throw .EINVAL }
  call.ipc.purge()
  let segment = try call.ipc.segments.object(call.int(0))
  let isReadOnly = flags.contains(.SHM_RDONLY)
  var needed: UInt32 = isReadOnly ? 0o444 : 0o666
  if flags.contains(.SHM_EXEC) { needed |= 0o111 }
  try segment.require(needed, call.credentials)
  guard let object = segment.object else { throw .EINVAL }
  let start = try place(call, wanted, object.size, replacing: flags.contains(.SHM_REMAP))
  var permissions: Permissions = isReadOnly ? [.read] : [.read, .write]
  if flags.contains(.SHM_EXEC) { permissions.insert(.execute) }
  let vma = VMA(
    start: start, end: start + object.size, permissions: permissions,
    flags: isReadOnly ? [.shared, .readOnlyFile] : [.shared],
    backing: .object(object, offset: 0), name: segment.mappingName)
  guard call.space.map(vma) else { throw .ENOMEM }
  segment.attached = call.kernel.clock.realtimeSeconds
  segment.lastUser = call.process.pid
  return .value(start.rawValue)
}

private func place(
  _ call: SyscallContext, _ wanted: GuestAddress, _ length: UInt64, replacing: Bool
) throws(Errno) -> GuestAddress {
  let space = call.space
  guard !wanted.isNull else {
    guard let gap = space.findGap(length: length, below: call.process.layout.mmapTop) else {
      throw .ENOMEM
    }
    return gap
  }
  let limit = call.isa.userAddressLimit
  guard wanted < limit, length <= limit - wanted else { throw .EINVAL }
  if replacing {
    guard space.unmap(wanted, wanted + length) else { throw .ENOMEM }
  } else {
    guard space.isFree(wanted, wanted + length) else { throw .EINVAL }
  }
  return wanted
}

/// shmdt(2): takes away every part of the attachment that began at the address.
private func sys_shmdt(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let start = call.address(0)
  guard start.isPageAligned else { throw .EINVAL }
  for segment in call.ipc.segments.objects {
    guard let object = segment.object else { continue }
    let parts = call.space.mappings.filter { vma in
      guard vma.maps(object), case .object(_, let offset) = vma.backing else { return false }
      return vma.start.rawValue &- offset == start.rawValue
    }
    guard !parts.isEmpty else { continue }
    for part in parts { call.space.unmap(part.start, part.end) }
    segment.detached = call.kernel.clock.realtimeSeconds
    segment.lastUser = call.process.pid
    return .success
  }
  throw .EINVAL
}

/// shmctl(2).
private func sys_shmctl(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard let command = SharedMemoryCommand(rawValue: ipcCommand(call, 1)) else { throw .EINVAL }
  let ipc = call.ipc
  ipc.purge()
  switch command {
  case .IPC_INFO:
    // struct shminfo64: the largest and smallest size, and how many there may be.
    var writer = ByteWriter()
    for value in [UInt64.max - 1 << 24, 1, UInt64(call.ipc.limits.segments)] {
      writer.write(value)
    }
    writer.write(UInt64(call.ipc.limits.segments))
    writer.write(UInt64.max - 1 << 24)
    writer.zero(32)
    try call.store(writer.bytes, to: call.address(2))
    return .value(ipc.segments.highestIndex)
  case .SHM_INFO:
    // struct shm_info.
    let objects = ipc.segments.objects
    var writer = ByteWriter()
    writer.write(Int32(objects.count))
    writer.zero(4)
    writer.write(objects.reduce(0) { $0 + ($1.size + 4095) >> 12 })
    writer.write(objects.reduce(0) { $0 + UInt64($1.object?.pages.count ?? 0) })
    writer.zero(24)
    try call.store(writer.bytes, to: call.address(2))
    return .value(ipc.segments.highestIndex)
  case .IPC_STAT, .SHM_STAT, .SHM_STAT_ANY:
    let segment = try call.object(
      in: ipc.segments, byPlace: command != .IPC_STAT, checked: command != .SHM_STAT_ANY)
    try call.store(status(of: segment, call.kernel), to: call.address(2))
    return command == .IPC_STAT ? .success : .value(segment.id)
  case .IPC_SET:
    let new: ShmidDS = try call.load(at: call.address(2))
    let segment = try ipc.segments.object(call.int(0))
    try segment.requireOwner(call.credentials)
    segment.set(new.shm_perm, at: call.kernel.clock.realtimeSeconds)
  case .IPC_RMID:
    let segment = try ipc.segments.object(call.int(0))
    try segment.requireOwner(call.credentials)
    segment.remove()
  case .SHM_LOCK, .SHM_UNLOCK:
    let segment = try ipc.segments.object(call.int(0))
    try segment.requireOwner(call.credentials)
    let bit = SharedMemoryFlags.SHM_LOCKED
    if command == .SHM_LOCK {
      segment.permissions.mode |= bit
    } else {
      segment.permissions.mode &= ~bit
    }
  }
  return .success
}

private func status(of segment: SharedMemorySegment, _ kernel: Kernel) -> ShmidDS {
  ShmidDS(
    shm_perm: segment.permissions, shm_segsz: segment.size, shm_atime: segment.attached,
    shm_dtime: segment.detached, shm_ctime: segment.changed, shm_cpid: segment.creator,
    shm_lpid: segment.lastUser,
    shm_nattch: segment.attachments(in: kernel.processes.values))
}
