import LinuxABI
import Machine

extension SyscallTable {
  package static let openRows: [SyscallRow] = [
    SyscallRow("open", x64: 2, generic: nil, [.path, .openFlags, .openMode(flags: 1)], sys_open),
    SyscallRow(
      "openat", x64: 257, generic: 56, [.dirfd, .path, .openFlags, .openMode(flags: 2)],
      sys_openat),
    SyscallRow(
      "openat2", x64: 437, generic: 437, [.dirfd, .path, .address, .size], sys_openat2),
    SyscallRow("creat", x64: 85, generic: nil, [.path, .octal], sys_creat),
    SyscallRow("close", x64: 3, generic: 57, [.fd], sys_close),
    SyscallRow(
      "close_range", x64: 436, generic: 436, [.fd, .fd, .flags(of: CloseRangeFlags.self)],
      sys_close_range),
    SyscallRow("dup", x64: 32, generic: 23, [.fd], sys_dup),
    SyscallRow("dup2", x64: 33, generic: nil, [.fd, .fd], sys_dup2),
    SyscallRow("dup3", x64: 292, generic: 24, [.fd, .fd, .flags(of: OpenFlags.self)], sys_dup3),
    SyscallRow(
      "memfd_create", x64: 319, generic: 279, [.path, .flags(of: MemfdFlags.self)],
      support: .partial, note: "no huge pages (MFD_HUGETLB): ENOSYS", sys_memfd_create),
    SyscallRow(
      "name_to_handle_at", x64: 303, generic: 264, [.dirfd, .path, .address, .address, .int],
      support: .partial, note: "not in mounted host directories: EOPNOTSUPP", sys_name_to_handle_at),
    SyscallRow(
      "open_by_handle_at", x64: 304, generic: 265, [.dirfd, .address, .openFlags],
      support: .partial, note: "not of files without a name: ESTALE", sys_open_by_handle_at),
  ]
}

private func open(
  _ call: SyscallContext, _ path: [UInt8], from start: Dentry, _ flags: OpenFlags,
  _ permissions: UInt32, resolve: ResolveFlags = []
) throws(Errno) -> SyscallResult {
  try open(call, flags) { () throws(Errno) in
    try call.vfs.open(
      path, from: start, flags, permissions: permissions, caller: call.pathCaller,
      resolve: resolve)
  }
}

/// Gives what `find` opens a descriptor, and waits where open(2) does.
func open(
  _ call: SyscallContext, _ flags: OpenFlags, _ find: () throws(Errno) -> OpenFile
) throws(Errno) -> SyscallResult {
  let task = call.task
  let file: OpenFile
  if let pending = task.pendingOpen {
    file = pending
  } else {
    // Nothing is made for which there is no descriptor.
    guard call.files.hasRoom(limit: call.process.limits.openFileLimit) else { throw .EMFILE }
    do throws(Errno) { file = try find() } catch {
      return try call.waitForLease(error, mayWait: !flags.contains(.O_NONBLOCK))
    }
  }
  if let end = file as? PipeEnd, end.awaitsOtherEnd {
    task.pendingOpen = end
    do {
      return try task.block(on: [end.pipe.openQueue])
    } catch {
      task.dropPendingOpen()
      throw error
    }
  }
  task.pendingOpen = nil
  let result = try install(
    call, file, closeOnExec: flags.contains(.O_CLOEXEC), call.process.limits.openFileLimit)
  call.adoptTerminal(file, flags)
  return result
}

extension SyscallContext {
  /// Waits if a lease is why a call failed with `error`; throws that otherwise.
  func waitForLease(_ error: Errno, mayWait: Bool) throws(Errno) -> SyscallResult {
    guard error == .EWOULDBLOCK, let lease = vfs.awaitedLease else { throw error }
    vfs.awaitedLease = nil
    guard mayWait else { throw error }
    return try task.block(on: [lease.queue], until: lease.deadline)
  }
}

extension Task {
  /// Gives up an `open` that waits.
  func dropPendingOpen() {
    pendingOpen?.retain()
    pendingOpen?.release()
    pendingOpen = nil
  }
}

/// Gives a fresh file a descriptor; a file that gets none is closed.
private func install(
  _ call: SyscallContext, _ file: OpenFile, closeOnExec: Bool, _ limit: UInt64
) throws(Errno) -> SyscallResult {
  do {
    return .value(
      try call.files.install(file, closeOnExec: closeOnExec, limit: limit))
  } catch {
    file.retain()
    file.release()
    throw error
  }
}

func sys_open(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let path = try call.path(0)
  return try open(
    call, path, from: call.fs.cwd, OpenFlags(call.uint(1), isa: call.isa).meaningful,
    call.uint(2))
}

func sys_creat(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try open(
    call, try call.path(0), from: call.fs.cwd, [.O_CREAT, .O_WRONLY, .O_TRUNC],
    call.uint(1))
}

func sys_openat(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let path = try call.path(1)
  return try open(
    call, path, from: try call.start(0, path), OpenFlags(call.uint(2), isa: call.isa).meaningful,
    call.uint(3))
}

