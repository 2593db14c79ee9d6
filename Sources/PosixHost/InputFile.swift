internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A regular file that is read piecemeal, such as a snapshot.
///
/// It is read by calls, not mapped, so that the process survives if somebody truncates the file.
package final class InputFile: Sendable {
  private let descriptor: Int32
  /// Size in bytes at the time of opening.
  package let size: UInt64

  /// Opens the file at `path`. Throws `isDirectory`, and `notSupported` for other files that are not regular.
  package convenience init(_ path: String) throws(HostError) {
    // Non-blocking, so that opening a FIFO does not wait.
    try self.init(taking: system_open(Array(path.utf8), O_RDONLY | O_CLOEXEC | O_NONBLOCK))
  }

  /// The file open as `descriptor`, which is duplicated.
  convenience init(sharing descriptor: Int32) throws(HostError) {
    try self.init(taking: system_fcntl(descriptor, F_DUPFD_CLOEXEC, 3))
  }

  /// Takes ownership of `descriptor`.
  private init(taking descriptor: Int32) throws(HostError) {
    do throws(HostError) {
      let status = try system_fstat(descriptor)
      switch FileKind(mode: status.st_mode) {
      case .regular: break
      case .directory: throw .isDirectory
      default: throw .notSupported
      }
      self.descriptor = descriptor
      size = UInt64(status.st_size)
    } catch {
      system_close(descriptor)
      throw error
    }
  }

  deinit { system_close(descriptor) }

  /// The open file, for a mapping. Whoever maps it must bear that somebody truncates it: see
  /// `HostProcess.exitOnBusError`.
  package var descriptorForMapping: Int32? { descriptor }

  /// Fills `buffer` from `offset` on. Returns the number of bytes read, which is smaller only at the end of
  /// the file.
  package func read(at offset: UInt64, into buffer: inout MutableRawSpan) throws(HostError) -> Int {
    var done = 0
    while done < buffer.byteCount {
      guard let position = Int64(exactly: offset + UInt64(done)) else { throw .invalid }
      let count = try system_pread(descriptor, &buffer, skipping: done, position)
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// At most `count` bytes from `offset` on: fewer only at the end of the file.
  package func read(at offset: UInt64, count: Int) throws(HostError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let done = try bytes.lendMutable { (span) throws(HostError) in
      try read(at: offset, into: &span)
    }
    bytes.removeLast(count - done)
    return bytes
  }
}
