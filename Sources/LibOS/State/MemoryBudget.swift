import Snapshot

/// What a snapshot may claim of the memory limit before any of it is allocated: a few bytes of a file can
/// stand for any number of pages.
///
/// Frames count themselves as they are taken; this is for what lies beside them.
struct MemoryBudget {
  private var left: UInt64

  init(limit: UInt64) { left = limit }

  /// - Throws: `memoryLimit`.
  mutating func charge(_ bytes: UInt64) throws(SnapshotError) {
    guard bytes <= left else { throw .memoryLimit }
    left -= bytes
  }

  /// Charges the tables that map these pages: leaves of 512 entries.
  mutating func charge(tablesFor map: PageMap) throws(SnapshotError) {
    var leaves: UInt64 = 0
    var last: UInt64 = .max
    for run in map.runs {
      let first = run.page >> 9
      let end = (run.pages.upperBound - 1) >> 9
      leaves += end - first + (first == last ? 0 : 1)
      last = end
    }
    let (bytes, overflow) = leaves.multipliedReportingOverflow(by: Self.leafSize)
    try charge(overflow ? .max : bytes)
  }

  private static let leafSize: UInt64 = 512 * 8
}
