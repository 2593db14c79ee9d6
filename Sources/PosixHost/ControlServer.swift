internal import CPosixShims
internal import HostABI
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A control socket that others can connect to. Its name goes away with it.
package final class ControlListener: Sendable {
  let descriptor: Int32
  private let path: [UInt8]

  init(descriptor: Int32, path: [UInt8]) {
    self.descriptor = descriptor
    self.path = path
  }

  /// The directory that it is removed from in the end.
  package var directory: [UInt8] { Array(path[..<path.lastIndex(of: UInt8(ascii: "/"))!]) }

  deinit {
    // Still ours: nobody replaces a socket that answers. So remove first, then stop answering.
    try? system_unlink(path)
    system_close(descriptor)
  }
}

/// Answers control connections on threads of its own.
package final class ControlServer: Sendable {
  private let waker: Waker
  private let thread = Mutex<HostThread?>(nil)

  /// Connections served at once; more have to wait.
  static let connectionLimit = 16

  /// Calls `handler` for each connection, on a thread of its own; the connection is closed when the
  /// handler returns, unless it keeps it. Only connections of the same user, or of root, get there.
  package init(
    _ listener: ControlListener, handler: @escaping @Sendable (ControlConnection) -> Void
  ) {
    let waker = Waker()
    self.waker = waker
    let started = HostThread { ControlServer.serve(listener, waker, handler) }
    thread.withLock { $0 = started }
  }

  deinit { stop() }

  /// Takes no more connections and removes the socket. Handlers that still run are left to it.
  package func stop() {
    let ended = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    guard let ended else { return }
    waker.wake()
    ended.join()
  }

  private final class Count: Sendable {
    let value = Atomic(0)
  }

  private static func serve(
    _ listener: ControlListener, _ waker: Waker,
    _ handler: @escaping @Sendable (ControlConnection) -> Void
  ) {
    let active = Count()
    var items = [
      pollfd(fd: waker.readEnd, events: Int16(POLLIN), revents: 0),
      pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    while true {
      let isFull = active.value.load(ordering: .acquiring) >= connectionLimit
      items[1].fd = isFull ? -1 : listener.descriptor
      guard system_poll(&items, timeout: isFull ? 10_000_000 : nil) else { continue }
      // Woken only to stop.
      if items[0].revents != 0 { return }
      if isFull || items[1].revents == 0 { continue }
      guard let descriptor = try? system_accept(listener.descriptor) else {
        // Gone again, or no descriptor left: not at once again.
        items[1].fd = -1
        _ = system_poll(&items, timeout: 10_000_000)
        if items[0].revents != 0 { return }
        continue
      }
      guard let user = try? system_peer_user(descriptor), user == geteuid() || user == 0 else {
        system_close(descriptor)
        continue
      }
      active.value.add(1, ordering: .acquiringAndReleasing)
      HostThread {
        handler(ControlConnection(descriptor))
        active.value.subtract(1, ordering: .acquiringAndReleasing)
      }.detach()
    }
  }
}
