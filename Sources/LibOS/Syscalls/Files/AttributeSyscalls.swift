import LinuxABI
import Machine

extension SyscallTable {
  package static let attributeRows: [SyscallRow] = [
    SyscallRow("chmod", x64: 90, generic: nil, [.path, .octal], sys_chmod),
    SyscallRow("fchmod", x64: 91, generic: 52, [.fd, .octal], sys_fchmod),
    SyscallRow("fchmodat", x64: 268, generic: 53, [.dirfd, .path, .octal], sys_fchmodat),
    SyscallRow("chown", x64: 92, generic: nil, [.path, .int, .int], sys_chown),
    SyscallRow("lchown", x64: 94, generic: nil, [.path, .int, .int], sys_lchown),
    SyscallRow("fchown", x64: 93, generic: 55, [.fd, .int, .int], sys_fchown),
    SyscallRow(
      "fchownat", x64: 260, generic: 54, [.dirfd, .path, .int, .int, .flags(of: AtFlags.self)],
      sys_fchownat),
    SyscallRow("utime", x64: 132, generic: nil, [.path, .address], sys_utime),
    SyscallRow("utimes", x64: 235, generic: nil, [.path, .address], sys_utimes),
    SyscallRow("futimesat", x64: 261, generic: nil, [.dirfd, .path, .address], sys_futimesat),
    SyscallRow(
      "utimensat", x64: 280, generic: 88, [.dirfd, .path, .address, .flags(of: AtFlags.self)],
      sys_utimensat),
    SyscallRow("truncate", x64: 76, generic: 45, [.path, .int], sys_truncate),
    SyscallRow("ftruncate", x64: 77, generic: 46, [.fd, .int], sys_ftruncate),
    SyscallRow(
      "fallocate", x64: 285, generic: 47, [.fd, .flags(of: FallocateMode.self), .int, .int],
      sys_fallocate),
  ]
}

private typealias Target = SyscallContext.Target

private func requireWritableMount(_ target: Target) throws(Errno) {
  if target.mount?.isReadOnly == true { throw .EROFS }
}

// MARK: chmod

func changeMode(_ call: SyscallContext, _ target: SyscallContext.Target, _ mode: UInt32)
  throws(Errno) -> SyscallResult
{
  try requireWritableMount(target)
  let inode = try target.inode
  if inode.type == .S_IFLNK { throw .EOPNOTSUPP }
  let status = try inode.status()
  let credentials = call.credentials
  guard credentials.owns(status) else { throw .EPERM }
  var permissions = mode & 0o7777
  // Only a member of the group may make a file act as it, or a directory hand it down (`setattr_copy` of `fs/attr.c`).
  if !credentials.has(.CAP_FSETID), !credentials.isInGroup(status.gid) {
    permissions &= ~FileMode.S_ISGID
  }
  try inode.setAttributes(StatusChange(permissions: permissions))
  target.report(.IN_ATTRIB)
  return .success
}

func sys_chmod(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try changeMode(call, try call.target(try call.path(0)), call.uint(1))
}

func sys_fchmod(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try changeMode(call, call.target(of: try call.usableFile(0)), call.uint(1))
}

func sys_fchmodat(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try changeMode(call, try call.target(0, try call.path(1), []), call.uint(2))
}

// MARK: chown

func changeOwner(
  _ call: SyscallContext, _ target: SyscallContext.Target, uid: UInt32, gid: UInt32
) throws(Errno) -> SyscallResult {
  try requireWritableMount(target)
  let inode = try target.inode
  let status = try inode.status()
  let credentials = call.credentials
  if !credentials.has(.CAP_CHOWN) {
    // Who owns a file without CAP_FOWNER's help may give it to another group of one's own.
    let isOwner = credentials.fsUID == status.uid
    guard uid == .max || isOwner && uid == status.uid,
      gid == .max || isOwner && (gid == status.gid || credentials.isInGroup(gid)),
      credentials.owns(status)
    else { throw .EPERM }
  }
  var change = StatusChange()
  if uid != .max { change.uid = uid }
  if gid != .max { change.gid = gid }
  // What may have changed hands no longer acts as its owner, even if nothing did (`chown_common` of `fs/open.c`).
  if status.type != .S_IFDIR {
    let permissions = FileMode.withoutSetIDs(status.mode.permissions)
    if permissions != status.mode.permissions { change.permissions = permissions }
  }
  try inode.setAttributes(change)
  target.report(.IN_ATTRIB)
  return .success
}

