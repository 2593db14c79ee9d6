/// Which page of the store each page of something is: of an address space, of a file in memory.
///
/// Kept as runs: neighbours whose references are neighbours too (or all zero) are one run, so a map
/// of a large heap is small.
package struct PageMap: Hashable, Sendable {
  package struct Run: Hashable, Sendable {
    /// The owner's number of the first page.
    package var page: UInt64
    /// At least 1.
    package var count: UInt64
    /// Of the first page; the others' count up from it, unless it is zero.
    package var reference: PageReference

    package init(page: UInt64, count: UInt64, reference: PageReference) {
      self.page = page
      self.count = count
      self.reference = reference
    }

    package var pages: Range<UInt64> { page..<(page + count) }

    /// Takes in the run that follows, if the two can be one.
    package mutating func join(_ next: Run) -> Bool {
      let follows =
        reference.isZero
        ? next.reference.isZero : next.reference.rawValue == reference.rawValue + count
      guard next.page == page + count, follows else { return false }
      count += next.count
      return true
    }

    /// The reference of a page in the run.
    package func reference(of page: UInt64) -> PageReference {
      reference.isZero ? .zero : PageReference(rawValue: reference.rawValue + (page - self.page))
    }
  }

  /// Ascending, disjoint, as few as possible.
  package private(set) var runs: [Run] = []
  /// Pages in all runs.
  package private(set) var pageCount: UInt64 = 0

  package init() {}

  /// Adds a page above all those present (else a programming error).
  package mutating func append(_ page: UInt64, _ reference: PageReference) {
    append(Run(page: page, count: 1, reference: reference))
  }

  /// Adds a run above all pages present, which must not be empty (else a programming error).
  package mutating func append(_ run: Run) {
    pageCount += run.count
    if let last = runs.last {
      precondition(run.page >= last.pages.upperBound, "pages of a map must ascend")
      if runs[runs.count - 1].join(run) { return }
    }
    runs.append(run)
  }

  /// The reference of `page`; `nil` when the map does not have it.
  package subscript(page: UInt64) -> PageReference? {
    let index = firstRun(endingAfter: page)
    guard index < runs.count, runs[index].page <= page else { return nil }
    return runs[index].reference(of: page)
  }

  /// Calls `body` for consecutive pieces of `range`, ascending: the runs in it, and the gaps between them, which
  /// have no reference.
  package func forEachPiece<E: Error>(
    in range: Range<UInt64>, _ body: (Range<UInt64>, PageReference?) throws(E) -> Void
  ) throws(E) {
    var page = range.lowerBound
    var index = firstRun(endingAfter: page)
    while index < runs.count, runs[index].page < range.upperBound {
      let run = runs[index]
      if page < run.page { try body(page..<run.page, nil) }
      let piece = max(page, run.page)..<min(run.pages.upperBound, range.upperBound)
      try body(piece, run.reference(of: piece.lowerBound))
      page = piece.upperBound
      index += 1
    }
    if page < range.upperBound { try body(page..<range.upperBound, nil) }
  }

  /// The same for pages that ascend from call to call.
  ///
  /// - Parameter index: of the run to begin with, at first 0. It is moved on.
  package func reference(of page: UInt64, from index: inout Int) -> PageReference? {
    while index < runs.count, runs[index].pages.upperBound <= page { index += 1 }
    guard index < runs.count, runs[index].page <= page else { return nil }
    return runs[index].reference(of: page)
  }

  private func firstRun(endingAfter page: UInt64) -> Int {
    var low = 0
    var high = runs.count
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].pages.upperBound > page { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Calls `body` for each page, ascending.
  package func forEachPage<E: Error>(
    _ body: (_ page: UInt64, PageReference) throws(E) -> Void
  ) throws(E) {
    for run in runs {
      for page in run.pages { try body(page, run.reference(of: page)) }
    }
  }
}

extension PageMap {
  /// Page numbers stay below this: 2⁵² pages of 4 KiB are 64 bits of addresses.
  private static var pageLimit: UInt64 { 1 << 52 }

  /// The map in bytes, as `Docs/SnapshotFormat.md` lays them out.
  package var encoded: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(varint: UInt64(runs.count))
    var end: UInt64 = 0
    var expected: UInt64 = 1
    for run in runs {
      bytes.append(varint: run.page - end)
      bytes.append(varint: run.count << 1 | (run.reference.isZero ? 1 : 0))
      end = run.pages.upperBound
      if run.reference.isZero { continue }
      let step = Int64(run.reference.rawValue) - Int64(expected)
      bytes.append(varint: UInt64(bitPattern: step << 1 ^ step >> 63))
      expected = run.reference.rawValue + run.count
    }
    return bytes
  }

  /// Reads a map back. No byte of it is trusted.
  ///
  /// - Parameters:
  ///   - storedPages: how many pages the store holds (`SnapshotReader.pageCount`).
  ///   - limit: how many pages the map may have at most. A few bytes can claim any number of zero or
  ///     repeated pages, so the owner says what is believable.
  /// - Throws: `malformed`, `noSuchPage`, `tooLarge`.
  package init(decoding bytes: [UInt8], storedPages: UInt64, limit: UInt64) throws(SnapshotError) {
    var cursor = ByteCursor(bytes[...], of: "page map")
    var end: UInt64 = 0
    var expected: UInt64 = 1
    for _ in 0..<(try cursor.varint()) {
      let gap = try cursor.varint()
      let packed = try cursor.varint()
      let count = packed >> 1
      guard count > 0, gap < Self.pageLimit, count <= Self.pageLimit,
        end + gap + count <= Self.pageLimit
      else { throw .malformed("its page map leaves the address space") }
      var reference: UInt64 = 0
      if packed & 1 == 0 {
        let coded = try cursor.varint()
        let step = UInt64(bitPattern: Int64(bitPattern: coded >> 1) ^ -Int64(coded & 1))
        reference = expected &+ step
        guard reference > 0, reference <= storedPages, count <= storedPages - reference + 1 else {
          throw .noSuchPage(reference)
        }
        expected = reference + count
      }
      guard count <= limit, pageCount <= limit - count else {
        throw .tooLarge(
          what: "a page map", size: (pageCount + count) << 12,
          limit: min(limit, Self.pageLimit) << 12)
      }
      let before = runs.count
      append(
        Run(page: end + gap, count: count, reference: PageReference(rawValue: reference)))
      guard runs.count == before + 1 else { throw .malformed("its page map has a split run") }
      end += gap + count
    }
    guard cursor.remaining == 0 else { throw .malformed("its page map has bytes left over") }
  }
}
