internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A pipe that another process writes and this one reads.
package final class BytePipe {
  let readEnd: Int32
  private var isClosed = false
  /// Nil once it was handed over.
  private var writeEnd: Int32?
  /// Whether the writer has closed its end.
  package private(set) var isAtEnd = false
  private var buffer = [UInt8](repeating: 0, count: capacity)

  /// Bytes to read at once: the room of a pipe where Linux lets an unprivileged user have the most (pipe(7)).
  private static let capacity = 1 << 20

  /// - Parameter room: bytes that it may hold; nil: as many as possible.
  package init(room: Int? = nil) throws(HostError) {
    (readEnd, writeEnd) = try system_pipe()
    if let room { _ = godwit_narrow_pipe(readEnd, Int32(clamping: room)) }
  }

  deinit {
    if let writeEnd { system_close(writeEnd) }
    close()
  }

  /// Passes the writing end to `body`, and closes it in this process: the pipe ends when the other process
  /// closes its own.
  func handOver(_ body: (Int32) throws(HostError) -> Void) throws(HostError) {
    guard let end = writeEnd else { throw .invalid }
    try body(end)
    system_close(end)
    writeEnd = nil
  }

  /// Waits until there is something to read here or from `connection`, or for so many nanoseconds.
  package func wait(or connection: ControlConnection, timeout: Int64) {
    var items = [pollfd(fd: connection.descriptor, events: Int16(POLLIN), revents: 0)]
    if !isAtEnd { items.append(pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)) }
    _ = system_poll(&items, timeout: timeout)
  }

  /// Waits until there is something to read here, from `connection`, or from `link`, or for so many nanoseconds.
  ///
  /// - Parameter reads: whether the pipe counts.
  package func wait(
    or connection: ControlConnection, or link: ByteLink, reads: Bool, timeout: Int64
  ) {
    var items = [connection.descriptor, link.input].map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    if reads, !isAtEnd { items.append(pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)) }
    _ = system_poll(&items, timeout: timeout)
  }

  /// Passes the next piece of what is in the pipe to `body`; `false` if there is none now.
  package func drainPiece<E: Error>(_ body: (RawSpan) throws(E) -> Void) throws(E) -> Bool {
    guard !isAtEnd, let count = readPiece() else { return false }
    if count == 0 {
      isAtEnd = true
      return false
    }
    try Array(buffer[..<count]).lend(body)
    return true
  }

  /// Passes what is in the pipe to `body`, piece by piece, without waiting for more.
  package func drain<E: Error>(_ body: (RawSpan) throws(E) -> Void) throws(E) {
    while !isAtEnd, let count = readPiece() {
      if count == 0 { isAtEnd = true }
      try Array(buffer[..<count]).lend(body)
    }
  }

  /// Reads into the buffer: the number of bytes, 0 at the end, nil if there are none now.
  private func readPiece() -> Int? {
    try? buffer.lendMutable { (span) throws(HostError) in try system_read(readEnd, &span) }
  }

  /// Reads no more: the writer gets `brokenPipe`.
  package func stopReading() {
    close()
    isAtEnd = true
  }

  private func close() {
    guard !isClosed else { return }
    isClosed = true
    system_close(readEnd)
  }
}
