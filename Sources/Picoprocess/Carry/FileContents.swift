import HostABI
import Machine
import Snapshot

/// What is in a regular file.
struct FileContents: Hashable {
  /// Bytes.
  var size: UInt64 = 0
  /// Of all of them.
  var digest: Digest
  /// See `OutsideFile.holes`.
  var holes: [Range<UInt64>] = []

  /// Holes are whole blocks of so many bytes.
  static let blockSize = 4096
  /// Holes that are told of in one file.
  static let holeLimit = 20_000

  /// Reads an open file.
  ///
  /// - Parameter isSparse: it may have holes.
  init(_ file: HostHandle, of tree: HostTree, isSparse: Bool) throws(HostError) {
    var builder = DigestBuilder()
    var size: UInt64 = 0
    var holes: [Range<UInt64>] = []
    try tree.forEachPiece(of: file) { (offset, bytes) throws(HostError) in
      builder.append(bytes.array[...])
      size = offset + UInt64(bytes.byteCount)
      guard isSparse else { return }
      for start in stride(from: 0, to: bytes.byteCount, by: Self.blockSize) {
        let block = bytes.extracting(start..<min(start + Self.blockSize, bytes.byteCount))
        guard block.isAllZero else { continue }
        let range = (offset + UInt64(start))..<(offset + UInt64(start + block.byteCount))
        if let last = holes.last, last.upperBound == range.lowerBound {
          holes[holes.count - 1] = last.lowerBound..<range.upperBound
        } else if holes.count < Self.holeLimit {
          holes.append(range)
        }
      }
    }
    digest = builder.finish()
    self.size = size
    self.holes = holes
  }
}

extension RawSpan {
  var isAllZero: Bool {
    var offset = 0
    while offset + 8 <= byteCount {
      if load(at: offset, as: UInt64.self) != 0 { return false }
      offset += 8
    }
    while offset < byteCount {
      if load(at: offset, as: UInt8.self) != 0 { return false }
      offset += 1
    }
    return true
  }
}

extension DigestBuilder {
  private static let zeroes = [UInt8](repeating: 0, count: 64 << 10)

  mutating func append(zeroes count: UInt64) {
    var rest = count
    while rest > 0 {
      let part = Int(min(rest, UInt64(Self.zeroes.count)))
      append(Self.zeroes[..<part])
      rest -= UInt64(part)
    }
  }
}
