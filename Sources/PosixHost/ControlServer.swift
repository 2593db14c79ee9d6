internal import CPosixShims
package import HostABI
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A listening control socket. Its name is removed with it.
package final class ControlListener: Sendable {
  let descriptor: Int32
  private let path: [UInt8]

  init(descriptor: Int32, path: [UInt8]) {
    self.descriptor = descriptor
    self.path = path
  }

  /// Bytes of a record.
  static let recordLimit = 1 << 20

  /// The file beside a socket.
  static func recordPath(_ socket: [UInt8]) -> [UInt8] {
    socket[..<(socket.lastIndex(of: UInt8(ascii: ".")) ?? socket.endIndex)] + Array(".record".utf8)
  }

  /// Leaves a file beside the socket, which a confined process can remove and not write.
  package func leave(record: [UInt8]) throws(HostError) {
    let flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC
    let descriptor = try system_open(Self.recordPath(path), flags, 0o600)
    defer { system_close(descriptor) }
    try writeAll(descriptor, record)
  }

  /// The directory that has its name.
  package var directory: [UInt8] { Array(path[..<path.lastIndex(of: UInt8(ascii: "/"))!]) }

  /// The next connection of this user, or of root; nil if there is none.
  package func accept() -> ControlConnection? {
    guard let accepted = try? system_accept(descriptor) else { return nil }
    guard let user = try? system_peer_user(accepted), user == geteuid() || user == 0 else {
      system_close(accepted)
      return nil
    }
    return ControlConnection(accepted)
  }

  deinit {
    // Nobody replaces a socket that answers, so the name is still ours: remove it before closing.
    try? system_unlink(Self.recordPath(path))
    try? system_unlink(path)
    system_close(descriptor)
  }
}

/// Serves control connections on its own threads.
package final class ControlServer: Sendable {
  private let waker: Waker
  private let thread = Mutex<HostThread?>(nil)

  /// The limit of connections served at once; others wait.
  static let connectionLimit = 16

  /// Calls `handler` for each connection, on its own thread. The connection is closed when the handler
  /// returns, unless the handler keeps it. Connections of users other than this one and root are refused.
  package init(
    _ listener: ControlListener, handler: @escaping @Sendable (ControlConnection) -> Void
  ) {
    let waker = Waker()
    self.waker = waker
    let started = HostThread { ControlServer.serve(listener, waker, handler) }
    thread.withLock { $0 = started }
  }

  deinit { stop() }

  /// Stops accepting connections and removes the socket. Running handlers continue.
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
        // The peer has gone, or there is no free descriptor: try again a little later.
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
