import Snapshot
import Testing
import Zstd

@Suite struct ShuffleTests {
  @Test(arguments: [0, 64, 4096, 64 * 4096]) func theOrderIsThatOfTheFormat(count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
    let shuffled = bytes.lend { $0.shuffled() }
    let words = count / 8
    #expect(shuffled == (0..<count).map { bytes[$0 % max(words, 1) * 8 + $0 / max(words, 1)] })
    #expect(shuffled.lend { $0.unshuffled() } == bytes)
  }

  /// Pointers and numbers are; a text is not; nor is what does not compress.
  @Test(arguments: [1, 3, 64]) func whatIsSmallerIsChosen(pages: Int) throws {
    let count = pages * 4096
    let pointers = (0..<count / 8).flatMap { index in
      let pointer = 0x7fff_1234_0000 + UInt64(index * 7919 % 100_003 * 48)
      return (0..<8).map { UInt8(truncatingIfNeeded: pointer >> (8 * $0)) }
    }
    let words = ["guest ", "page ", "of ", "the ", "snapshot ", "moves "]
    let text = Array((0..<count).map { words[$0 * $0 % 31 % 6] }.joined().utf8.prefix(count))
    var numbers = SystemRandomNumberGenerator()
    let noise = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &numbers) }
    let coder = BlockCoder(.standard)
    for (contents, isCompressed, isShuffled) in [
      (pointers, true, true), (text, true, false), (noise, false, false),
    ] {
      let (block, stored) = try coder.pageChunk(contents)
      #expect((block.isCompressed, block.isShuffled) == (isCompressed, isShuffled))
      #expect(try coder.contents(of: block, stored) == contents)
    }
    // A section is no memory of a guest.
    #expect(!(try coder.section(1, isCritical: true, pointers)).0.isShuffled)
  }
}
