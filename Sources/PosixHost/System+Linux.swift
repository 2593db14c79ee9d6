// Raw calls that only Linux has; on other systems they throw `notSupported` or return nothing.

internal import CPosixShims
internal import HostABI

#if os(Linux)
  #if canImport(Glibc)
    internal import Glibc
  #else
    internal import Musl
  #endif

  /// A file without a name in `directory` (O_TMPFILE, open(2)).
  func system_open_unnamed(_ directory: Int32, _ mode: UInt16) throws(HostError) -> Int32 {
    let flags = system_O_TMPFILE | O_RDWR
    return try system_openat(directory, [UInt8(ascii: ".")], flags | O_CLOEXEC, mode)
  }

  /// Gives the unnamed file `fd` a name in `directory`.
  func system_link_unnamed(_ fd: Int32, _ directory: Int32, _ name: [UInt8]) throws(HostError) {
    _ = try unsafe withCPath(system_descriptor_path(fd)!) { (link) throws(HostError) in
      try unsafe withCPath(name) { (name) throws(HostError) in
        // SAFETY: both strings outlive the call.
        try checked { unsafe linkat(AT_FDCWD, link, directory, name, AT_SYMLINK_FOLLOW) }
      }
    }
  }

  /// A short path of the file open as `fd` (proc_pid_fd(5)); nil if there is none.
  func system_descriptor_path(_ fd: Int32) -> [UInt8]? { Array("/proc/self/fd/\(fd)".utf8) }
#else
  func system_open_unnamed(_ directory: Int32, _ mode: UInt16) throws(HostError) -> Int32 {
    throw .notSupported
  }

  func system_link_unnamed(_ fd: Int32, _ directory: Int32, _ name: [UInt8]) throws(HostError) {
    throw .notSupported
  }

  func system_descriptor_path(_ fd: Int32) -> [UInt8]? { nil }
#endif
