import LinuxABI
import Machine

extension SyscallTable {
  package static let statRows: [SyscallRow] = [
    SyscallRow("stat", x64: 4, generic: nil, [.path, .address], sys_stat),
    SyscallRow("lstat", x64: 6, generic: nil, [.path, .address], sys_lstat),
    SyscallRow("fstat", x64: 5, generic: 80, [.fd, .address], sys_fstat),
    SyscallRow(
      "newfstatat", x64: 262, generic: 79, [.dirfd, .path, .address, .flags(of: AtFlags.self)],
      sys_newfstatat),
    SyscallRow(
      "statx", x64: 332, generic: 291,
      [.dirfd, .path, .flags(of: AtFlags.self), .flags(of: StatxMask.self), .address], sys_statx),
    SyscallRow("statfs", x64: 137, generic: 43, [.path, .address], sys_statfs),
    SyscallRow("fstatfs", x64: 138, generic: 44, [.fd, .address], sys_fstatfs),
    SyscallRow("getdents", x64: 78, generic: nil, [.fd, .address, .unsigned], sys_getdents),
    SyscallRow("getdents64", x64: 217, generic: 61, [.fd, .address, .unsigned], sys_getdents64),
    SyscallRow("access", x64: 21, generic: nil, [.path, .flags(of: AccessMode.self)], sys_access),
    SyscallRow(
      "faccessat", x64: 269, generic: 48, [.dirfd, .path, .flags(of: AccessMode.self)],
      sys_faccessat),
    SyscallRow(
      "faccessat2", x64: 439, generic: 439,
      [.dirfd, .path, .flags(of: AccessMode.self), .flags(of: AtFlags.self)], sys_faccessat2),
    SyscallRow("readlink", x64: 89, generic: nil, [.path, .outBuffer, .size], sys_readlink),
    SyscallRow(
      "readlinkat", x64: 267, generic: 78, [.dirfd, .path, .outBuffer, .size], sys_readlinkat),
  ]
}

private func store(_ call: SyscallContext, _ status: FileStatus, _ address: GuestAddress)
  throws(Errno) -> SyscallResult
{
  try call.store(status.stat.bytes(for: call.isa), to: address)
  return .success
}

func sys_stat(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try store(call, try call.target(try call.path(0)).status(), call.address(1))
}

func sys_lstat(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try store(call, try call.target(try call.path(0), follow: false).status(), call.address(1))
}

func sys_fstat(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try store(call, try call.file(0).status(), call.address(1))
}

func sys_newfstatat(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = try call.atFlags(
    3,
    [
      .AT_SYMLINK_NOFOLLOW, .AT_EMPTY_PATH, .AT_NO_AUTOMOUNT, .AT_STATX_FORCE_SYNC,
      .AT_STATX_DONT_SYNC,
    ])
  let path = try call.path(1, flags)
  return try store(call, try call.target(0, path, flags).status(), call.address(2))
}

func sys_statx(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let sync: AtFlags = [.AT_STATX_FORCE_SYNC, .AT_STATX_DONT_SYNC]
  let flags = try call.atFlags(
    2, [.AT_SYMLINK_NOFOLLOW, .AT_EMPTY_PATH, .AT_NO_AUTOMOUNT, sync])
  guard !flags.isSuperset(of: sync), call.uint(3) & StatxMask.STATX__RESERVED == 0 else {
    throw .EINVAL
  }
  let target = try call.target(0, try call.path(1, flags), flags)
  let mount = target.mount
  let isRoot: Bool
  if case .dentry(let dentry) = target { isRoot = dentry.parent == nil } else { isRoot = false }
  let statx = try target.status().statx(mountID: mount?.id ?? 0, isMountRoot: isRoot)
  try call.store(statx.bytes, to: call.address(4))
  return .success
}

// MARK: Filesystems

private func storeStatistics(_ call: SyscallContext, _ target: SyscallContext.Target)
  throws(Errno) -> SyscallResult
{
  let statistics: Statfs
  if let mount = target.mount {
    statistics = try call.vfs.statistics(of: mount)
  } else {
    let magic: FilesystemMagic
    if case .file(let file) = target, file is NamespaceFile {
      magic = .NSFS_MAGIC
    } else {
      switch try target.status().type {
      case .S_IFIFO: magic = .PIPEFS_MAGIC
      case .S_IFSOCK: magic = .SOCKFS_MAGIC
      default: magic = .ANON_INODE_FS_MAGIC
      }
    }
    statistics = Statfs(
      f_type: Int64(magic.rawValue), f_bsize: 4096, f_namelen: 255, f_frsize: 4096,
      f_flags: Int64(MountStatFlags.ST_VALID.rawValue))
  }
  try call.store(statistics.bytes, to: call.address(1))
  return .success
}

