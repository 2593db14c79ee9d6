// Raw calls that hand an open file to another process; see System.swift.

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

/// A pipe whose reading end never waits.
func system_pipe() throws(HostError) -> (readEnd: Int32, writeEnd: Int32) {
  var ends: [Int32] = [-1, -1]
  _ = try checked { unsafe godwit_pipe(&ends) }
  return (ends[0], ends[1])
}

/// Starts this program again; see the shim.
func system_start_again(
  _ arguments: [String], inheriting descriptors: [Int32], error: Int32
) throws(HostError) {
  var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
  defer { unsafe words.forEach { unsafe free($0) } }
  let result = unsafe godwit_start_again(&words, descriptors, descriptors.count, error)
  if result != 0 { throw HostError(errno: result) }
}

/// The same for a process that outlives this one; see the shim.
func system_start_detached(_ arguments: [String], _ connection: Int32) throws(HostError) -> Int32 {
  var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
  defer { unsafe words.forEach { unsafe free($0) } }
  var child: Int32 = -1
  let result = unsafe godwit_start_detached(&words, connection, &child)
  if result != 0 { throw HostError(errno: result) }
  return child
}

/// Waits for the end of a child: its wait status.
func system_wait_for(_ child: Int32) throws(HostError) -> Int32 {
  var status: Int32 = 0
  _ = try checked { unsafe godwit_wait_for(child, &status) }
  return status
}

func system_socket_pair() throws(HostError) -> (Int32, Int32) {
  var ends: [Int32] = [-1, -1]
  _ = try checked { unsafe godwit_socket_pair(&ends) }
  return (ends[0], ends[1])
}

/// Has `place` be what `fd` is (dup2(2)).
func system_replace(_ place: Int32, with fd: Int32) throws(HostError) {
  _ = try checked { godwit_replace_descriptor(fd, place) }
}

/// The process on the other end of a unix socket.
func system_peer_process(_ fd: Int32) throws(HostError) -> Int32 {
  var process: Int32 = 0
  _ = try checked { unsafe godwit_peer_process(fd, &process) }
  return process
}

/// Like `system_send`, passing `file` along.
func system_send(_ fd: Int32, _ bytes: RawSpan, handing file: Int32) throws(HostError) -> Int {
  try unsafe bytes.withUnsafeBytes { (bytes) throws(HostError) in
    try checked { unsafe godwit_send_descriptor(fd, bytes.baseAddress, bytes.count, file) }
  }
}

/// Like `system_recv`, with the descriptor that was passed along, which the caller then owns.
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
