package import Machine

/// A queue of bytes: a ring buffer that grows with its content. The user enforces a limit.
package struct ByteRing {
  private static let smallest = 4096
  /// An emptied ring keeps this capacity, or twice the most it has held since it was last empty.
  private static let kept = 1 << 16

  /// Its size is a power of two, or 0, since most sockets are idle.
  private var storage: [UInt8] = []
  private let memory: MemoryCharge?
  private var head = 0
  package private(set) var count = 0
  private var peak = 0

  /// - Parameter memory: the account that its bytes are charged to.
  package init(memory: MemoryCharge? = nil) { self.memory = memory }

  /// Discards all bytes.
  package mutating func removeAll() {
    storage = []
    memory?.set(0)
    head = 0
    count = 0
    peak = 0
  }

  package var isEmpty: Bool { count == 0 }

  package mutating func append(_ bytes: RawSpan) {
    let size = bytes.byteCount
    guard size > 0 else { return }
    if count + size > storage.count { grow(to: count + size) }
    let tail = (head + count) & (storage.count - 1)
    let first = min(size, storage.count - tail)
    storage.withMutableRawSpan {
      $0.copy(from: bytes.extracting(0..<first), at: tail)
      $0.copy(from: bytes.extracting(first..<size))
    }
    count += size
    peak = max(peak, count)
  }

  private mutating func grow(to needed: Int) {
    var size = max(storage.count, Self.smallest)
    while size < needed { size *= 2 }
    let held = contents
    storage = held + [UInt8](repeating: 0, count: size - held.count)
    memory?.set(size)
    head = 0
  }

  /// Copies available bytes from `offset` on into `buffer`, without removing them.
  package func peek(into buffer: inout MutableRawSpan, from offset: Int = 0) -> Int {
    let size = min(buffer.byteCount, count - offset)
    guard size > 0 else { return 0 }
    let start = (head + offset) & (storage.count - 1)
    let first = min(size, storage.count - start)
    storage.withRawSpan {
      buffer.copy(from: $0.extracting(start..<(start + first)))
      buffer.copy(from: $0.extracting(0..<(size - first)), at: first)
    }
    return size
  }

  /// Removes available bytes into `buffer`, as many as fit.
  package mutating func take(into buffer: inout MutableRawSpan) -> Int {
    let size = peek(into: &buffer)
    discard(size)
    return size
  }

  /// Drops the `size` oldest bytes.
  package mutating func discard(_ size: Int) {
    precondition(size >= 0 && size <= count)
    count -= size
    if count == 0 {
      head = 0
      if storage.count > max(Self.kept, 2 * peak) {
        storage = []
        memory?.set(0)
      }
      peak = 0
    } else {
      head = (head + size) & (storage.count - 1)
    }
  }

  /// All bytes, oldest first.
  package var contents: [UInt8] {
    guard count > 0 else { return [] }
    let first = min(count, storage.count - head)
    return Array(storage[head..<(head + first)]) + Array(storage[0..<(count - first)])
  }
}
