import LinuxABI
import Machine

extension SyscallTable {
  package static let readWriteRows: [SyscallRow] = [
    SyscallRow("read", x64: 0, generic: 63, [.fd, .outBuffer, .size], sys_read),
    SyscallRow("write", x64: 1, generic: 64, [.fd, .inBuffer(length: 2), .size], sys_write),
    SyscallRow("readv", x64: 19, generic: 65, [.fd, .address, .int], sys_readv),
    SyscallRow("writev", x64: 20, generic: 66, [.fd, .address, .int], sys_writev),
    SyscallRow("pread64", x64: 17, generic: 67, [.fd, .outBuffer, .size, .int], sys_pread64),
    SyscallRow(
      "pwrite64", x64: 18, generic: 68, [.fd, .inBuffer(length: 2), .size, .int], sys_pwrite64),
    SyscallRow("preadv", x64: 295, generic: 69, [.fd, .address, .int, .int, .int], sys_preadv),
    SyscallRow("pwritev", x64: 296, generic: 70, [.fd, .address, .int, .int, .int], sys_pwritev),
    SyscallRow(
      "preadv2", x64: 327, generic: 286,
      [.fd, .address, .int, .int, .int, .flags(of: ReadWriteFlags.self)], sys_preadv2),
    SyscallRow(
      "pwritev2", x64: 328, generic: 287,
      [.fd, .address, .int, .int, .int, .flags(of: ReadWriteFlags.self)], sys_pwritev2),
    SyscallRow("lseek", x64: 8, generic: 62, [.fd, .int, .oneOf(Whence.self)], sys_lseek),
    SyscallRow(
      "ioctl", x64: 16, generic: 29, [.fd, .oneOf(TerminalRequest.self), .address], sys_ioctl),
    SyscallRow("readahead", x64: 187, generic: 213, [.fd, .int, .size], sys_readahead),
    SyscallRow(
      "fadvise64", x64: 221, generic: 223, [.fd, .int, .int, .oneOf(FileAdvice.self)], sys_fadvise64
    ),
  ]
}

private func segment(_ call: SyscallContext) throws(Errno) -> [Segment] {
  let count = try call.count(2)
  guard call[1] <= call.isa.userAddressLimit.rawValue else { throw .EFAULT }
  return count == 0 ? [] : [Segment(address: call.address(1), count: count)]
}

private func vectors(_ call: SyscallContext) throws(Errno) -> [Segment] {
  let count = call.signed(2)
  guard count >= 0, count <= Limits.UIO_MAXIOV else { throw .EINVAL }
  return try call.segments(call.address(1), count: Int(count))
}

/// An offset for `file`: EINVAL when negative or too far for `count` bytes, ESPIPE where there are none.
private func offset(_ value: Int64, _ file: OpenFile, count: UInt64 = 0) throws(Errno) -> UInt64 {
  guard value >= 0 else { throw .EINVAL }
  guard file.isSeekable else { throw .ESPIPE }
  guard UInt64(value) + min(count, UInt64(Limits.MAX_RW_COUNT)) <= UInt64(Int64.max) else {
    throw .EINVAL
  }
  return UInt64(value)
}

func sys_read(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let file = try call.usableFile(0)
  guard file.isReadable else { throw .EBADF }
  return try call.read(file, try segment(call))
}

func sys_write(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let file = try call.usableFile(0)
  guard file.isWritable else { throw .EBADF }
  return try call.write(file, try segment(call))
}

func sys_readv(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let file = try call.usableFile(0)
  return try call.read(file, try vectors(call))
}

func sys_writev(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let file = try call.usableFile(0)
  return try call.write(file, try vectors(call))
}

func sys_pread64(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  if call.signed(3) < 0 { throw .EINVAL }
  let file = try call.usableFile(0)
  return try call.read(
    file, try segment(call), at: try offset(call.signed(3), file, count: call[2]))
}

func sys_pwrite64(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  if call.signed(3) < 0 { throw .EINVAL }
  let file = try call.usableFile(0)
  return try call.write(
    file, try segment(call), at: try offset(call.signed(3), file, count: call[2]))
}

// The offset comes in two halves, of which 64-bit kernels use the first (preadv(2)).

func sys_preadv(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let file = try call.usableFile(0)
  return try call.read(file, try vectors(call), at: try offset(call.signed(3), file))
}

func sys_pwritev(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let file = try call.usableFile(0)
  return try call.write(file, try vectors(call), at: try offset(call.signed(3), file))
}

