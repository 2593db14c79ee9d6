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

  /// Bytes of memory that will be written in so much time, in nanoseconds. A page that is written twice counts once. What a program
  /// writes again and again is seen at first, and what it writes besides goes on as in the second half of the watch: if it was less than
  /// before, each doubling of the time has it become less by as much. What a program writes in one turn may fall into either
  /// part: if that explains the difference, there is none.
  package func bytes(writtenIn time: Int64) -> UInt64 {
    guard let last = written.last, last.time > 0 else { return 0 }
    guard time > last.time else { return UInt64(seen(by: time)) }
    let (quarter, half) = (seen(by: last.time / 4), seen(by: last.time / 2))
    let (early, late) = (half - quarter, Double(last.bytes) - half)
    let turn = late * min(1, 2 * Double(Self.turn) / Double(last.time))
    let isSteady = late + turn >= 2 * early
    let growth = isSteady ? 2 : late / early
    var gain = isSteady ? (early + late) * 4 / 3 : late * growth
    var (end, bytes) = (last.time, Double(last.bytes))
    while time / 2 > end, bytes < Double(memory) {
      end *= 2
      bytes += gain
      gain *= growth
    }
    return UInt64(min(Double(memory), bytes + gain * Double(time - end) / Double(end)))
  }

  /// The longest pause of a program that writes all the time, in nanoseconds.
  private static let turn: Int64 = 20_000_000

  /// What was seen by then, on lines between the points.
  private func seen(by time: Int64) -> Double {
    var before = Written(time: 0, bytes: 0)
    for point in written {
      if point.time >= time {
        let part = Double(time - before.time) / Double(max(1, point.time - before.time))
        return Double(before.bytes) + (Double(point.bytes) - Double(before.bytes)) * part
      }
      before = point
    }
    return Double(before.bytes)
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