/// openat2(2): unknown bits are refused, and so is a mode without a file to make.
func sys_openat2(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let size = call[3]
  guard size >= UInt64(OpenHow.byteCount) else { throw .EINVAL }
  guard size <= 4096 else { throw .E2BIG }
  let raw = try call.bytes(at: call.address(2), count: Int(size))
  guard raw.dropFirst(OpenHow.byteCount).allSatisfy({ $0 == 0 }) else { throw .E2BIG }
  let how = OpenHow(bytes: raw)
  guard how.flags >> 32 == 0 else { throw .EINVAL }
  let flags = OpenFlags(UInt32(truncatingIfNeeded: how.flags), isa: call.isa)
  let resolve = ResolveFlags(rawValue: how.resolve)
  let makes = flags.contains(.O_CREAT) || flags.contains(.temporary)
  guard flags.unknown.subtracting(.O_ACCMODE).isEmpty, resolve.unknown.isEmpty,
    how.mode & ~0o7777 == 0, makes || how.mode == 0,
    !flags.contains(.O_PATH) || OpenFlags.besidePath.isSuperset(of: flags)
  else { throw .EINVAL }
  if resolve.contains(.RESOLVE_CACHED) { throw .EAGAIN }
  if resolve.contains(.RESOLVE_BENEATH), resolve.contains(.RESOLVE_IN_ROOT) { throw .EINVAL }
  let path = try call.path(1)
  let isConfined = resolve.contains(.RESOLVE_IN_ROOT)
  let start: Dentry
  if isConfined, call.int(0) != AtFlags.AT_FDCWD {
    guard let dentry = try call.file(0).dentry else { throw .ENOTDIR }
    start = dentry
  } else {
    start = try call.start(0, path)
  }
  return try open(
    call, path, from: start, flags, UInt32(truncatingIfNeeded: how.mode), resolve: resolve)
}

// MARK: Closing

/// Closes a descriptor, and with it the process's record locks on the file (fcntl(2)).
private func close(_ call: SyscallContext, _ descriptor: Int32) throws(Errno) {
  let file = try call.files.file(descriptor)
  releaseClaims(call.process, file)
  try call.files.close(descriptor)
}

/// Drops what the process has of `file` as long as it closes no descriptor of it: record locks on its inode, say.
func releaseClaims(_ process: Process, _ file: OpenFile) {
  (try? file.inode)?.locksInUse?.release(ownedBy: .process(process.pid))
  file.descriptorClosed(by: process)
}

extension Process {
  /// What the end of a process means to files: locks and descriptors go.
  func closeFiles(of threads: [Task]) {
    var tables: Set<ObjectIdentifier> = []
    for files in threads.map(\.files) {
      if tables.insert(ObjectIdentifier(files)).inserted {
        for descriptor in files.descriptors {
          if let file = try? files.file(descriptor) { releaseClaims(self, file) }
        }
      }
      files.release()
    }
  }
}

func sys_close(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try close(call, call.int(0))
  return .success
}

func sys_close_range(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = CloseRangeFlags(rawValue: call.uint(2))
  let first = call.uint(0)
  let last = call.uint(1)
  guard first <= last, flags.unknown.isEmpty else { throw .EINVAL }
  if flags.contains(.CLOSE_RANGE_UNSHARE) { call.task.unshareFiles() }
  for descriptor in call.files.descriptors {
    guard let number = UInt32(exactly: descriptor), number >= first, number <= last else {
      continue
    }
    if flags.contains(.CLOSE_RANGE_CLOEXEC) {
      try call.files.setCloseOnExec(descriptor, true)
    } else {
      try close(call, descriptor)
    }
  }
  return .success
}

// MARK: Duplicating

func sys_dup(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let file = try call.file(0)
  return .value(
    try call.files.install(
      file, closeOnExec: false, limit: call.process.limits.openFileLimit))
}

private func duplicate(_ call: SyscallContext, closeOnExec: Bool) throws(Errno) -> SyscallResult {
  let file = try call.file(0)
  let target = call.int(1)
  guard target >= 0, UInt64(target) < call.process.limits.openFileLimit else { throw .EBADF }
  if let old = try? call.files.file(target) { releaseClaims(call.process, old) }
  call.files.replace(target, with: file, closeOnExec: closeOnExec)
  return .value(target)
}

func sys_dup2(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  if call.int(0) == call.int(1) {
    _ = try call.file(0)
    return .value(call.int(0))
  }
  return try duplicate(call, closeOnExec: false)
}

func sys_dup3(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = OpenFlags(call.uint(2), isa: call.isa)
  guard flags.subtracting(.O_CLOEXEC).isEmpty, call.int(0) != call.int(1) else { throw .EINVAL }
  return try duplicate(call, closeOnExec: flags.contains(.O_CLOEXEC))
}

// MARK: memfd_create

/// memfd_create(2): a file of a tmpfs that is mounted nowhere.
func sys_memfd_create(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = MemfdFlags(rawValue: call.uint(1))
  guard flags.unknown.isEmpty else { throw .EINVAL }
  if flags.contains(.MFD_HUGETLB) { throw .ENOSYS }
  let name = try call.string(at: call.address(0), limit: 250, orElse: .EINVAL)
  let root = call.vfs.memoryFiles.root
  let inode = try root.inode.makeTemporaryFile(
    permissions: 0o777, owner: call.credentials.ownership)
  if let node = inode as? LayeredNode {
    node.isTemporary = false
    node.seals = flags.contains(.MFD_ALLOW_SEALING) ? [] : .F_SEAL_SEAL
  }
  let dentry = Dentry(unnamed: inode, in: root, name: Array("memfd:".utf8) + name)
  let file = try inode.open([.O_RDWR, .O_LARGEFILE], at: dentry)
  return try install(
    call, file, closeOnExec: flags.contains(.MFD_CLOEXEC), call.process.limits.openFileLimit)
}
