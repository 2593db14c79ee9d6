import PosixHost
import Synchronization

/// Sockets that take the place of an arriving guest's connections, until the guest has them.
package final class RelayedSockets: Sendable {
  private let sockets: Mutex<[UInt64: ByteStream]>

  /// - Parameter sockets: by the numbers of the guest's own.
  init(_ sockets: [UInt64: ByteStream]) { self.sockets = Mutex(sockets) }

  func take() -> [UInt64: ByteStream] {
    sockets.withLock { sockets in
      defer { sockets = [:] }
      return sockets
    }
  }
}
