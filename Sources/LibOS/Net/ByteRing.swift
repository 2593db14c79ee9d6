package import Machine

/// Bytes on their way: a ring that grows with what it holds, up to a limit that its user keeps.
package struct ByteRing {
  private static let smallest = 4096
  /// A ring that ran empty keeps this much, or twice what it held at most since it was empty last.
  private static let kept = 1 << 16

  /// A power of two long, or empty: most sockets idle.
  private var storage: [UInt8] = []
  private let memory: MemoryCharge?
  private var head = 0
  package private(set) var count = 0
  private var peak = 0

  /// - Parameter memory: what its bytes are charged to.
  package init(memory: MemoryCharge? = nil) { self.memory = memory }

  /// Forgets all bytes.
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

  /// Copies as many bytes as there are, from `offset` on, into `buffer`, without taking them.
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

  /// Takes as many bytes as there are and `buffer` holds.
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
