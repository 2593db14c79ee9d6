/// How a guest uses its memory, as seen for a moment: what a forecast of a move needs.
package struct MemoryActivity: Sendable, Hashable, Codable {
  /// Distinct memory written since the watch began.
  package struct Written: Sendable, Hashable, Codable {
    /// Nanoseconds since then.
    package var time: Int64
    package var bytes: UInt64

    package init(time: Int64, bytes: UInt64) {
      self.time = time
      self.bytes = bytes
    }
  }

  /// Bytes in use.
  package var memory: UInt64
  /// What the standard compression leaves of them, from 0 to 1: by a sample.
  package var compressed: Double
  /// Ascending by time.
  package var written: [Written]

  package init(memory: UInt64, compressed: Double, written: [Written]) {
    self.memory = memory
    self.compressed = compressed
    self.written = written
  }

  /// Bytes of memory that will be written in so much time, in nanoseconds. A page that is written twice counts once.
  package func bytes(writtenIn time: Int64) -> UInt64 {
    var before = Written(time: 0, bytes: 0)
    for point in written {
      if point.time >= time { return between(before, point, at: time) }
      before = point
    }
    // Go on as in the second half of what was seen.
    guard let last = written.last else { return 0 }
    let middle = written.last { $0.time <= last.time / 2 } ?? Written(time: 0, bytes: 0)
    return between(middle, last, at: time)
  }

  /// On the line through two points.
  private func between(_ one: Written, _ other: Written, at time: Int64) -> UInt64 {
    let slope = (Double(other.bytes) - Double(one.bytes)) / Double(max(1, other.time - one.time))
    return UInt64(min(Double(memory), Double(one.bytes) + slope * Double(time - one.time)))
  }

  /// Whether a guest can be so: numbers are in range, and in order.
  package var isPossible: Bool {
    var before = Written(time: 0, bytes: 0)
    for point in written {
      guard point.time >= before.time, point.bytes >= before.bytes, point.bytes <= memory else {
        return false
      }
      before = point
    }
    return memory <= 1 << 48 && (0...2).contains(compressed)
  }
}
