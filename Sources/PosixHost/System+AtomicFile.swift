// Raw calls on names in an open directory, which follow no symbolic link, and those that hand an open file
// to another process; see System.swift.

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

func system_open_entry(
  _ directory: Int32, _ name: [UInt8], _ flags: Int32, _ mode: UInt16 = 0
) throws(HostError) -> Int32 {
  try unsafe withCPath(name) { (name) throws(HostError) in
    try checked {
      unsafe godwit_open_entry(directory, name, flags | O_NOFOLLOW | O_CLOEXEC, mode_t(mode))
    }
  }
}

func system_stat_entry(_ directory: Int32, _ name: [UInt8]) throws(HostError) -> stat {
  var status = stat()
  _ = try unsafe withCPath(name) { (name) throws(HostError) in
    try checked { unsafe fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) }
  }
  return status
}

/// Renames within the directory; what is at `to` goes, a symbolic link too.
func system_rename_entry(_ directory: Int32, _ from: [UInt8], to: [UInt8]) throws(HostError) {
  _ = try unsafe withCPath(from) { (from) throws(HostError) in
    try unsafe withCPath(to) { (to) throws(HostError) in
      try checked { unsafe renameat(directory, from, directory, to) }
    }
  }
}

func system_unlink_entry(_ directory: Int32, _ name: [UInt8]) throws(HostError) {
  _ = try unsafe withCPath(name) { (name) throws(HostError) in
    try checked { unsafe unlinkat(directory, name, 0) }
  }
}

// MARK: Handing over

/// As `system_send`; `file` goes along.
func system_send(_ fd: Int32, _ bytes: RawSpan, handing file: Int32) throws(HostError) -> Int {
  try unsafe bytes.withUnsafeBytes { (bytes) throws(HostError) in
    try checked { unsafe godwit_send_descriptor(fd, bytes.baseAddress, bytes.count, file) }
  }
}

/// As `system_recv`, with the descriptor that came along, which is the caller's now.
func system_recv_descriptor(_ fd: Int32, _ buffer: inout MutableRawSpan)
  throws(HostError) -> (count: Int, descriptor: Int32?)
{
  var descriptor: Int32 = -1
  let count = try unsafe buffer.withUnsafeMutableBytes { (bytes) throws(HostError) in
    try checked {
      unsafe godwit_receive_descriptor(fd, bytes.baseAddress, bytes.count, &descriptor)
    }
  }
  return (count, descriptor == -1 ? nil : descriptor)
}
