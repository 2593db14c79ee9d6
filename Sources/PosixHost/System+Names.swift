// Raw calls on names beneath a directory: `path` is one name in the directory `fd`, or empty for what is open
// as `fd` itself. No call follows symbolic links.

internal import CPosixShims
internal import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

// SAFETY (all of this file): pointers passed to the calls below point to values or buffers that
// outlive the call, with the size that is passed beside them.

/// For names only (open(2)); O_RDONLY if there is no such flag.
let system_O_PATH = Int32(GODWIT_O_PATH)
/// A file without a name; 0 if there is no such flag.
let system_O_TMPFILE = Int32(GODWIT_O_TMPFILE)

func system_openat(
  _ fd: Int32, _ path: [UInt8], _ flags: Int32, _ mode: UInt16 = 0
) throws(HostError) -> Int32 {
  try unsafe withCPath(path) { (path) throws(HostError) in
    try checked { unsafe godwit_openat(fd, path, flags | O_NOFOLLOW, mode_t(mode)) }
  }
}

/// openat2(2) beneath `fd`; `path` may have several components. `nil` if the system has no such call.
func system_openat2_beneath(
  _ fd: Int32, _ path: [UInt8], _ flags: Int32
) throws(HostError) -> Int32? {
  try unsafe withCPath(path) { (path) throws(HostError) in
    while true {
      let result = unsafe godwit_openat2_beneath(fd, path, flags)
      if result != -1 { return result }
      switch errno {
      case EINTR: continue
      // A component was renamed meanwhile: the caller walks component by component.
      case EAGAIN, ENOSYS, EPERM: return nil
      default: throw HostError(errno: errno)
      }
    }
  }
}

func system_statat(_ fd: Int32, _ path: [UInt8]) throws(HostError) -> FileAttributes {
  var status = godwit_file_status()
  _ = try unsafe withCName(path) { (path) throws(HostError) in
    try checked { unsafe godwit_stat_at(fd, path, &status) }
  }
  return FileAttributes(status)
}

func system_mkdirat(_ fd: Int32, _ path: [UInt8], _ mode: UInt16) throws(HostError) {
  _ = try unsafe withCPath(path) { (path) throws(HostError) in
    try checked { unsafe mkdirat(fd, path, mode_t(mode)) }
  }
}

func system_make_node(
  _ fd: Int32, _ path: [UInt8], _ type: godwit_node_type, _ major: UInt32, _ minor: UInt32
) throws(HostError) {
  _ = try unsafe withCPath(path) { (path) throws(HostError) in
    try checked { unsafe godwit_make_node(fd, path, type, major, minor) }
  }
}

func system_symlinkat(_ target: [UInt8], _ fd: Int32, _ path: [UInt8]) throws(HostError) {
  _ = try unsafe withCPath(path) { (path) throws(HostError) in
    try unsafe withCPath(target) { (target) throws(HostError) in
      try checked { unsafe symlinkat(target, fd, path) }
    }
  }
}