func sys_chown(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try changeOwner(call, try call.target(try call.path(0)), uid: call.uint(1), gid: call.uint(2))
}

func sys_lchown(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try changeOwner(
    call, try call.target(try call.path(0), follow: false), uid: call.uint(1), gid: call.uint(2))
}

func sys_fchown(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  try changeOwner(
    call, call.target(of: try call.usableFile(0)), uid: call.uint(1), gid: call.uint(2))
}

func sys_fchownat(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = try call.atFlags(4, [.AT_SYMLINK_NOFOLLOW, .AT_EMPTY_PATH])
  return try changeOwner(
    call, try call.target(0, try call.path(1, flags), flags), uid: call.uint(2),
    gid: call.uint(3))
}

// MARK: utime

/// A time to set: a value, now, or none.
enum WantedTime: Equatable {
  case time(Timespec)
  case now
  case omit
}

func changeTimes(
  _ call: SyscallContext, _ target: SyscallContext.Target, _ accessed: WantedTime,
  _ modified: WantedTime
) throws(Errno) -> SyscallResult {
  if accessed == .omit, modified == .omit { return .success }
  try requireWritableMount(target)
  let inode = try target.inode
  let credentials = call.credentials
  if !credentials.has(.CAP_FOWNER) {
    let status = try inode.status()
    if !credentials.owns(status) {
      // Who may write may set both to now, nothing else (utimensat(2)).
      guard accessed == .now, modified == .now else { throw .EPERM }
      guard credentials.mayAccess(status, .W_OK) else { throw .EACCES }
    }
  }
  let now = call.vfs.now
  func value(_ time: WantedTime) -> Timespec? {
    switch time {
    case .time(let time): time
    case .now: now
    case .omit: nil
    }
  }
  var change = StatusChange()
  change.accessed = value(accessed)
  change.modified = value(modified)
  try inode.setAttributes(change)
  // One of them alone looks like what would have set it (`fsnotify_change`).
  target.report(
    modified == .omit ? .IN_ACCESS : accessed == .omit ? .IN_MODIFY : .IN_ATTRIB)
  return .success
}

private let UTIME_NOW: Int64 = 0x3fff_ffff
private let UTIME_OMIT: Int64 = 0x3fff_fffe

func sys_utimensat(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = try call.atFlags(3, [.AT_SYMLINK_NOFOLLOW, .AT_EMPTY_PATH])
  var times: [WantedTime] = [.now, .now]
  if call[2] != 0 {
    times = []
    for time in Timespec.array(
      from: try call.bytes(at: call.address(2), count: 2 * Timespec.byteCount))
    {
      switch time.tv_nsec {
      case UTIME_NOW: times.append(.now)
      case UTIME_OMIT: times.append(.omit)
      case 0..<1_000_000_000: times.append(.time(time))
      default: throw .EINVAL
      }
    }
    if times == [.omit, .omit] { return .success }
  }
  // Without a path the descriptor itself is meant: futimens(3).
  if call[1] == 0, !flags.contains(.AT_EMPTY_PATH) {
    guard call.int(0) != AtFlags.AT_FDCWD else { throw .EFAULT }
    guard flags.isEmpty else { throw .EINVAL }
    return try changeTimes(call, call.target(of: try call.usableFile(0)), times[0], times[1])
  }
  let target = try call.target(0, try call.path(1, flags), flags)
  return try changeTimes(call, target, times[0], times[1])
}

/// Two `struct timeval`, or now for NULL.
private func timevals(_ call: SyscallContext, _ index: Int) throws(Errno) -> [WantedTime] {
  guard call[index] != 0 else { return [.now, .now] }
  let raw = try call.bytes(at: call.address(index), count: 2 * Timeval.byteCount)
  var times: [WantedTime] = []
  for time in Timeval.array(from: raw) {
    guard time.tv_usec >= 0, time.tv_usec < 1_000_000 else { throw .EINVAL }
    times.append(.time(Timespec(tv_sec: time.tv_sec, tv_nsec: time.tv_usec * 1000)))
  }
  return times
}

