// The bytes of 64-bit words in groups: first the lowest byte of each word, then the second of each, and so on.
// Pointers and numbers of a heap differ in few of their bytes, and the others become long runs for zstd.

extension RawSpan {
  /// These bytes, a multiple of 64, in groups.
  package func shuffled() -> [UInt8] { transposed(ofWords: true) }

  /// What was shuffled.
  package func unshuffled() -> [UInt8] { transposed(ofWords: false) }

  private func transposed(ofWords isOfWords: Bool) -> [UInt8] {
    precondition(byteCount.isMultiple(of: 64))
    let count = byteCount / 8
    // Eight words make a square of bytes. Its rows follow each other among the words, and lie in eight groups.
    let (rows, columns) = isOfWords ? (8, count) : (count, 8)
    let (step, otherStep) = isOfWords ? (64, 8) : (8, 64)
    // SAFETY: all of `target` is written. The last access to either begins at 7 * count + count - 8, eight bytes before
    // the end.
    return unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { target, written in
      unsafe withUnsafeBytes { source in
        for square in 0..<count / 8 {
          var words = InlineArray<8, UInt64> {
            unsafe source.loadUnaligned(fromByteOffset: square * step + $0 * rows, as: UInt64.self)
          }
          transpose(&words)
          for row in 0..<8 {
            unsafe UnsafeMutableRawBufferPointer(target).storeBytes(
              of: words[row], toByteOffset: square * otherStep + row * columns, as: UInt64.self)
          }
        }
      }
      written = byteCount
    }
  }
}

/// Swaps rows and columns of a square of bytes, a row in each word.
@inline(__always) private func transpose(_ words: inout InlineArray<8, UInt64>) {
  swap(&words, 1, 0x00ff_00ff_00ff_00ff)
  swap(&words, 2, 0x0000_ffff_0000_ffff)
  swap(&words, 4, 0x0000_0000_ffff_ffff)
}

/// Swaps, in each square of twice `size` bytes, the two smaller squares beside the diagonal.
///
/// - Parameter mask: the bytes of the left ones.
@inline(__always) private func swap(
  _ words: inout InlineArray<8, UInt64>, _ size: Int, _ mask: UInt64
) {
  for row in 0..<8 where row & size == 0 {
    let difference = (words[row] >> UInt64(8 * size) ^ words[row + size]) & mask
    words[row] ^= difference << UInt64(8 * size)
    words[row + size] ^= difference
  }
}
