import LinuxABI
import Machine

extension SyscallTable {
  package static let inotifyRows: [SyscallRow] = [
    SyscallRow("inotify_init", x64: 253, generic: nil, []) { call throws(Errno) in
      try makeInotify(call, [])
    },
    SyscallRow(
      "inotify_init1", x64: 294, generic: 26, [.flags(of: InotifyInitFlags.self)],
      sys_inotify_init1),
    SyscallRow(
      "inotify_add_watch", x64: 254, generic: 27, [.fd, .path, .flags(of: InotifyMask.self)],
      support: .partial, note: "tells of what the guest does, not of the host's own changes",
      sys_inotify_add_watch),
    SyscallRow("inotify_rm_watch", x64: 255, generic: 28, [.fd, .int], sys_inotify_rm_watch),
  ]
}

private func makeInotify(_ call: SyscallContext, _ flags: InotifyInitFlags)
  throws(Errno) -> SyscallResult
{
  let file = InotifyFile(call.kernel.arena, flags.contains(.IN_NONBLOCK) ? .O_NONBLOCK : [])
  return .value(
    try call.files.install(
      file, closeOnExec: flags.contains(.IN_CLOEXEC), limit: call.process.limits.openFileLimit))
}

func sys_inotify_init1(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = InotifyInitFlags(rawValue: call.uint(0))
  guard flags.unknown.isEmpty else { throw .EINVAL }
  return try makeInotify(call, flags)
}

private func inotify(_ call: SyscallContext) throws(Errno) -> InotifyFile {
  guard let file = try call.usableFile(0) as? InotifyFile else { throw .EINVAL }
  return file
}

func sys_inotify_add_watch(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let mask = InotifyMask(rawValue: call.uint(2))
  guard !mask.isEmpty, mask.unknown.isEmpty, !mask.contains([.IN_MASK_ADD, .IN_MASK_CREATE])
  else { throw .EINVAL }
  let file = try inotify(call)
  let target = try call.target(
    try call.path(1), follow: !mask.contains(.IN_DONT_FOLLOW))
  guard case .dentry(let dentry) = target else { throw .ENOENT }
  if mask.contains(.IN_ONLYDIR), !dentry.isDirectory { throw .ENOTDIR }
  try call.credentials.require(.R_OK, dentry.inode)
  return .value(try file.watch(dentry, mask))
}

func sys_inotify_rm_watch(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try inotify(call).unwatch(call.int(1))
  return .success
}
