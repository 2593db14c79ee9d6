internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A duplex stream of bytes to a peer: a socket, or a pipe each way.
package final class ByteLink {
  let input: Int32
  let output: Int32
  private var isClosed = false

  /// Takes ownership of both descriptors, which may be the same.
  init(input: Int32, output: Int32) throws(HostError) {
    self.input = input
    self.output = output
    // A peer that has gone is to be found out by a write that fails.
    _ = godwit_signal_ignore(SIGPIPE)
    for descriptor in Set([input, output]) {
      let flags = try system_fcntl(descriptor, F_GETFL)
      try system_fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
    }
  }

  /// Becomes readable when bytes, or the end, have come: for loops that wait for more than links.
  package var descriptor: Int32 { input }

  /// Standard input and output of this process, which are /dev/null from now on.
  package static func standardStreams() throws(HostError) -> ByteLink {
    let input = try system_fcntl(0, F_DUPFD_CLOEXEC, 3)
    let output = try system_fcntl(1, F_DUPFD_CLOEXEC, 3)
    try HostProcess.discardStreams([0, 1])
    return try ByteLink(input: input, output: output)
  }

  /// The two ends of a link within this machine.
  package static func pair() throws(HostError) -> (ByteLink, ByteLink) {
    let (a, b) = try system_socket_pair()
    return (try ByteLink(input: a, output: a), try ByteLink(input: b, output: b))
  }

  deinit { close() }

  /// Closes it here; in a forked process the other one's stays open. It must not be used any more.
  package func close() {
    guard !isClosed else { return }
    isClosed = true
    system_close(input)
    if output != input { system_close(output) }
  }

  /// Gives up a socket: the caller owns the descriptor, and the link must not be used any more.
  package func release() -> Int32 {
    precondition(input == output && !isClosed, "it is no socket of its own")
    isClosed = true
    return input
  }

  /// The bytes that come next, at most `limit`; none at the end.
  ///
  /// - Parameter timeout: nanoseconds to wait for the first of them.
  /// - Throws: `timedOut` if none came.
  package func read(_ limit: Int, timeout: Int64) throws(HostError) -> [UInt8] {
    let deadline = HostProcess.monotonicTime + timeout
    var bytes = [UInt8](repeating: 0, count: limit)
    while true {
      do throws(HostError) {
        let count = try bytes.lendMutable { (span) throws(HostError) in
          try system_read(input, &span)
        }
        bytes.removeLast(limit - count)
        return bytes
      } catch .wouldBlock { try wait(input, Int16(POLLIN), until: deadline) }
    }
  }

  /// Writes as many of the bytes as there is room for; none if there is no room.
  package func writeSome(_ bytes: [UInt8]) throws(HostError) -> Int {
    do throws(HostError) {
      return try bytes.lend { (span) throws(HostError) in try system_write(output, span) }
    } catch .wouldBlock { return 0 }
  }

  /// The bytes that have come, at most `limit`; nil if there are none now, none at the end.
  package func readSome(_ limit: Int) throws(HostError) -> [UInt8]? {
    do throws(HostError) { return try read(limit, timeout: 0) } catch .timedOut { return nil }
  }

  /// Whether bytes, or the end, have come.
  package var isReadable: Bool {
    var items = [pollfd(fd: input, events: Int16(POLLIN), revents: 0)]
    return system_poll(&items, timeout: 0) && items[0].revents != 0
  }

  /// Waits until something has come over one of `links`, or for so many nanoseconds.
  package static func wait(_ links: [ByteLink], timeout: Int64) {
    var items = links.map { pollfd(fd: $0.input, events: Int16(POLLIN), revents: 0) }
    _ = system_poll(&items, timeout: timeout)
  }

  /// Writes all of `bytes`.
  ///
  /// - Parameter timeout: nanoseconds to wait whenever the peer makes no room.
  /// - Throws: `timedOut` then, `brokenPipe` or `connectionReset` if it has gone.
  package func write(_ bytes: RawSpan, timeout: Int64) throws(HostError) {
    var done = 0
    while done < bytes.byteCount {
      do throws(HostError) {
        done += try system_write(output, bytes.extracting(done..<bytes.byteCount))
      } catch .wouldBlock {
        try wait(output, Int16(POLLOUT), until: HostProcess.monotonicTime + timeout)
      }
    }
  }

  package func write(_ bytes: [UInt8], timeout: Int64) throws(HostError) {
    try bytes.lend { (span) throws(HostError) in try write(span, timeout: timeout) }
  }

  private func wait(_ descriptor: Int32, _ events: Int16, until deadline: Int64) throws(HostError) {
    var items = [pollfd(fd: descriptor, events: events, revents: 0)]
    let rest = deadline - HostProcess.monotonicTime
    guard rest > 0 else { throw .timedOut }
    _ = system_poll(&items, timeout: rest)
  }
}
