import LinuxABI
import Machine

extension SyscallTable {
  package static let descriptorRows: [SyscallRow] = [
    SyscallRow(
      "fcntl", x64: 72, generic: 25, [.fd, .oneOf(FcntlCommand.self), .hex], support: .partial,
      note: "F_SET_RW_HINT is kept and has no effect", sys_fcntl),
    SyscallRow("flock", x64: 73, generic: 32, [.fd, .flags(of: FlockOperation.self)], sys_flock),
    SyscallRow("sync", x64: 162, generic: 81, [], sys_sync),
    SyscallRow("syncfs", x64: 306, generic: 267, [.fd], sys_syncfs),
    SyscallRow("fsync", x64: 74, generic: 82, [.fd], sys_fsync),
    SyscallRow("fdatasync", x64: 75, generic: 83, [.fd], sys_fdatasync),
    SyscallRow(
      "sync_file_range", x64: 277, generic: 84,
      [.fd, .int, .int, .flags(of: SyncFileRangeFlags.self)], sys_sync_file_range),
  ]
}

func sys_fcntl(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let file = try call.file(0)
  guard let command = FcntlCommand(rawValue: call.uint(1)) else {
    throw file.flags.contains(.O_PATH) ? .EBADF : .EINVAL
  }
  switch command {
  case .F_DUPFD, .F_DUPFD_CLOEXEC: return try duplicate(call, file, command == .F_DUPFD_CLOEXEC)
  case .F_GETFD:
    return .value(try call.files.slot(call.int(0)).closeOnExec ? Int32(1) : 0)
  case .F_SETFD:
    try call.files.setCloseOnExec(call.int(0), call.uint(2) & FcntlCommand.FD_CLOEXEC != 0)
    return .success
  case .F_GETFL: return .value(UInt64(file.flags.encoded(for: call.isa)))
  default: break
  }
  // The rest is not for O_PATH descriptors (open(2)).
  if file.flags.contains(.O_PATH) { throw .EBADF }
  switch command {
  case .F_SETFL:
    try setFlags(call, file)
  case .F_GETLK, .F_SETLK, .F_SETLKW, .F_OFD_GETLK, .F_OFD_SETLK, .F_OFD_SETLKW:
    return try recordLock(call, file, command)
  case .F_SETOWN, .F_GETOWN, .F_SETOWN_EX, .F_GETOWN_EX, .F_SETSIG, .F_GETSIG:
    return try owner(call, file, command)
  case .F_SETPIPE_SZ:
    return .value(try file.setPipeCapacity(UInt64(call.uint(2))))
  case .F_GETPIPE_SZ: return .value(try file.pipeCapacity())
  case .F_ADD_SEALS, .F_GET_SEALS: return try seals(call, file, command)
  case .F_GETLEASE: return .value(Int32(lease(of: file).rawValue))
  case .F_SETLEASE: try setLease(call, file)
  case .F_NOTIFY:
    let events = DirectoryEvents(rawValue: call.uint(2))
    if let directory = file as? DirectoryFile {
      try directory.notify(events, call)
    } else if !events.subtracting(.DN_MULTISHOT).isEmpty {
      throw .ENOTDIR
    }
  case .F_GET_RW_HINT:
    try call.store(file.inode.writeHint, to: call.address(2))
  case .F_SET_RW_HINT:
    let hint: UInt64 = try call.load(at: call.address(2))
    guard hint <= 5 else { throw .EINVAL }
    try file.inode.writeHint = hint
  default: throw .EINVAL
  }
  return .success
}

private func duplicate(_ call: SyscallContext, _ file: OpenFile, _ closeOnExec: Bool)
  throws(Errno) -> SyscallResult
{
  let limit = call.process.limits.openFileLimit
  let minimum = call.int(2)
  guard minimum >= 0, UInt64(minimum) < limit else { throw .EINVAL }
  return .value(
    try call.files.install(
      file, closeOnExec: closeOnExec, minimum: minimum, limit: limit))
}

