/// The mappings of an address space: disjoint and ordered by address.
///
/// They are stored in chunks, each of which knows the widest gap below one of its mappings. So an insertion
/// moves at most one chunk, and a search for free space examines only chunks that may have it. Linux's
/// `maple_tree` serves the same purpose.
package struct VMASet: BidirectionalCollection {
  package struct Index: Comparable, Sendable {
    fileprivate var chunk: Int
    fileprivate var offset: Int

    package static func < (a: Index, b: Index) -> Bool {
      (a.chunk, a.offset) < (b.chunk, b.offset)
    }
  }

  private struct Chunk {
    /// Never empty.
    var vmas: [VMA]
    /// The widest gap that ends where one of `vmas` starts, in bytes; computed on demand.
    var widestGap: UInt64?

    var end: GuestAddress { vmas[vmas.count - 1].end }
  }

  /// The size limit of a chunk: a larger one is split, and two of at most half the size are joined.
  private static let chunkLimit = 128

  private var chunks: [Chunk] = []
  package private(set) var count = 0
  /// Bytes mapped.
  package private(set) var byteCount: UInt64 = 0
  /// The result of the last search: there is no gap of `length` bytes between `ceiling` and `top`.
  private var searched: (length: UInt64, top: GuestAddress, ceiling: GuestAddress)?
  /// The number of mappings and chunks examined or moved, by which tests measure the work.
  package private(set) var steps = 0

  package init() {}

  // MARK: Collection

  package var startIndex: Index { Index(chunk: 0, offset: 0) }
  package var endIndex: Index { Index(chunk: chunks.count, offset: 0) }

  package func index(after index: Index) -> Index {
    index.offset + 1 < chunks[index.chunk].vmas.count
      ? Index(chunk: index.chunk, offset: index.offset + 1)
      : Index(chunk: index.chunk + 1, offset: 0)
  }

  package func index(before index: Index) -> Index {
    index.offset > 0
      ? Index(chunk: index.chunk, offset: index.offset - 1)
      : Index(chunk: index.chunk - 1, offset: chunks[index.chunk - 1].vmas.count - 1)
  }

  package subscript(index: Index) -> VMA { chunks[index.chunk].vmas[index.offset] }

  // MARK: Finding

  /// The first mapping that ends above `address`.
  package func firstIndex(endingAbove address: GuestAddress) -> Index {
    let chunk = chunks.partitioningIndex { $0.end > address }
    guard chunk < chunks.count else { return endIndex }
    let offset = chunks[chunk].vmas.partitioningIndex { $0.end > address }
    return Index(chunk: chunk, offset: offset)
  }

  /// The mappings that overlap `start..<end`.
  package func overlapping(_ start: GuestAddress, _ end: GuestAddress) -> Slice<VMASet> {
    let lower = firstIndex(endingAbove: start)
    guard start < end, lower < endIndex, self[lower].start < end else { return self[lower..<lower] }
    let last = firstIndex(endingAbove: end - 1)
    let isIncluded = last < endIndex && self[last].start < end
    return self[lower..<(isIncluded ? index(after: last) : last)]
  }

  /// The highest gap of `length` bytes that ends at or below `top` and starts at or above `bottom`.
  package mutating func findGap(
    length: UInt64, below top: GuestAddress, above bottom: GuestAddress
  ) -> GuestAddress? {
    var ceiling = top
    if let searched, searched.top == top, searched.length <= length { ceiling = searched.ceiling }
    var place = firstIndex(endingAbove: ceiling)
    // A mapping that straddles or lies above the ceiling limits nothing but what is below its start.
    if place < endIndex, self[place].start < ceiling { ceiling = self[place].start }
    while true {
      steps += 1
      let below = place > startIndex ? self[index(before: place)] : nil
      let floor = Swift.max(below?.end ?? bottom, bottom)
      if ceiling >= floor, ceiling - floor >= length {
        searched = (length, top, ceiling)
        return ceiling - length
      }
      guard let below else { return nil }
      ceiling = below.roomBelow
      place = index(before: place)
      // Skip the rest of the chunk if it has no such gap.
      if gap(ofChunk: place.chunk) < length {
        place.offset = 0
        ceiling = self[place].roomBelow
      }
    }
  }

  private mutating func gap(ofChunk chunk: Int) -> UInt64 {
    if let known = chunks[chunk].widestGap { return known }
    var floor = chunk > 0 ? chunks[chunk - 1].end : GuestAddress(0)
    var widest: UInt64 = 0
    for vma in chunks[chunk].vmas {
      widest = Swift.max(widest, vma.start - floor)
      floor = vma.end
    }
    steps += chunks[chunk].vmas.count
    chunks[chunk].widestGap = widest
    return widest
  }

  // MARK: Changing

  /// Adds a mapping where nothing is mapped.
  mutating func insert(_ vma: VMA) {
    count += 1
    byteCount += vma.length
    var place = firstIndex(endingAbove: vma.start)
    if place.offset == 0, place.chunk > 0 {
      place = Index(chunk: place.chunk - 1, offset: chunks[place.chunk - 1].vmas.count)
    }
    guard place.chunk < chunks.count else {
      chunks.append(Chunk(vmas: [vma]))
      return
    }
    chunks[place.chunk].vmas.insert(vma, at: place.offset)
    steps += chunks[place.chunk].vmas.count - place.offset
    forgetGaps(place.chunk)
    splitIfFull(place.chunk)
  }

  private mutating func splitIfFull(_ chunk: Int) {
    let size = chunks[chunk].vmas.count
    guard size > Self.chunkLimit else { return }
    let rest = Array(chunks[chunk].vmas[(size / 2)...])
    chunks[chunk].vmas.removeSubrange((size / 2)...)
    chunks.insert(Chunk(vmas: rest), at: chunk + 1)
    steps += size
  }

  /// Changes a mapping, which must keep its position.
  mutating func update(at index: Index, _ change: (inout VMA) -> Void) {
    let length = self[index].length
    change(&chunks[index.chunk].vmas[index.offset])
    byteCount = byteCount - length + self[index].length
    if self[index].length < length { searched = nil }
    forgetGaps(index.chunk)
  }

  /// Merges a mapping and the next one, which continues it.
  mutating func mergeWithNext(at index: Index) {
    let next = self.index(after: index)
    let (middle, end) = (self[next].start, self[next].end)
    chunks[index.chunk].vmas[index.offset].end = end
    byteCount += end - middle
    remove(at: next)
  }

  private mutating func remove(at index: Index) {
    count -= 1
    byteCount -= self[index].length
    chunks[index.chunk].vmas.remove(at: index.offset)
    steps += chunks[index.chunk].vmas.count - index.offset
    settle(index.chunk)
  }

  /// Removes the mappings from `start` to `end`; none may cross these. Calls `body` with each.
  mutating func removeAll(
    from start: GuestAddress, to end: GuestAddress, _ body: (VMA) -> Void
  ) {
    var place = firstIndex(endingAbove: start)
    searched = nil
    while place < endIndex, self[place].start < end {
      let vmas = chunks[place.chunk].vmas
      let stop = vmas[place.offset...].firstIndex { $0.start >= end } ?? vmas.count
      for vma in vmas[place.offset..<stop] {
        byteCount -= vma.length
        body(vma)
      }
      count -= stop - place.offset
      chunks[place.chunk].vmas = Array(vmas[..<place.offset] + vmas[stop...])
      steps += vmas.count
      settle(place.chunk)
      place = firstIndex(endingAbove: start)
    }
  }

  /// Restores the invariants of a chunk that lost mappings.
  private mutating func settle(_ chunk: Int) {
    forgetGaps(chunk)
    if chunks[chunk].vmas.isEmpty {
      chunks.remove(at: chunk)
      return
    }
    if !joinWithNext(chunk), chunk > 0 { _ = joinWithNext(chunk - 1) }
  }

  private mutating func joinWithNext(_ chunk: Int) -> Bool {
    guard chunk + 1 < chunks.count,
      chunks[chunk].vmas.count + chunks[chunk + 1].vmas.count <= Self.chunkLimit / 2
    else { return false }
    chunks[chunk].vmas += chunks.remove(at: chunk + 1).vmas
    chunks[chunk].widestGap = nil
    steps += chunks[chunk].vmas.count
    return true
  }

  /// A gap belongs to the mapping above it, which may be the first of the next chunk.
  private mutating func forgetGaps(_ chunk: Int) {
    chunks[chunk].widestGap = nil
    if chunk + 1 < chunks.count { chunks[chunk + 1].widestGap = nil }
  }
}

extension VMA {
  /// The highest end of a mapping below this one: a growing stack keeps a guard gap of 1 MiB.
  fileprivate var roomBelow: GuestAddress {
    guard flags.contains(.growsDown) else { return start }
    return GuestAddress(start.rawValue > 1 << 20 ? start.rawValue - (1 << 20) : 0)
  }
}
