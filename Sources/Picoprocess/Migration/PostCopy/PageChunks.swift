import LibOS
import Snapshot

/// How the pages that a guest has left behind are divided: they are numbered from 1, and travel in chunks of 64, the
/// last of which may have fewer.
struct PageChunks: Hashable, Sendable {
  let pages: UInt32

  private static let size = UInt32(BlockDescriptor.pagesPerChunk)

  /// - Parameter pages: at most `DeferredPages.mostPages`.
  init?(pages: UInt32) {
    guard pages <= DeferredPages.mostPages else { return nil }
    self.pages = pages
  }

  /// They are numbered from 0.
  var count: UInt32 { (pages + Self.size - 1) / Self.size }

  /// The pages of a chunk that there is.
  func pages(of chunk: UInt32) -> Range<UInt32> {
    let first = Self.firstPage(of: chunk)
    return first..<(min(first + Self.size, pages + 1))
  }

  static func firstPage(of chunk: UInt32) -> UInt32 { chunk * size + 1 }

  /// - Parameter page: from 1.
  static func chunk(of page: UInt32) -> UInt32 { (page - 1) / size }
}

/// A set of chunks, as the protocol has it: a bit for each.
struct ChunkSet: Hashable, Sendable {
  private(set) var bytes: [UInt8] = []
  private(set) var count: UInt32 = 0

  private static let byteLimit = Int(PageChunks(pages: DeferredPages.mostPages)!.count) / 8

  init() {}

  /// - Returns: nil for more bytes than there can be chunks for.
  init?(bytes: [UInt8]) {
    guard bytes.count <= Self.byteLimit else { return nil }
    self.bytes = bytes
    count = bytes.reduce(0) { $0 + UInt32($1.nonzeroBitCount) }
  }

  func contains(_ chunk: UInt32) -> Bool {
    let index = Int(chunk / 8)
    return index < bytes.count && bytes[index] & 1 << (chunk % 8) != 0
  }

  /// - Returns: whether it was not there before.
  @discardableResult
  mutating func insert(_ chunk: UInt32) -> Bool {
    guard !contains(chunk) else { return false }
    let index = Int(chunk / 8)
    if index >= bytes.count { bytes += repeatElement(0, count: index + 1 - bytes.count) }
    bytes[index] |= 1 << (chunk % 8)
    count += 1
    return true
  }

  /// Whether it has only chunks below `end`.
  func isBelow(_ end: UInt32) -> Bool {
    guard let last = bytes.lastIndex(where: { $0 != 0 }) else { return true }
    let highest = UInt32(last * 8 + 7 - bytes[last].leadingZeroBitCount)
    return highest < end
  }
}