func sys_utimes(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let times = try timevals(call, 1)
  return try changeTimes(call, try call.target(try call.path(0)), times[0], times[1])
}

func sys_futimesat(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let times = try timevals(call, 2)
  if call[1] == 0 {
    return try changeTimes(call, call.target(of: try call.usableFile(0)), times[0], times[1])
  }
  return try changeTimes(call, try call.target(0, try call.path(1), []), times[0], times[1])
}

func sys_utime(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  var times: [WantedTime] = [.now, .now]
  if call[1] != 0 {
    var reader = ByteReader(try call.bytes(at: call.address(1), count: 16))
    times = [
      .time(Timespec(tv_sec: reader.read(), tv_nsec: 0)),
      .time(Timespec(tv_sec: reader.read(), tv_nsec: 0)),
    ]
  }
  return try changeTimes(call, try call.target(try call.path(0)), times[0], times[1])
}

// MARK: Lengths

/// Sends SIGXFSZ and throws EFBIG for a length beyond `RLIMIT_FSIZE`.
private func checkLimit(_ call: SyscallContext, _ size: UInt64) throws(Errno) {
  guard size > call.process.limits[ResourceLimits.fileSize].soft else { return }
  call.raise(.SIGXFSZ)
  throw .EFBIG
}

func sys_truncate(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let path = try call.path(0)
  guard call.signed(1) >= 0 else { throw .EINVAL }
  let target = try call.target(path)
  let inode = try target.inode
  switch inode.type {
  case .S_IFREG: break
  case .S_IFDIR: throw .EISDIR
  default: throw .EINVAL
  }
  try requireWritableMount(target)
  try call.credentials.require(.W_OK, inode)
  try call.vfs.requireNotRunning(inode)
  do throws(Errno) { try call.vfs.breakLeases(inode, forWriting: true) } catch {
    return try call.waitForLease(error, mayWait: true)
  }
  try checkLimit(call, call[1])
  try call.credentials.removeSetIDs(from: inode)
  try inode.truncate(to: call[1])
  target.report(.IN_MODIFY)
  return .success
}

func sys_ftruncate(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  guard call.signed(1) >= 0 else { throw .EINVAL }
  let file = try call.usableFile(0)
  let inode = try file.inode
  guard file.isWritable, inode.type == .S_IFREG else { throw .EINVAL }
  try checkLimit(call, call[1])
  try call.credentials.removeSetIDs(from: file)
  try file.truncate(to: call[1])
  file.dentry?.report(.IN_MODIFY)
  return .success
}

func sys_fallocate(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let file = try call.usableFile(0)
  let mode = FallocateMode(rawValue: call.uint(1))
  guard call.signed(2) >= 0, call.signed(3) > 0 else { throw .EINVAL }
  guard mode.unknown.isEmpty else { throw .EOPNOTSUPP }
  let punches = mode.contains(.FALLOC_FL_PUNCH_HOLE)
  if punches, !mode.contains(.FALLOC_FL_KEEP_SIZE) { throw .EOPNOTSUPP }
  if punches, mode.contains(.FALLOC_FL_ZERO_RANGE) { throw .EOPNOTSUPP }
  guard file.isWritable else { throw .EBADF }
  let (end, overflow) = call.signed(2).addingReportingOverflow(call.signed(3))
  if overflow { throw .EFBIG }
  let inode = try file.inode
  if inode is AnonymousInode { throw .ENODEV }
  switch inode.type {
  case .S_IFREG: break
  case .S_IFIFO: throw .ESPIPE
  case .S_IFDIR: throw .EISDIR
  default: throw .ENODEV
  }
  if !mode.contains(.FALLOC_FL_KEEP_SIZE) { try checkLimit(call, UInt64(end)) }
  try call.credentials.removeSetIDs(from: file)
  try file.allocate(call[2]..<UInt64(end), mode: mode)
  file.dentry?.report(.IN_MODIFY)
  return .success
}