func sys_statfs(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try storeStatistics(call, try call.target(try call.path(0)))
}

func sys_fstatfs(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try storeStatistics(call, call.target(of: try call.file(0)))
}

// MARK: Directories

private func directory(_ call: SyscallContext) throws(Errno) -> DirectoryFile {
  guard let file = try call.usableFile(0) as? DirectoryFile else { throw .ENOTDIR }
  return file
}

/// Writes entries that were read to the guest, or forgets that they were.
private func store(
  _ entries: [UInt8], _ file: DirectoryFile, _ start: UInt64, _ call: SyscallContext
) throws(Errno) -> SyscallResult {
  do { try call.store(entries, to: call.address(1)) } catch {
    file.offset = start
    throw error
  }
  file.dentry?.report(.IN_ACCESS)
  return .value(entries.count)
}

func sys_getdents64(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let file = try directory(call)
  var writer = ByteWriter()
  func record(_ entry: InodeEntry, _ next: Int64) -> Dirent64 {
    Dirent64(
      d_ino: entry.number, d_off: next, d_type: entry.type.directoryEntryType, d_name: entry.name)
  }
  let start = file.offset
  try file.read(limit: Int(call.uint(2)), { record($0, 0).byteCount }) { entry, next in
    record(entry, next).encode(to: &writer)
  }
  return try store(writer.bytes, file, start, call)
}

/// getdents(2), the old call: `struct linux_dirent` has its type in its last byte.
func sys_getdents(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let file = try directory(call)
  var writer = ByteWriter()
  func size(_ entry: InodeEntry) -> Int { (18 + entry.name.count + 2 + 7) & ~7 }
  let start = file.offset
  try file.read(limit: Int(call.uint(2)), size) { entry, next in
    writer.write(entry.number)
    writer.write(next)
    writer.write(UInt16(size(entry)))
    writer.write(entry.name)
    writer.zero(size(entry) - 19 - entry.name.count)
    writer.write(entry.type.directoryEntryType)
  }
  return try store(writer.bytes, file, start, call)
}

// MARK: access

/// Checks with the real ids unless `AT_EACCESS` is given (access(2)).
private func checkAccess(
  _ call: SyscallContext, _ target: SyscallContext.Target, _ mode: UInt32, _ flags: AtFlags
) throws(Errno) -> SyscallResult {
  let wanted = AccessMode(rawValue: mode)
  let credentials =
    flags.contains(.AT_EACCESS) ? call.credentials : call.credentials.ofRealUser
  let status = try target.status()
  guard credentials.mayAccess(status, wanted) else { throw .EACCES }
  if wanted.contains(.W_OK), target.mount?.isReadOnly == true,
    [.S_IFREG, .S_IFDIR, .S_IFLNK].contains(status.type)
  {
    throw .EROFS
  }
  return .success
}

func sys_access(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call.uint(1) & ~7 == 0 else { throw .EINVAL }
  return try checkAccess(call, try call.target(try call.path(0)), call.uint(1), [])
}

func sys_faccessat(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call.uint(2) & ~7 == 0 else { throw .EINVAL }
  return try checkAccess(call, try call.target(0, try call.path(1), []), call.uint(2), [])
}

func sys_faccessat2(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call.uint(2) & ~7 == 0 else { throw .EINVAL }
  let flags = try call.atFlags(3, [.AT_EACCESS, .AT_SYMLINK_NOFOLLOW, .AT_EMPTY_PATH])
  return try checkAccess(
    call, try call.target(0, try call.path(1, flags), flags), call.uint(2), flags)
}

// MARK: readlink

private func storeLink(
  _ call: SyscallContext, _ inode: Inode, _ address: GuestAddress, _ size: Int32, isNamed: Bool
) throws(Errno) -> SyscallResult {
  guard size > 0 else { throw .EINVAL }
  guard inode.type == .S_IFLNK else { throw isNamed ? .EINVAL : .ENOENT }
  let text = Array(try inode.readLink().prefix(Int(size)))
  try call.store(text, to: address)
  return .value(text.count)
}

func sys_readlink(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let path = try call.path(0)
  guard call.int(2) > 0 else { throw .EINVAL }
  return try storeLink(
    call, try call.target(path, follow: false).inode, call.address(1), call.int(2), isNamed: true)
}

/// readlinkat(2): an empty path names the link behind an `O_PATH` descriptor.
func sys_readlinkat(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let path = try call.path(1)
  guard call.int(3) > 0 else { throw .EINVAL }
  let target = try call.target(0, path, [.AT_EMPTY_PATH, .AT_SYMLINK_NOFOLLOW])
  return try storeLink(
    call, try target.inode, call.address(2), call.int(3), isNamed: !path.isEmpty)
}
