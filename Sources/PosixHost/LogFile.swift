internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A file that one process appends to while others read it. Only its user may do so.
package final class LogFile: Sendable {
  let descriptor: Int32

  package enum Access: Sendable {
    case read
    /// It is made if it is missing.
    case append
  }

  /// - Throws: `tooManySymbolicLinks` for a symbolic link, `invalid` for anything else that is no regular file.
  package init(_ path: String, _ access: Access) throws(HostError) {
    let flags = access == .read ? O_RDONLY : O_WRONLY | O_APPEND | O_CREAT
    descriptor = try system_open(
      Array(path.utf8), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
    do throws(HostError) {
      guard FileKind(mode: try system_fstat(descriptor).st_mode) == .regular else {
        throw .invalid
      }
    } catch {
      system_close(descriptor)
      throw error
    }
  }

  deinit { system_close(descriptor) }

  package func size() throws(HostError) -> UInt64 {
    UInt64(max(0, try system_fstat(descriptor).st_size))
  }

  package func truncate() throws(HostError) { try system_ftruncate(descriptor, 0) }

  package func append(_ bytes: [UInt8]) throws(HostError) { try writeAll(descriptor, bytes) }

  /// At most `count` bytes from `offset` on; none at the end.
  package func read(at offset: UInt64, count: Int) throws(HostError) -> [UInt8] {
    guard let offset = Int64(exactly: offset) else { throw .invalid }
    var bytes = [UInt8](repeating: 0, count: count)
    let read = try bytes.lendMutable { (span) throws(HostError) in
      try system_pread(descriptor, &span, offset)
    }
    bytes.removeLast(count - read)
    return bytes
  }
}
