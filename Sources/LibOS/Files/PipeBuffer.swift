import Machine

/// The bytes in a pipe: a ring, with the bounds of packets where a writer asked for them
/// (`O_DIRECT` in pipe(2)).
package struct PipeBuffer {
  /// Consecutive bytes: plain ones, or one packet.
  package struct Segment: Hashable, Sendable {
    package var count: Int
    package var isPacket: Bool
    package init(count: Int, isPacket: Bool) {
      self.count = count
      self.isPacket = isPacket
    }
  }

  /// Empty until the first write: most pipes of a shell pipeline start and end so.
  private var ring: [UInt8] = []
  private var head = 0
  package private(set) var count = 0
  package private(set) var segments: [Segment] = []
  package private(set) var capacity: Int

  package init(capacity: Int) { self.capacity = capacity }

  package var isEmpty: Bool { count == 0 }
  package var room: Int { capacity - count }

  /// Bytes that a write in packets can put in: each takes one of as many places as there would be pages.
  package var packetRoom: Int {
    min(room, max(0, capacity / 4096 - segments.count) * 4096)
  }

  /// Bytes of host memory that it takes once something was written.
  package var footprint: Int { capacity + capacity / 4096 * MemoryLayout<Segment>.stride }

  /// Appends `bytes`, for which there must be room.
  package mutating func append(_ bytes: RawSpan, isPacket: Bool) {
    let size = bytes.byteCount
    precondition(size <= room)
    guard size > 0 else { return }
    if ring.isEmpty { ring = [UInt8](repeating: 0, count: capacity) }
    let tail = (head + count) % capacity
    let first = min(size, capacity - tail)
    ring.withMutableRawSpan {
      $0.copy(from: bytes.extracting(0..<first), at: tail)
      $0.copy(from: bytes.extracting(first..<size))
    }
    count += size
    if !isPacket, let last = segments.last, !last.isPacket {
      segments[segments.count - 1].count += size
    } else {
      segments.append(Segment(count: size, isPacket: isPacket))
    }
  }

  /// Takes bytes into `buffer`; stops after one packet, of which it discards what does not fit.
  package mutating func take(into buffer: inout MutableRawSpan) -> Int {
    var done = 0
    while done < buffer.byteCount, let segment = segments.first {
      let part = min(segment.count, buffer.byteCount - done)
      copy(part, into: &buffer, at: done)
      done += part
      let used = segment.isPacket ? segment.count : part
      head = (head + used) % capacity
      count -= used
      if used == segment.count { segments.removeFirst() } else { segments[0].count -= used }
      if segment.isPacket { break }
    }
    return done
  }

  private func copy(_ size: Int, into buffer: inout MutableRawSpan, at offset: Int) {
    let first = min(size, capacity - head)
    ring.withRawSpan {
      buffer.copy(from: $0.extracting(head..<(head + first)), at: offset)
      buffer.copy(from: $0.extracting(0..<(size - first)), at: offset + first)
    }
  }

  /// All bytes, oldest first.
  package var contents: [UInt8] {
    guard count > 0 else { return [] }
    let first = min(count, capacity - head)
    return Array(ring[head..<(head + first)]) + Array(ring[0..<(count - first)])
  }

  /// Changes how much fits; never below what is there.
  package mutating func resize(to newCapacity: Int) {
    precondition(newCapacity >= count)
    let bytes = contents
    ring = bytes.isEmpty ? [] : bytes + [UInt8](repeating: 0, count: newCapacity - bytes.count)
    head = 0
    capacity = newCapacity
  }
}
