internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// One end of a control connection. A message is one line, such as JSON without line breaks, and can carry an
/// open file.
package final class ControlConnection {
  /// The length limit of a message, in bytes.
  package static let messageLimit = 1 << 20

  let descriptor: Int32
  private var received: [UInt8] = []
  /// Files that came with messages, oldest first. One may come with the bytes of the message before its own.
  private var handedFiles: [Int32] = []
  private static let handedLimit = 2
  private var isStream = false

  /// Takes ownership of `descriptor`.
  init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// Takes over a socket.
  package convenience init(_ link: ByteLink) { self.init(link.release()) }

  /// That on standard input, which must be a socket.
  package static func standardInput() throws(HostError) -> ControlConnection {
    let descriptor = try system_fcntl(0, F_DUPFD_CLOEXEC, 3)
    return ControlConnection(try ByteLink(input: descriptor, output: descriptor))
  }

  deinit {
    if !isStream { system_close(descriptor) }
    for file in handedFiles { system_close(file) }
  }

  /// The effective user of the process on the other end.
  package func peerUser() throws(HostError) -> UInt32 { try system_peer_user(descriptor) }

  /// Whether the other end was closed, and not only for writing: nobody reads what is sent.
  package struct HangUp: Sendable {
    fileprivate let descriptor: Int32

    /// - Precondition: the connection is open.
    package var hasHappened: Bool {
      var items = [pollfd(fd: descriptor, events: 0, revents: 0)]
      return system_poll(&items, timeout: 0) && items[0].revents & Int16(POLLHUP) != 0
    }
  }

  package var hangUp: HangUp { HangUp(descriptor: descriptor) }

  /// The process that listens on the other end.
  package func peerProcess() throws(HostError) -> Int32 { try system_peer_process(descriptor) }

  /// Sends `message`, which must not contain line breaks.
  ///
  /// - Parameter file: passed along, for the peer to write to.
  /// - Parameter timeout: nanoseconds to wait for a peer that doesn't read; nil: for ever.
  /// - Throws: `wouldBlock` on a timeout, `brokenPipe` if the peer has closed, `invalid` for a message that
  ///   is too long or contains a line break.
  package func send(_ message: [UInt8], handing file: AtomicFile? = nil, timeout: Int64? = nil)
    throws(HostError)
  {
    try send(message, file?.descriptor, timeout)
  }

  /// The same, with the writing end of `pipe`, which is closed here.
  package func send(_ message: [UInt8], handing pipe: BytePipe) throws(HostError) {
    try pipe.handOver { (end) throws(HostError) in try send(message, end, nil) }
  }

  func send(_ message: [UInt8], _ handed: Int32?, _ timeout: Int64?) throws(HostError) {
    guard message.count < ControlConnection.messageLimit, !message.contains(10) else {
      throw .invalid
    }
    let deadline = deadline(timeout)
    try (message + [10]).lend { (line) throws(HostError) in
      var done = 0
      while done < line.byteCount {
        do throws(HostError) {
          let rest = line.extracting(done..<line.byteCount)
          if done == 0, let handed {
            done += try system_send(descriptor, rest, handing: handed)
          } else {
            done += try system_send(descriptor, rest)
          }
        } catch .wouldBlock {
          try wait(for: Int16(POLLOUT), until: deadline)
        }
      }
    }
  }

  /// Receives the next message; nil if the peer has closed.
  ///
  /// - Parameter timeout: nanoseconds to wait; nil: for ever.
  /// - Throws: `wouldBlock` on a timeout, `connectionReset` if the peer closed in the middle of a message,
  ///   `invalid` for a message that is too long.
  package func receive(timeout: Int64? = nil) throws(HostError) -> [UInt8]? {
    let deadline = deadline(timeout)
    var searched = 0
    while true {
      if let end = received[searched...].firstIndex(of: 10) {
        let message = Array(received[..<end])
        received.removeFirst(end + 1)
        return message
      }
      searched = received.count
      guard searched < ControlConnection.messageLimit else { throw .invalid }
      do throws(HostError) {
        guard try receiveMore() else {
          if received.isEmpty { return nil }
          throw .connectionReset
        }
      } catch .wouldBlock {
        try wait(for: Int16(POLLIN), until: deadline)
      }
    }
  }

  /// Ends the exchange of messages: from now on the connection carries bytes both ways.
  ///
  /// - Returns: those that have arrived, too.
  package func becomeStream() -> (stream: ByteStream, received: [UInt8]) {
    precondition(!isStream, "the connection was handed over")
    isStream = true
    return (ByteStream(descriptor), received)
  }

  /// The same, for one thread that may wait.
  package func becomeLink() throws(HostError) -> (link: ByteLink, received: [UInt8]) {
    precondition(!isStream, "the connection was handed over")
    let link = try ByteLink(input: descriptor, output: descriptor)
    isStream = true
    return (link, received)
  }

  /// Takes the oldest file that was received along with the messages so far; nil if there is none. Throws `invalid`
  /// if it cannot be used.
  package func takeFile() throws(HostError) -> HandedFile? {
    guard let handed = takeDescriptor() else { return nil }
    return try HandedFile(taking: handed)
  }

  /// The same, whatever it is; the caller owns it.
  func takeDescriptor() -> Int32? {
    handedFiles.isEmpty ? nil : handedFiles.removeFirst()
  }

  /// Reads the bytes that have arrived; false at the end.
  private func receiveMore() throws(HostError) -> Bool {
    var chunk = [UInt8](repeating: 0, count: 16384)
    let (count, handed) = try chunk.lendMutable { (span) throws(HostError) in
      try system_recv_descriptor(descriptor, &span)
    }
    if let handed {
      handedFiles.append(handed)
      if handedFiles.count > Self.handedLimit { system_close(handedFiles.removeFirst()) }
    }
    received += chunk[..<count]
    return count > 0
  }

  private func deadline(_ timeout: Int64?) -> Int64? {
    timeout.map { system_clock_gettime(CLOCK_MONOTONIC).totalNanoseconds + $0 }
  }

  private func wait(for events: Int16, until deadline: Int64?) throws(HostError) {
    var items = [pollfd(fd: descriptor, events: events, revents: 0)]
    var rest: Int64?
    if let deadline {
      rest = deadline - system_clock_gettime(CLOCK_MONOTONIC).totalNanoseconds
      if rest! <= 0 { throw .wouldBlock }
    }
    _ = system_poll(&items, timeout: rest)
  }
}