private func setFlags(_ call: SyscallContext, _ file: OpenFile) throws(Errno) {
  let wanted = OpenFlags(call.uint(2), isa: call.isa).intersection(.settable)
  if wanted.contains(.O_NOATIME), !file.flags.contains(.O_NOATIME),
    !call.credentials.owns(try file.status())
  {
    throw .EPERM
  }
  if file.signalsReadiness {
    try file.signalReadiness(wanted.contains(.O_ASYNC), call, call.int(0))
  }
  file.flags = file.flags.subtracting(.settable).union(wanted.subtracting(.O_ASYNC))
    .union(file.flags.intersection(.O_ASYNC))
}

private func owner(_ call: SyscallContext, _ file: OpenFile, _ command: FcntlCommand)
  throws(Errno) -> SyscallResult
{
  switch command {
  case .F_SETOWN:
    try file.setOwner(number: call.int(2), call)
  case .F_GETOWN: return .value(file.currentOwner(call.kernel).number)
  case .F_SETOWN_EX:
    let owner = OwnerEx(bytes: try call.bytes(at: call.address(2), count: OwnerEx.byteCount))
    guard (0...2).contains(owner.type) else { throw .EINVAL }
    try file.setOwner(owner, call)
  case .F_GETOWN_EX:
    try call.store(file.currentOwner(call.kernel).owner.bytes, to: call.address(2))
  case .F_SETSIG:
    guard call[2] <= 64 else { throw .EINVAL }
    file.signalReceiver.signal = call.int(2)
  default: return .value(file.signalReceiver.signal)
  }
  return .success
}

private func seals(_ call: SyscallContext, _ file: OpenFile, _ command: FcntlCommand)
  throws(Errno) -> SyscallResult
{
  if command == .F_ADD_SEALS, !file.isWritable { throw .EPERM }
  guard let node = try file.inode as? LayeredNode, let old = node.seals else { throw .EINVAL }
  if command == .F_GET_SEALS { return .value(UInt64(old.rawValue)) }
  let added = SealFlags(rawValue: call.uint(2))
  guard added.unknown.isEmpty else { throw .EINVAL }
  guard !old.contains(.F_SEAL_SEAL) else { throw .EPERM }
  // What is mapped for writing can't be sealed against it.
  if added.contains(.F_SEAL_WRITE), !old.contains(.F_SEAL_WRITE), let content = node.content,
    call.kernel.processes.values.contains(where: { $0.space.isMappedWritable(content) })
  {
    throw .EBUSY
  }
  node.seals = old.union(added)
  return .success
}

extension AddressSpace {
  /// Whether the guest may write `object` through a shared mapping.
  fileprivate func isMappedWritable(_ object: MemoryObject) -> Bool {
    mappings.contains {
      guard case .object(let mapped, _) = $0.backing, mapped === object else { return false }
      return $0.flags.contains(.shared) && !$0.flags.contains(.readOnlyFile)
    }
  }
}

// MARK: sync

func sys_sync(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  call.vfs.sync()
  return .success
}

func sys_syncfs(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let file = try call.usableFile(0)
  file.dentry?.mount.filesystem.sync()
  return .success
}

/// The file of a call that writes it to its storage: devices and pipes have none.
private func storedFile(_ call: SyscallContext) throws(Errno) -> OpenFile {
  let file = try call.usableFile(0)
  let filesystem = file.dentry?.mount.filesystem
  guard try file.status().hasStorage, !(filesystem is ProcFS), !(filesystem is PosixQueueFS) else {
    throw .EINVAL
  }
  return file
}

extension FileStatus {
  fileprivate var hasStorage: Bool { isRegular || isDirectory || type == .S_IFBLK }
}

func sys_fsync(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try storedFile(call).flush(metadata: true)
  return .success
}

func sys_fdatasync(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try storedFile(call).flush(metadata: false)
  return .success
}

func sys_sync_file_range(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let file = try call.usableFile(0)
  guard SyncFileRangeFlags(rawValue: call.uint(3)).unknown.isEmpty, call.signed(1) >= 0,
    call.signed(2) >= 0
  else { throw .EINVAL }
  guard try file.status().hasStorage, !(try file.inode is AnonymousInode) else { throw .ESPIPE }
  try file.flush(metadata: false)
  return .success
}
