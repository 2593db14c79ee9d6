import LibOS
import LibOSState
import Machine
import Snapshot

/// Compares pages of two snapshots.
struct PageComparison {
  let old: SnapshotDescription
  let new: SnapshotDescription
  /// References up to here mean the same pages in both.
  private let sharedPages: UInt64
  /// A few bytes can stand for any number of pages; no picoprocess has 256 GiB of them.
  private var pagesLeft: UInt64 = 1 << 26

  init(_ old: SnapshotDescription, _ new: SnapshotDescription) {
    self.old = old
    self.new = new
    sharedPages = new.reader.sharedPageCount(with: old.reader)
  }

  /// The pages of `after` whose bytes differ from those of `before`, in as few ranges as possible. Both ascend.
  /// Where `before` has nothing, only pages that are in the new snapshot count.
  mutating func changes(_ before: [SavedMemory.Piece], _ after: [SavedMemory.Piece])
    throws(SnapshotError) -> [Range<UInt64>]
  {
    var changes: [Range<UInt64>] = []
    let start = after.first?.pages.lowerBound ?? 0
    var index = before.partitioningIndex { $0.pages.upperBound > start }
    for piece in after {
      var page = piece.pages.lowerBound
      while page < piece.pages.upperBound {
        while index < before.count, before[index].pages.upperBound <= page { index += 1 }
        var end = piece.pages.upperBound
        var other: SavedMemory.Piece?
        if index < before.count, before[index].pages.lowerBound <= page {
          other = before[index]
          end = min(end, before[index].pages.upperBound)
        } else if index < before.count {
          end = min(end, before[index].pages.lowerBound)
        }
        try compare(other, piece, page..<end, &changes)
        page = end
      }
    }
    return changes
  }

  private mutating func compare(
    _ before: SavedMemory.Piece?, _ after: SavedMemory.Piece, _ pages: Range<UInt64>,
    _ changes: inout [Range<UInt64>]
  ) throws(SnapshotError) {
    switch (before?.content, after.content) {
    case (nil, .zero), (nil, .absent), (.zero, .zero), (.absent, .absent): return
    case (.absent, _), (_, .absent), (nil, _):
      // Memory takes the place of a file, or the other way round.
      add(pages, to: &changes)
      return
    default: break
    }
    for page in pages {
      guard pagesLeft > 0 else {
        throw .tooLarge(what: "what is to be compared", size: .max, limit: 1 << 38)
      }
      pagesLeft -= 1
      let first = before?.reference(of: page) ?? .zero
      let second = after.reference(of: page)
      if first == second, first.rawValue <= sharedPages { continue }
      if try bytes(old, first) != bytes(new, second) { add(page..<(page + 1), to: &changes) }
    }
  }

  private func bytes(_ snapshot: SnapshotDescription, _ reference: PageReference)
    throws(SnapshotError) -> [UInt8]
  {
    var bytes = [UInt8](repeating: 0, count: Page.size)
    try bytes.withMutableRawSpan { (span) throws(SnapshotError) in
      try snapshot.reader.page(reference, into: &span)
    }
    return bytes
  }

  private func add(_ pages: Range<UInt64>, to changes: inout [Range<UInt64>]) {
    if let last = changes.last, last.upperBound == pages.lowerBound {
      changes[changes.count - 1] = last.lowerBound..<pages.upperBound
    } else {
      changes.append(pages)
    }
  }
}

extension SavedMemory.Piece {
  /// The page of the store; that of zeroes if it is in none.
  fileprivate func reference(of page: UInt64) -> PageReference {
    guard case .stored(let first) = content else { return .zero }
    return PageReference(rawValue: first.rawValue + (page - pages.lowerBound))
  }
}

// MARK: Memory

extension PageComparison {
  /// The mappings that differ, in attributes or bytes.
  mutating func memory() throws(Failure) -> [SnapshotDifference.Mapping] {
    let before = try old.memories()
    let after = try new.memories()
    var result: [SnapshotDifference.Mapping] = []
    for pid in Set(before.keys).union(after.keys).sorted() {
      let (old, new) = (before[pid] ?? [], after[pid] ?? [])
      for mapping in new {
        if let row = try row(mapping, pid, old) { result.append(row) }
      }
      for mapping in old where !new.overlap(mapping) {
        result.append(SnapshotDifference.Mapping(mapping, pid, .removed))
      }
    }
    return result
  }

  private mutating func row(
    _ mapping: SavedMemory.Mapping, _ pid: Int32, _ before: [SavedMemory.Mapping]
  ) throws(Failure) -> SnapshotDifference.Mapping? {
    let first = before.first(from: mapping.pages.lowerBound)
    let overlapping = before[first...].prefix { $0.pages.lowerBound < mapping.pages.upperBound }
    var row = SnapshotDifference.Mapping(mapping, pid, overlapping.isEmpty ? .added : .changed)
    let changes: [Range<UInt64>]
    do throws(SnapshotError) {
      changes = try self.changes(overlapping.flatMap(\.pieces), mapping.pieces)
    } catch { throw Failure(new.path, error) }
    row.pages = changes.reduce(0) { $0 + UInt64($1.count) }
    row.ranges = changes.map {
      SnapshotDifference.Range(start: hex($0.lowerBound << 12), end: hex($0.upperBound << 12))
    }
    if let old = overlapping.first {
      row.values = SnapshotDifference.compare(old.attributes, mapping.attributes)
    }
    return overlapping.isEmpty || row.pages > 0 || !row.values.isEmpty ? row : nil
  }
}

extension [SavedMemory.Mapping] {
  /// The index of the first that ends behind `page`.
  fileprivate func first(from page: UInt64) -> Int {
    partitioningIndex { $0.pages.upperBound > page }
  }

  fileprivate func overlap(_ mapping: SavedMemory.Mapping) -> Bool {
    let index = first(from: mapping.pages.lowerBound)
    return index < count && self[index].pages.lowerBound < mapping.pages.upperBound
  }
}

private func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }

extension SavedMemory.Mapping {
  fileprivate var attributes: [(String, String)] {
    let bits = zip(["r", "w", "x"], [1, 2, 4] as [UInt32])
    return [
      ("start", hex(pages.lowerBound << 12)), ("end", hex(pages.upperBound << 12)),
      ("permissions", bits.map { permissions & $1 != 0 ? $0 : "-" }.joined()),
      ("offset", hasFile ? hex(firstFilePage << 12) : "0x0"),
      ("name", String(decoding: name, as: UTF8.self)),
    ]
  }
}

extension SnapshotDifference.Mapping {
  fileprivate init(
    _ mapping: SavedMemory.Mapping, _ pid: Int32, _ change: SnapshotDifference.Change
  ) {
    self.init(
      pid: pid, start: hex(mapping.pages.lowerBound << 12),
      end: hex(mapping.pages.upperBound << 12), name: String(decoding: mapping.name, as: UTF8.self),
      change: change, values: [], pages: 0, ranges: [])
  }
}

extension SnapshotDescription {
  /// The mappings of the processes that have memory of their own.
  fileprivate func memories() throws(Failure) -> [Int32: [SavedMemory.Mapping]] {
    var memories: [Int32: [SavedMemory.Mapping]] = [:]
    for process in processes.processes where process.memoryOf == 0 {
      do throws(SnapshotError) {
        memories[process.pid] = try SavedMemory(self, process, readsFiles: false).mappings
      } catch { throw Failure(path, error) }
    }
    return memories
  }
}
