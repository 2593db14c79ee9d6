import HostABI
import LibOS

/// Bytes that wait for somebody to take them.
struct PendingBytes: Sendable {
  private var queue = ByteQueue()
  /// The first of them, while they are written.
  private var front: [UInt8] = []

  private static let pieceSize = 64 << 10

  var count: Int { front.count + queue.count }
  var isEmpty: Bool { front.isEmpty && queue.isEmpty }
  var contents: [UInt8] { front + queue.contents }

  mutating func append(_ bytes: [UInt8]) { queue.append(bytes) }

  mutating func removeAll() { self = PendingBytes() }

  /// Writes as many as are taken.
  ///
  /// - Parameter write: returns how many bytes it took, and throws `wouldBlock` if there is no room for any.
  mutating func drain(_ write: ([UInt8]) throws(HostError) -> Int) throws(HostError) {
    do throws(HostError) {
      while !isEmpty {
        if front.isEmpty { front = queue.take(min(queue.count, Self.pieceSize)) }
        front.removeFirst(try write(front))
      }
    } catch .wouldBlock {}
  }
}
