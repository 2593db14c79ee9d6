import Machine
package import Snapshot

/// The pages of a stopped guest that its snapshot only numbers: whoever resumes it asks for them later (a post-copy).
///
/// The guest's thread fills it. Then it never changes, and any thread may read, as long as the guest stands.
package final class DeferredPages: @unchecked Sendable {
  private var numbers: FrameNumbers
  private let bytes: FrozenBytes
  /// Has the pages of frames whose bytes are not here.
  private let stored: SnapshotReader?

  /// More than a terabyte is not offered.
  package static let mostPages: UInt32 = 1 << 28

  /// For all that the guest has now.
  package init(_ kernel: Kernel) {
    numbers = FrameNumbers(
      limit: min(UInt32(clamping: kernel.arena.framesInUse), Self.mostPages))
    bytes = kernel.arena.frozenBytes
    stored = kernel.storedPages?.anotherReader()
  }

  /// They are numbered from 1 to this at most.
  package var limit: UInt32 { numbers.limit }
  package var count: UInt32 { numbers.count }

  /// Numbers the pages of a table in their order; nil if there are too many.
  func map(of pages: any FrozenPages) -> PageMap? {
    var map = PageMap()
    var hasRoom = true
    pages.forEachRun { pages, first in
      hasRoom = hasRoom && numbers.add(pages, first, to: &map)
    }
    return hasRoom ? map : nil
  }

  /// Reads the pages, for one thread.
  package func reader() -> Reader { Reader(self) }

  package struct Reader {
    private let pages: DeferredPages
    private var view: ViewedPages

    fileprivate init(_ pages: DeferredPages) {
      self.pages = pages
      view = ViewedPages(pages.bytes, stored: pages.stored?.another())
    }

    /// The bytes of consecutive pages, all of which there are.
    package mutating func bytes(of numbers: Range<UInt32>) throws(SnapshotError) -> [UInt8] {
      var bytes: [UInt8] = []
      bytes.reserveCapacity(numbers.count * Frame.size)
      for number in numbers {
        try view.withBytes(pages.numbers.frame(of: number)) { bytes += $0.array }
      }
      return bytes
    }
  }
}

/// The numbers of frames, which count up from 1 in the order in which they are met.
private struct FrameNumbers {
  let limit: UInt32
  private(set) var count: UInt32 = 0
  /// In the order of the numbers. Even a large guest has few.
  private var runs: ContiguousArray<Run> = []
  /// By frame; 0: it has none.
  private var table: ContiguousArray<UInt32> = []

  /// Consecutive frames with consecutive numbers.
  private struct Run {
    var numbers: Range<UInt32>
    var first: Frame
  }

  init(limit: UInt32) { self.limit = limit }

  /// Adds pages in consecutive frames, or all in the zero frame, to a map.
  ///
  /// - Returns: whether there are numbers left for them.
  mutating func add(_ pages: Range<UInt64>, _ first: Frame, to map: inout PageMap) -> Bool {
    if first == .zero {
      map.append(PageMap.Run(page: pages.lowerBound, count: UInt64(pages.count), reference: .zero))
      return true
    }
    let frames = Int(first.index)..<Int(first.index) + pages.count
    if frames.upperBound > table.count {
      let growth = max(frames.upperBound - table.count, table.count, Int(limit))
      table += repeatElement(0, count: growth)
    }
    var place = frames.lowerBound
    while place < frames.upperBound {
      let start = place
      if table[place] == 0 {
        repeat { place += 1 } while place < frames.upperBound && table[place] == 0
        guard number(start..<place) else { return false }
      } else {
        place += 1
      }
      map.append(
        PageMap.Run(
          page: pages.lowerBound + UInt64(start - frames.lowerBound), count: UInt64(place - start),
          reference: PageReference(rawValue: UInt64(table[start]))))
    }
    return true
  }

  /// Gives frames that have none the next numbers, as long as there are any.
  private mutating func number(_ frames: Range<Int>) -> Bool {
    guard frames.count <= limit - count else { return false }
    let first = count + 1
    for frame in frames {
      count += 1
      table[frame] = count
    }
    runs.append(Run(numbers: first..<count + 1, first: Frame(UInt32(frames.lowerBound))))
    return true
  }

  /// - Parameter number: one that a frame has.
  func frame(of number: UInt32) -> Frame {
    let run = runs[runs.partitioningIndex { $0.numbers.upperBound > number }]
    return run.first.following(Int(number - run.numbers.lowerBound))
  }
}
