internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A file or a pipe that another process has opened for this one to write a snapshot to. The other process takes
/// care of its name and of storage.
package final class HandedFile: Sendable {
  private let descriptor: Int32
  private let isPipe: Bool

  /// How long the reader of a pipe may take to make room, in nanoseconds.
  private static let patience: Int64 = 60_000_000_000

  /// Takes ownership of `descriptor`, and truncates a file. Throws `invalid` unless it is a regular file that can
  /// be written at any offset, or the writing end of a pipe.
  init(taking descriptor: Int32) throws(HostError) {
    do throws(HostError) {
      let flags = try system_fcntl(descriptor, F_GETFL)
      let kind = FileKind(mode: try system_fstat(descriptor).st_mode)
      switch (kind, flags & O_ACCMODE) {
      case (.regular, O_RDWR) where flags & O_APPEND == 0:
        isPipe = false
        try system_ftruncate(descriptor, 0)
      case (.fifo, O_WRONLY):
        isPipe = true
        try system_fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
      default: throw .invalid
      }
    } catch {
      system_close(descriptor)
      throw error
    }
    self.descriptor = descriptor
  }

  deinit { system_close(descriptor) }

  /// Writes all of `bytes` at `offset`; into a pipe, behind what was written before.
  ///
  /// - Throws: `brokenPipe` if nobody reads the pipe any more, `timedOut` if its reader has made no room for a
  ///   minute.
  package func write(_ bytes: RawSpan, at offset: UInt64) throws(HostError) {
    if isPipe { try writeToPipe(bytes) } else { try writeAll(descriptor, bytes, at: offset) }
  }

  private func writeToPipe(_ bytes: RawSpan) throws(HostError) {
    var done = 0
    while done < bytes.byteCount {
      do throws(HostError) {
        done += try system_write(descriptor, bytes.extracting(done..<bytes.byteCount))
      } catch .wouldBlock {
        try waitForRoom()
      }
    }
  }

  private func waitForRoom() throws(HostError) {
    let deadline = HostProcess.monotonicTime + HandedFile.patience
    // A signal ends a wait early.
    while true {
      var items = [pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)]
      let rest = deadline - HostProcess.monotonicTime
      guard rest > 0 else { throw .timedOut }
      if system_poll(&items, timeout: rest), items[0].revents != 0 { return }
    }
  }
}
