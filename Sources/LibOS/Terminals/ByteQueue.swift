import Machine

/// Bytes in the order of their arrival.
package struct ByteQueue: Hashable, Sendable {
  private var storage: [UInt8] = []
  private var head = 0

  package init(_ bytes: [UInt8] = []) { storage = bytes }

  package var count: Int { storage.count - head }
  package var isEmpty: Bool { head == storage.count }

  /// All bytes, oldest first.
  package var contents: [UInt8] { Array(storage[head...]) }

  /// The byte at `index`, 0 being the oldest.
  package subscript(index: Int) -> UInt8 { storage[head + index] }

  package mutating func append(_ byte: UInt8) { storage.append(byte) }
  package mutating func append(_ bytes: [UInt8]) { storage.append(contentsOf: bytes) }
  package mutating func append(_ bytes: RawSpan) { storage.append(contentsOf: bytes.array) }

  package mutating func removeFirst() -> UInt8 {
    defer { drop(1) }
    return storage[head]
  }

  /// Removes the `count` oldest bytes and returns them.
  package mutating func take(_ count: Int) -> [UInt8] {
    defer { drop(count) }
    return Array(storage[head..<(head + count)])
  }

  /// Moves the `count` oldest bytes to the front of `buffer`.
  package mutating func take(_ count: Int, into buffer: inout MutableRawSpan, at offset: Int = 0) {
    storage.withRawSpan { buffer.copy(from: $0.extracting(head..<(head + count)), at: offset) }
    drop(count)
  }

  /// Drops the `count` oldest bytes. Their room is reused once it is more than half of the storage.
  package mutating func drop(_ count: Int) {
    head += count
    if head == storage.count {
      storage.removeAll(keepingCapacity: storage.capacity <= 1 << 16)
      head = 0
    } else if head > 4096, head > storage.count / 2 {
      storage.removeFirst(head)
      head = 0
    }
  }

  /// Drops all but the `count` oldest bytes.
  package mutating func truncate(to count: Int) {
    guard self.count > count else { return }
    storage.removeLast(self.count - count)
  }

  package static func == (a: ByteQueue, b: ByteQueue) -> Bool { a.contents == b.contents }
  package func hash(into hasher: inout Hasher) { hasher.combine(contents) }
}
