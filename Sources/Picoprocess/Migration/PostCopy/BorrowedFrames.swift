import LibOS
import Machine
import Snapshot

/// Where the borrowed pages of a guest belong. The guest's thread alone uses it.
final class BorrowedFrames {
  /// Consecutive pages of one chunk in consecutive frames.
  private struct Run {
    var pages: Range<UInt32>
    var first: Frame
  }

  let memory: BorrowedMemory
  /// By chunk. A page may have several frames, or none any more.
  private var runs: [[Run]]

  /// Chunks that are put in their places between two looks at the guest: a millisecond's work.
  private static let batch = 8

  /// - Parameter arena: all frames of the guest are there, and it has not run.
  init(_ memory: BorrowedMemory, _ arena: FrameArena) {
    self.memory = memory
    let last = PageChunks.chunk(of: max(memory.limit, 1))
    runs = Array(repeating: [], count: Int(last) + 1)
    for run in arena.storedRuns {
      var pages = run.pages.clamped(to: 1..<memory.limit + 1)
      while let page = pages.first {
        let chunk = PageChunks.chunk(of: page)
        let end = min(PageChunks.firstPage(of: chunk + 1), pages.upperBound)
        runs[Int(chunk)].append(Run(pages: page..<end, first: run.frame(of: page)))
        pages = end..<pages.upperBound
      }
    }
  }

  /// Puts some of what has come in its place.
  ///
  /// - Returns: whether there was something, and whether there is more.
  func deliver(to arena: FrameArena) -> (some: Bool, more: Bool) {
    let arrivals = memory.arrivals(atMost: Self.batch)
    guard !arrivals.isEmpty else { return (false, false) }
    for arrival in arrivals { deliver(arrival, to: arena) }
    return (true, memory.noteTaken(arrivals.count))
  }

  private func deliver(_ arrival: BorrowedMemory.Arrival, to arena: FrameArena) {
    let first = PageChunks.firstPage(of: arrival.chunk)
    arrival.bytes.withRawSpan { bytes in
      for run in runs[Int(arrival.chunk)] {
        for page in run.pages {
          let start = Int(page - first) * Page.size
          // Of the last chunk there may be less than a hostile guest's tables say.
          guard start + Page.size <= bytes.byteCount else { break }
          arena.deliver(
            bytes.extracting(start..<(start + Page.size)), of: page,
            to: run.first.following(Int(page - run.pages.lowerBound)))
        }
      }
    }
    runs[Int(arrival.chunk)] = []
  }
}
