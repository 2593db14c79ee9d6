// Raw calls that only Linux has; elsewhere they are `notSupported`, or say that there is nothing.

internal import CPosixShims
internal import HostABI

#if os(Linux)
  #if canImport(Glibc)
    internal import Glibc
  #else
    internal import Musl
  #endif

  /// A file without a name in the directory at `path` (O_TMPFILE, open(2)).
  func system_open_unnamed(_ path: [UInt8], _ mode: UInt16) throws(HostError) -> Int32 {
    try system_open(path, Int32(GODWIT_O_TMPFILE) | O_RDWR | O_CLOEXEC, mode)
  }

  /// Gives the unnamed file `fd` a name.
  func system_link_unnamed(_ fd: Int32, _ path: [UInt8]) throws(HostError) {
    _ = try unsafe withCPath(system_descriptor_path(fd)!) { (link) throws(HostError) in
      try unsafe withCPath(path) { (path) throws(HostError) in
        // SAFETY: both strings outlive the call.
        try checked { unsafe linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW) }
      }
    }
  }

  /// A short name of what is open as `fd` (proc_pid_fd(5)); nil where there is none.
  func system_descriptor_path(_ fd: Int32) -> [UInt8]? { Array("/proc/self/fd/\(fd)".utf8) }
#else
  func system_open_unnamed(_ path: [UInt8], _ mode: UInt16) throws(HostError) -> Int32 {
    throw .notSupported
  }

  func system_link_unnamed(_ fd: Int32, _ path: [UInt8]) throws(HostError) {
    throw .notSupported
  }

  func system_descriptor_path(_ fd: Int32) -> [UInt8]? { nil }
#endif