func system_readlinkat(_ fd: Int32, _ path: [UInt8]) throws(HostError) -> [UInt8] {
  var capacity = 256
  while true {
    var target = [UInt8](repeating: 0, count: capacity)
    let count = try unsafe withCName(path) { (path) throws(HostError) in
      try checked {
        unsafe target.withUnsafeMutableBytes {
          unsafe readlinkat(
            fd, path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
        }
      }
    }
    if count < capacity { return Array(target[..<count]) }
    // The target may be truncated: try again with a larger buffer.
    capacity *= 4
  }
}

/// A symbolic link at `existing` is not followed; the link itself gets the new name.
func system_linkat(
  _ existing: Int32, _ existingPath: [UInt8], _ fd: Int32, _ path: [UInt8]
) throws(HostError) {
  _ = try unsafe withCName(existingPath) { (existingPath) throws(HostError) in
    try unsafe withCPath(path) { (path) throws(HostError) in
      try checked {
        unsafe existingPath.pointee == 0
          ? godwit_link_descriptor(existing, fd, path)
          : linkat(existing, existingPath, fd, path, 0)
      }
    }
  }
}

func system_renameat(
  _ from: Int32, _ fromPath: [UInt8], _ to: Int32, _ toPath: [UInt8], _ how: RenameKind
) throws(HostError) {
  let kind =
    switch how {
    case .replacing: GODWIT_RENAME_REPLACING
    case .exclusive: GODWIT_RENAME_EXCLUSIVE
    case .exchanging: GODWIT_RENAME_EXCHANGING
    }
  _ = try unsafe withCPath(fromPath) { (fromPath) throws(HostError) in
    try unsafe withCPath(toPath) { (toPath) throws(HostError) in
      try checked { unsafe godwit_rename_at(from, fromPath, to, toPath, kind) }
    }
  }
}

func system_unlinkat(_ fd: Int32, _ path: [UInt8], _ flags: Int32) throws(HostError) {
  _ = try unsafe withCPath(path) { (path) throws(HostError) in
    try checked { unsafe unlinkat(fd, path, flags) }
  }
}

func system_fstatvfs(_ fd: Int32) throws(HostError) -> statvfs {
  var volume = statvfs()
  _ = try checked { unsafe fstatvfs(fd, &volume) }
  return volume
}

// MARK: What is open, if only for names

func system_chmod_descriptor(_ fd: Int32, _ mode: UInt16) throws(HostError) {
  _ = try checked { godwit_chmod_descriptor(fd, mode_t(mode)) }
}

/// `UInt32.max` leaves an ID unchanged.
func system_chown_descriptor(_ fd: Int32, _ user: UInt32, _ group: UInt32) throws(HostError) {
  _ = try checked { godwit_chown_descriptor(fd, user, group) }
}

/// `nil` leaves a time unchanged.
func system_utimens_descriptor(
  _ fd: Int32, _ accessed: HostTime?, _ modified: HostTime?
) throws(HostError) {
  func value(_ time: HostTime?) -> timespec {
    guard let time else { return timespec(tv_sec: 0, tv_nsec: godwit_utime_omit()) }
    return timespec(tv_sec: time_t(time.seconds), tv_nsec: Int(time.nanoseconds))
  }
  let times = [value(accessed), value(modified)]
  _ = try checked { unsafe godwit_utimens_descriptor(fd, times) }
}

func system_reopen(_ fd: Int32, _ flags: Int32) throws(HostError) -> Int32 {
  try checked { godwit_reopen_descriptor(fd, flags) }
}

// MARK: Extended attributes

/// `nil` if there is no such attribute.
func system_getxattr(
  _ fd: Int32, _ path: [UInt8], _ attribute: [UInt8]
) throws(HostError) -> [UInt8]? {
  var capacity = 256
  while true {
    var value = [UInt8](repeating: 0, count: capacity)
    let count = try unsafe withCName(path) { (path) throws(HostError) in
      try unsafe withCPath(attribute) { (attribute) throws(HostError) in
        unsafe value.withUnsafeMutableBytes {
          unsafe godwit_get_attribute(fd, path, attribute, $0.baseAddress, $0.count)
        }
      }
    }
    if count >= 0 { return Array(value[..<count]) }
    switch errno {
    case EINTR: continue
    case godwit_no_such_attribute(): return nil
    case ERANGE where capacity < 65536: capacity = 65536
    default: throw HostError(errno: errno)
    }
  }
}

func system_listxattr(_ fd: Int32, _ path: [UInt8]) throws(HostError) -> [[UInt8]] {
  // Linux's limit for a list (XATTR_LIST_MAX).
  var list = [UInt8](repeating: 0, count: 65536)
  let count = try unsafe withCName(path) { (path) throws(HostError) in
    try checked {
      unsafe list.withUnsafeMutableBytes {
        unsafe godwit_list_attributes(
          fd, path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
      }
    }
  }
  return list[..<count].split(separator: 0).map { Array($0) }
}

func system_setxattr(
  _ fd: Int32, _ path: [UInt8], _ attribute: [UInt8], _ value: [UInt8]
) throws(HostError) {
  _ = try unsafe withCName(path) { (path) throws(HostError) in
    try unsafe withCPath(attribute) { (attribute) throws(HostError) in
      try checked { unsafe godwit_set_attribute(fd, path, attribute, value, value.count) }
    }
  }
}

func system_removexattr(
  _ fd: Int32, _ path: [UInt8], _ attribute: [UInt8]
) throws(HostError) {
  let result = try unsafe withCName(path) { (path) throws(HostError) in
    try unsafe withCPath(attribute) { (attribute) throws(HostError) in
      unsafe godwit_remove_attribute(fd, path, attribute)
    }
  }
  guard result != 0, errno != godwit_no_such_attribute() else { return }
  throw HostError(errno: errno)
}
