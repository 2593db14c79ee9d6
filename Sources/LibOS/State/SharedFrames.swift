import Machine
import Snapshot

/// The frames of stored pages, by the pages' references.
struct SharedFrames {
  /// Consecutive pages in consecutive frames.
  private struct Run {
    var first: UInt64
    var end: UInt64
    var frame: UInt32

    func frame(of reference: UInt64) -> UInt32 { frame + UInt32(reference - first) }
  }

  /// In ascending order: the pages of a snapshot without parents count up, and so it needs nothing else.
  private var runs: ContiguousArray<Run> = []
  /// Pages that got their frames after later ones did.
  private var others: Others

  /// - Parameters:
  ///   - pages: those of the snapshot.
  ///   - limit: how many frames there can be.
  init(pages: UInt64, limit: Int) {
    others = Others(pages: pages, limit: limit)
  }

  /// Whether none of `count` consecutive pages has a frame.
  func hasNone(of first: PageReference, _ count: Int) -> Bool {
    let end = first.rawValue + UInt64(count)
    let place = place(of: first.rawValue)
    guard place == runs.count || runs[place].first >= end else { return false }
    return others.hasNone(of: first.rawValue..<end)
  }

  /// Gives consecutive pages consecutive frames.
  mutating func set(_ first: PageReference, _ count: Int, _ frame: Frame) {
    let end = first.rawValue + UInt64(count)
    guard let last = runs.last else {
      runs.append(Run(first: first.rawValue, end: end, frame: frame.index))
      return
    }
    if first.rawValue < last.end {
      others.set(first.rawValue..<end, frame.index)
    } else if first.rawValue == last.end, frame.index == last.frame(of: last.end) {
      runs[runs.count - 1].end = end
    } else {
      runs.append(Run(first: first.rawValue, end: end, frame: frame.index))
    }
  }

  /// The frame of a page; nil if it has none.
  subscript(reference: PageReference) -> Frame? {
    let place = place(of: reference.rawValue)
    if place < runs.count, runs[place].first <= reference.rawValue {
      return Frame(runs[place].frame(of: reference.rawValue))
    }
    return others[reference.rawValue].map { Frame($0) }
  }

  /// The number of runs that end before a page.
  private func place(of reference: UInt64) -> Int {
    // Nearly all pages come behind those before.
    guard let last = runs.last, reference < last.end else { return runs.count }
    return runs.partitioningIndex { $0.end > reference }
  }

  private struct Others {
    /// By reference; 0 where there is none. Made with the first of them.
    private var table: ContiguousArray<UInt32> = []
    /// In its place if it would be larger than what it is for.
    private var few: [UInt64: UInt32] = [:]
    private let tableSize: Int

    init(pages: UInt64, limit: Int) {
      tableSize = pages <= limit ? Int(pages) + 1 : 0
    }

    func hasNone(of pages: Range<UInt64>) -> Bool {
      guard few.isEmpty else { return false }
      return table.isEmpty
        || table[Int(pages.lowerBound)..<Int(pages.upperBound)].allSatisfy { $0 == 0 }
    }

    mutating func set(_ pages: Range<UInt64>, _ frame: UInt32) {
      if table.isEmpty { table = ContiguousArray(repeating: 0, count: tableSize) }
      for (frame, page) in zip(frame..., pages) {
        if tableSize == 0 { few[page] = frame } else { table[Int(page)] = frame }
      }
    }

    subscript(page: UInt64) -> UInt32? {
      guard !table.isEmpty else { return few[page] }
      let frame = table[Int(page)]
      return frame == 0 ? nil : frame
    }
  }
}
