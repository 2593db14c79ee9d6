import Machine
import Snapshot

/// Random bytes that follow from a seed: the SHA-256 digests of the seed and a block number, one after
/// the other. The seed determines all of them.
struct SeededEntropy {
  let seed: UInt64
  /// Bytes handed out so far.
  private(set) var position: UInt64

  private var block: [UInt8] = []

  init(seed: UInt64, position: UInt64 = 0) {
    self.seed = seed
    self.position = position
    if position % Self.blockSize != 0 { block = makeBlock() }
  }

  private static var blockSize: UInt64 { 32 }

  private func makeBlock() -> [UInt8] {
    var input = Array("godwit entropy".utf8)
    for word in [seed, position / Self.blockSize] {
      for shift in stride(from: 0, to: 64, by: 8) {
        input.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
      }
    }
    return Digest(of: input[...]).bytes
  }

  mutating func fill(_ buffer: inout MutableRawSpan) {
    for index in 0..<buffer.byteCount {
      let place = position % Self.blockSize
      if place == 0 { block = makeBlock() }
      buffer.store(block[Int(place)], at: index)
      position += 1
    }
  }
}
