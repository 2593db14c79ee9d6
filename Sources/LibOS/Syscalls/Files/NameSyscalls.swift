import LinuxABI
import Machine

extension SyscallTable {
  package static let nameRows: [SyscallRow] = [
    SyscallRow("rename", x64: 82, generic: nil, [.path, .path], sys_rename),
    SyscallRow(
      "renameat", x64: 264, generic: 38, [.dirfd, .path, .dirfd, .path], on: [.x86_64, .aarch64],
      sys_renameat),
    SyscallRow(
      "renameat2", x64: 316, generic: 276,
      [.dirfd, .path, .dirfd, .path, .flags(of: RenameFlags.self)], sys_renameat2),
    SyscallRow("link", x64: 86, generic: nil, [.path, .path], sys_link),
    SyscallRow(
      "linkat", x64: 265, generic: 37, [.dirfd, .path, .dirfd, .path, .flags(of: AtFlags.self)],
      sys_linkat),
    SyscallRow("symlink", x64: 88, generic: nil, [.path, .path], sys_symlink),
    SyscallRow("symlinkat", x64: 266, generic: 36, [.path, .dirfd, .path], sys_symlinkat),
    SyscallRow("unlink", x64: 87, generic: nil, [.path], sys_unlink),
    SyscallRow(
      "unlinkat", x64: 263, generic: 35, [.dirfd, .path, .flags(of: AtFlags.self)], sys_unlinkat),
    SyscallRow("mkdir", x64: 83, generic: nil, [.path, .octal], sys_mkdir),
    SyscallRow("mkdirat", x64: 258, generic: 34, [.dirfd, .path, .octal], sys_mkdirat),
    SyscallRow("rmdir", x64: 84, generic: nil, [.path], sys_rmdir),
    SyscallRow(
      "mknod", x64: 133, generic: nil, [.path, .octal, .hex], support: .partial, note: mknodNote,
      sys_mknod),
    SyscallRow(
      "mknodat", x64: 259, generic: 33, [.dirfd, .path, .octal, .hex], support: .partial,
      note: mknodNote, sys_mknodat),
    SyscallRow("getcwd", x64: 79, generic: 17, [.address, .size], sys_getcwd),
    SyscallRow("chdir", x64: 80, generic: 49, [.path], sys_chdir),
    SyscallRow("fchdir", x64: 81, generic: 50, [.fd], sys_fchdir),
    SyscallRow("chroot", x64: 161, generic: 51, [.path], sys_chroot),
    SyscallRow("umask", x64: 95, generic: 166, [.octal], sys_umask),
    SyscallRow(
      "mount", x64: 165, generic: 40, [.path, .path, .path, .hex, .address], support: .refused,
      note: "mounts are set when the picoprocess is made"
    ) { _ throws(Errno) in throw .EPERM },
    SyscallRow(
      "umount2", x64: 166, generic: 39, [.path, .hex], support: .refused,
      note: "mounts are set when the picoprocess is made"
    ) { _ throws(Errno) in throw .EPERM },
    SyscallRow(
      "pivot_root", x64: 155, generic: 41, [.path, .path], support: .refused,
      note: "mounts are set when the picoprocess is made"
    ) { _ throws(Errno) in throw .EPERM },
  ]

  private static let mknodNote =
    "devices open where /dev has them; none in mounted host directories"
}

// MARK: rename, link

private func rename(
  _ call: SyscallContext, _ path: [UInt8], _ start: Dentry, _ newPath: [UInt8],
  _ newStart: Dentry, _ flags: RenameFlags
) throws(Errno) -> SyscallResult {
  try call.vfs.rename(
    path, from: start, to: newPath, from: newStart, flags: flags, caller: call.pathCaller)
  return .success
}

func sys_rename(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let cwd = call.fs.cwd
  return try rename(call, try call.path(0), cwd, try call.path(1), cwd, [])
}

private func renameAt(_ call: SyscallContext, _ flags: RenameFlags)
  throws(Errno) -> SyscallResult
{
  let path = try call.path(1)
  let newPath = try call.path(3)
  return try rename(
    call, path, try call.start(0, path), newPath, try call.start(2, newPath), flags)
}

func sys_renameat(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try renameAt(call, [])
}

func sys_renameat2(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = RenameFlags(rawValue: call.uint(4))
  guard flags.unknown.isEmpty,
    !flags.contains(.RENAME_EXCHANGE) || flags == .RENAME_EXCHANGE
  else { throw .EINVAL }
  // It makes a device node.
  if flags.contains(.RENAME_WHITEOUT), !call.credentials.has(.CAP_MKNOD) { throw .EPERM }
  return try renameAt(call, flags)
}

