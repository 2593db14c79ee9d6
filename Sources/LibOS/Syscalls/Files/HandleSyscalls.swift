import LinuxABI
import Machine

/// `struct file_handle` is two numbers and the handle: here the number of the file, as `FILEID_INO32_GEN` has it.
private let handleSize: UInt32 = 8
private let handleType: Int32 = 1
/// `MAX_HANDLE_SZ`.
private let largestHandle: UInt32 = 128

/// name_to_handle_at(2).
func sys_name_to_handle_at(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = try call.atFlags(4, [.AT_SYMLINK_FOLLOW, .AT_EMPTY_PATH])
  let target = try call.target(
    0, try call.path(1), flags, follow: flags.contains(.AT_SYMLINK_FOLLOW))
  guard case .dentry(let dentry) = target, dentry.mount.filesystem.hasHandles else {
    throw .EOPNOTSUPP
  }
  let room: UInt32 = try call.load(at: call.address(2))
  guard room <= largestHandle else { throw .EINVAL }
  try call.store(Int32(truncatingIfNeeded: dentry.mount.id), to: call.address(3))
  var writer = ByteWriter(capacity: 16)
  writer.write(handleSize)
  writer.write(handleType)
  if room >= handleSize { writer.write(dentry.inode.number) }
  try call.store(writer.bytes, to: call.address(2))
  guard room >= handleSize else { throw .EOVERFLOW }
  call.vfs.handles[dentry.inode.number, on: dentry.mount] = dentry
  return .success
}

/// open_by_handle_at(2).
func sys_open_by_handle_at(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = OpenFlags(call.uint(2), isa: call.isa).meaningful
  guard call.credentials.has(.CAP_DAC_READ_SEARCH) else { throw .EPERM }
  if flags.contains(.temporary), !flags.isValidTemporary { throw .EINVAL }
  let size: UInt32 = try call.load(at: call.address(1))
  guard (1...largestHandle).contains(size) else { throw .EINVAL }
  let type: Int32 = try call.load(at: call.address(1) + 4)
  let mount: Mount
  if call.int(0) == AtFlags.AT_FDCWD {
    mount = call.fs.cwd.mount
  } else {
    guard let dentry = try call.file(0).dentry else { throw .ESTALE }
    mount = dentry.mount
  }
  guard size >= handleSize, type == handleType, mount.filesystem.hasHandles else { throw .ESTALE }
  let number: UInt64 = try call.load(at: call.address(1) + 8)
  return try open(call, flags) { () throws(Errno) in
    guard let dentry = call.vfs.dentry(number, on: mount) else { throw .ESTALE }
    if flags.contains(.O_PATH) { return PathFile(dentry, flags) }
    return try call.vfs.open(dentry, flags, call.pathCaller)
  }
}