/// preadv2(2): hints are ignored; `RWF_NOWAIT` refuses to wait.
func sys_preadv2(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = ReadWriteFlags(rawValue: call.uint(5))
  guard flags.unknown.isEmpty else { throw .EOPNOTSUPP }
  let file = try call.usableFile(0)
  let place: UInt64? = call.signed(3) == -1 ? nil : try offset(call.signed(3), file)
  return try call.read(
    file, try vectors(call), at: place, isNonBlocking: flags.contains(.RWF_NOWAIT))
}

func sys_pwritev2(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let flags = ReadWriteFlags(rawValue: call.uint(5))
  guard flags.unknown.isEmpty else { throw .EOPNOTSUPP }
  let file = try call.usableFile(0)
  var place: UInt64? = call.signed(3) == -1 ? nil : try offset(call.signed(3), file)
  let segments = try vectors(call)
  if flags.contains(.RWF_APPEND), file.isSeekable {
    // The file's position moves only when it was asked to be used.
    let end = try file.status().size
    if place == nil {
      try file.setPosition(end)
    } else {
      place = end
    }
  }
  let result = try call.write(
    file, segments, at: place, isNonBlocking: flags.contains(.RWF_NOWAIT))
  if !flags.isDisjoint(with: [.RWF_SYNC, .RWF_DSYNC]) { try file.flush(metadata: true) }
  return result
}

func sys_lseek(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let file = try call.usableFile(0)
  guard let whence = Whence(rawValue: call.uint(2)) else { throw .EINVAL }
  // A memory device takes any distance, and goes nowhere (`null_lseek` in `drivers/char/mem.c`), as do counters, timers and sets
  // (`noop_llseek`).
  if file is DeviceFile || file.hasNoPlaces { return .success }
  guard file.isSeekable else { throw .ESPIPE }
  let distance = call.signed(1)
  let base: Int64
  switch whence {
  case .SEEK_SET: base = 0
  case .SEEK_CUR: base = Int64(clamping: try file.position())
  case .SEEK_END: base = Int64(clamping: try file.status().size)
  case .SEEK_DATA, .SEEK_HOLE:
    let size = Int64(clamping: try file.status().size)
    guard distance >= 0, distance < size,
      let place = try file.next(whence == .SEEK_DATA, from: UInt64(distance)),
      Int64(clamping: place) < size || whence == .SEEK_HOLE
    else { throw .ENXIO }
    base = min(Int64(clamping: place), size) - distance
  }
  let (position, overflow) = base.addingReportingOverflow(distance)
  guard !overflow, position >= 0 else { throw .EINVAL }
  try file.setPosition(UInt64(position))
  return .value(try file.position())
}

/// ioctl(2): what every descriptor answers here, the rest at the file.
func sys_ioctl(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let file = try call.usableFile(0)
  let request = call.uint(1)
  switch TerminalRequest(rawValue: request) {
  case .FIOCLEX: try call.files.setCloseOnExec(call.int(0), true)
  case .FIONCLEX: try call.files.setCloseOnExec(call.int(0), false)
  case .FIONBIO:
    let on: Int32 = try call.load(at: call.address(2))
    if on != 0 { file.flags.insert(.O_NONBLOCK) } else { file.flags.remove(.O_NONBLOCK) }
  case .FIOASYNC:
    let on: Int32 = try call.load(at: call.address(2))
    guard (on != 0) != file.flags.contains(.O_ASYNC) else { break }
    guard file.signalsReadiness else { throw .ENOTTY }
    try file.signalReadiness(on != 0, call, call.int(0))
  case .FIOQSIZE:
    let status = try file.status()
    guard status.isRegular || status.isDirectory || status.type == .S_IFLNK else { throw .ENOTTY }
    // What it takes (`inode_get_bytes` of `fs/stat.c`).
    try call.store(status.blocks * 512, to: call.address(2))
  case .FIONREAD where file.dentry?.inode.type == .S_IFREG:
    let size = try file.status().size
    let position = try file.position()
    try call.store(Int32(clamping: size - min(size, position)), to: call.address(2))
  default: return try file.ioctl(call, request: request, argument: call[2])
  }
  return .success
}

func sys_readahead(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let file = try call.usableFile(0)
  guard file.isReadable else { throw .EBADF }
  try requireBytes(file)
  guard try file.status().isRegular else { throw .EINVAL }
  return .success
}

func sys_fadvise64(_ call: SyscallContext) throws(Errno) -> SyscallResult {
  let file = try call.usableFile(0)
  guard try file.status().type != .S_IFIFO else { throw .ESPIPE }
  guard FileAdvice(rawValue: call.uint(3)) != nil, call.signed(2) >= 0 else { throw .EINVAL }
  return .success
}