private func link(
  _ call: SyscallContext, _ target: SyscallContext.Target, _ path: [UInt8], _ start: Dentry
) throws(Errno) -> SyscallResult {
  guard case .dentry(let existing) = target else { throw .EXDEV }
  try call.vfs.link(existing, to: path, from: start, caller: call.pathCaller)
  return .success
}

func sys_link(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let target = try call.target(try call.path(0), follow: false)
  return try link(call, target, try call.path(1), call.fs.cwd)
}

func sys_linkat(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = try call.atFlags(4, [.AT_SYMLINK_FOLLOW, .AT_EMPTY_PATH])
  let path = try call.path(1)
  let target = try call.target(0, path, flags, follow: flags.contains(.AT_SYMLINK_FOLLOW))
  let newPath = try call.path(3)
  return try link(call, target, newPath, try call.start(2, newPath))
}

private func symlink(
  _ call: SyscallContext, _ target: [UInt8], _ path: [UInt8], _ start: Dentry
) throws(Errno) -> SyscallResult {
  try call.vfs.makeSymbolicLink(path, from: start, to: target, caller: call.pathCaller)
  return .success
}

func sys_symlink(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try symlink(call, try call.path(0), try call.path(1), call.fs.cwd)
}

func sys_symlinkat(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let target = try call.path(0)
  let path = try call.path(2)
  return try symlink(call, target, path, try call.start(1, path))
}

// MARK: unlink, mkdir, mknod

func sys_unlink(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try call.vfs.unlink(try call.path(0), from: call.fs.cwd, caller: call.pathCaller)
  return .success
}

func sys_rmdir(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try call.vfs.removeDirectory(try call.path(0), from: call.fs.cwd, caller: call.pathCaller)
  return .success
}

func sys_unlinkat(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = try call.atFlags(2, .AT_REMOVEDIR)
  let path = try call.path(1)
  let start = try call.start(0, path)
  if flags.contains(.AT_REMOVEDIR) {
    try call.vfs.removeDirectory(path, from: start, caller: call.pathCaller)
  } else {
    try call.vfs.unlink(path, from: start, caller: call.pathCaller)
  }
  return .success
}

func sys_mkdir(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try call.vfs.makeDirectory(
    try call.path(0), from: call.fs.cwd, permissions: call.uint(1), caller: call.pathCaller)
  return .success
}

func sys_mkdirat(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let path = try call.path(1)
  try call.vfs.makeDirectory(
    path, from: try call.start(0, path), permissions: call.uint(2), caller: call.pathCaller)
  return .success
}

private func makeNode(
  _ call: SyscallContext, _ path: [UInt8], _ start: Dentry, _ mode: UInt32, _ device: UInt64
) throws(Errno) -> SyscallResult {
  try call.vfs.makeNode(
    path, from: start, mode: FileMode(rawValue: mode & 0xffff),
    device: DeviceNumber(rawValue: device), caller: call.pathCaller)
  return .success
}

func sys_mknod(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try makeNode(call, try call.path(0), call.fs.cwd, call.uint(1), call[2])
}

func sys_mknodat(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let path = try call.path(1)
  return try makeNode(call, path, try call.start(0, path), call.uint(2), call[3])
}

// MARK: The process's place

/// getcwd(2), the system call: returns the length with the NUL. A directory outside the root shows as
/// `(unreachable)`; one that was removed is ENOENT.
func sys_getcwd(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let fs = call.fs
  if fs.cwd.isDeleted { throw .ENOENT }
  let (path, isReachable) = fs.cwd.path(from: fs.root)
  let text = (isReachable ? path : Array("(unreachable)".utf8) + path) + [0]
  guard UInt64(text.count) <= call[1] else { throw .ERANGE }
  try call.store(text, to: call.address(0))
  return .value(text.count)
}

private func requireEnterable(_ call: SyscallContext, _ dentry: Dentry) throws(Errno) {
  guard dentry.isDirectory else { throw .ENOTDIR }
  try call.credentials.require(.X_OK, dentry.inode)
}

private func directory(_ call: SyscallContext) throws(Errno) -> Dentry {
  guard case .dentry(let dentry) = try call.target(try call.path(0)) else { throw .ENOTDIR }
  try requireEnterable(call, dentry)
  return dentry
}

func sys_chdir(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  call.fs.cwd = try directory(call)
  return .success
}

func sys_fchdir(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard let dentry = try call.file(0).dentry else { throw .ENOTDIR }
  try requireEnterable(call, dentry)
  call.fs.cwd = dentry
  return .success
}

func sys_chroot(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let dentry = try directory(call)
  guard call.credentials.has(.CAP_SYS_CHROOT) else { throw .EPERM }
  call.fs.root = dentry
  return .success
}

func sys_umask(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let old = call.fs.umask
  call.fs.umask = UInt16(call.uint(0) & 0o777)
  return .value(UInt64(old))
}
