internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A file that another process has opened for this one to write a snapshot to. The other process takes care
/// of its name and of storage.
package final class HandedFile: Sendable {
  private let descriptor: Int32

  /// Takes ownership of `descriptor` and truncates the file. Throws `invalid` unless it is a regular file
  /// that can be written at any offset.
  init(taking descriptor: Int32) throws(HostError) {
    do throws(HostError) {
      let flags = try system_fcntl(descriptor, F_GETFL)
      let kind = FileKind(mode: try system_fstat(descriptor).st_mode)
      guard kind == .regular, flags & O_ACCMODE == O_RDWR, flags & O_APPEND == 0 else {
        throw .invalid
      }
      try system_ftruncate(descriptor, 0)
    } catch {
      system_close(descriptor)
      throw error
    }
    self.descriptor = descriptor
  }

  deinit { system_close(descriptor) }

  /// Writes all of `bytes` at `offset`.
  package func write(_ bytes: RawSpan, at offset: UInt64) throws(HostError) {
    try writeAll(descriptor, bytes, at: offset)
  }
}
