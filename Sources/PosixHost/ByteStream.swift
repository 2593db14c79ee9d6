internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A connected socket that carries bytes both ways and never waits. Any thread may use it.
package final class ByteStream: Sendable {
  let descriptor: Int32

  /// Takes ownership of `descriptor`.
  init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { system_close(descriptor) }

  /// Sends as many of the bytes as there is room for.
  ///
  /// - Throws: `wouldBlock` without room, `brokenPipe` or `connectionReset` if the peer has gone.
  package func send(_ bytes: [UInt8]) throws(HostError) -> Int {
    try bytes.lend { (span) throws(HostError) in try system_send(descriptor, span) }
  }

  /// Receives what has arrived, at most 64 KiB and `limit`; nothing at the end.
  ///
  /// - Throws: `wouldBlock` if nothing has.
  package func receive(limit: Int = .max) throws(HostError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: min(limit, 64 << 10))
    let count = try bytes.lendMutable { (span) throws(HostError) in
      try system_recv(descriptor, &span)
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}

/// Something that can be waited for, and what happened to it.
package struct PollItem {
  package enum Target {
    case stream(ByteStream)
    /// One of a `PosixHost`'s.
    case handle(HostHandle)
    /// What arrived for it is discarded.
    case waker(Waker)
    case control(ControlConnection)
    case listener(ControlListener)
    /// What is read from it, or written to it.
    case linkInput(ByteLink)
    case linkOutput(ByteLink)
    /// One whose owner is of another module.
    case descriptor(Int32)
  }

  package let target: Target
  package var interest: Readiness
  package fileprivate(set) var ready: Readiness = []

  package init(_ target: Target, _ interest: Readiness = .readable) {
    self.target = target
    self.interest = interest
  }

  private var descriptor: Int32 {
    switch target {
    case .stream(let stream): stream.descriptor
    case .handle(let handle): handle.rawValue
    case .waker(let waker): waker.readEnd
    case .control(let connection): connection.descriptor
    case .listener(let listener): listener.descriptor
    case .linkInput(let link): link.input
    case .linkOutput(let link): link.output
    case .descriptor(let number): number
    }
  }

  /// Waits until something happens to one of `items`, a signal comes, or so many nanoseconds have passed (nil: for
  /// ever). Hangups and errors are noticed without interest in them.
  package static func wait(_ items: inout [PollItem], timeout: Int64?) {
    var native = items.map {
      pollfd(fd: $0.descriptor, events: $0.interest.pollEvents, revents: 0)
    }
    if !system_poll(&native, timeout: timeout) {
      for index in native.indices { native[index].revents = 0 }
    }
    for index in items.indices {
      items[index].ready = Readiness(pollEvents: native[index].revents)
      if case .waker(let waker) = items[index].target, native[index].revents != 0 { waker.drain() }
    }
  }
}
