internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// One end of a control connection: messages of one line each, such as JSON without line breaks. An open
/// file may go along with one.
package final class ControlConnection {
  /// Bytes of the longest message.
  package static let messageLimit = 1 << 20

  private let descriptor: Int32
  private var received: [UInt8] = []
  private var handedFile: Int32?

  /// Takes over `descriptor`.
  init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit {
    system_close(descriptor)
    if let handedFile { system_close(handedFile) }
  }

  /// The effective user of the process on the other end.
  package func peerUser() throws(HostError) -> UInt32 { try system_peer_user(descriptor) }

  /// Sends `message`, which has no line break in it.
  ///
  /// - Parameter file: goes along, for the peer to write.
  /// - Parameter timeout: nanoseconds to wait for a peer that doesn't read; nil: for ever.
  /// - Throws: `wouldBlock` when the time is over, `brokenPipe` when the peer is gone, `invalid` for a
  ///   message too long or with a line break.
  package func send(_ message: [UInt8], handing file: AtomicFile? = nil, timeout: Int64? = nil)
    throws(HostError)
  {
    guard message.count < ControlConnection.messageLimit, !message.contains(10) else {
      throw .invalid
    }
    let deadline = deadline(timeout)
    try (message + [10]).lend { (line) throws(HostError) in
      var done = 0
      while done < line.byteCount {
        do throws(HostError) {
          let rest = line.extracting(done..<line.byteCount)
          if done == 0, let file {
            done += try system_send(descriptor, rest, handing: file.descriptor)
          } else {
            done += try system_send(descriptor, rest)
          }
        } catch .wouldBlock {
          try wait(for: Int16(POLLOUT), until: deadline)
        }
      }
    }
  }

  /// The next message; nil when the peer has closed.
  ///
  /// - Parameter timeout: nanoseconds to wait; nil: for ever.
  /// - Throws: `wouldBlock` when the time is over, `connectionReset` when the peer ended in the middle of
  ///   a message, `invalid` for a message that is too long.
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

  /// The file that came along with what was received so far; nil when there was none. Throws `invalid`
  /// for one that can't be used.
  package func takeFile() throws(HostError) -> HandedFile? {
    guard let handed = handedFile else { return nil }
    handedFile = nil
    return try HandedFile(taking: handed)
  }

  /// Reads what has come. False at the end.
  private func receiveMore() throws(HostError) -> Bool {
    var chunk = [UInt8](repeating: 0, count: 16384)
    let (count, handed) = try chunk.lendMutable { (span) throws(HostError) in
      try system_recv_descriptor(descriptor, &span)
    }
    if let handed {
      if let handedFile { system_close(handedFile) }
      handedFile = handed
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
