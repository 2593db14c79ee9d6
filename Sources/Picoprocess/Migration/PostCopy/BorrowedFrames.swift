import LibOS
import Machine
import Snapshot

/// Where the borrowed pages of a guest belong. The guest's thread alone uses it.
final class BorrowedFrames {
  /// Consecutive pages of one chunk in consecutive frames.
  private struct Run {
    var page: UInt32
    var frame: UInt32
    var count: UInt32

    func isContinued(by page: UInt32, _ frame: Frame) -> Bool {
      page == self.page + count && frame.index == self.frame + count
        && PageChunks.chunk(of: page) == PageChunks.chunk(of: self.page)
    }
  }

  let memory: BorrowedMemory
  /// By chunk. A page may have several frames, or none any more.
  private var runs: [[Run]]

  /// Chunks that are put in their places between two looks at the guest: a millisecond's work.
  private static let batch = 8
  /// Frames that are looked at together.
  private static let step = 16384

  /// - Parameter arena: all frames of the guest are there, and it has not run.
  init(_ memory: BorrowedMemory, _ arena: FrameArena) {
    self.memory = memory
    let last = PageChunks.chunk(of: max(memory.limit, 1))
    runs = Array(repeating: [], count: Int(last) + 1)
    var run: Run?
    var position: UInt32 = 1
    while true {
      let next = arena.storedFrames(from: position, atMost: Self.step)
      guard !next.frames.isEmpty else { break }
      position = next.end
      for (frame, page) in next.frames where page <= memory.limit {
        if run?.isContinued(by: page, frame) == true {
          run?.count += 1
        } else {
          if let run { add(run) }
          run = Run(page: page, frame: frame.index, count: 1)
        }
      }
    }
    if let run { add(run) }
  }

  private func add(_ run: Run) { runs[Int(PageChunks.chunk(of: run.page))].append(run) }

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
        for offset in 0..<run.count {
          let start = Int(run.page + offset - first) * Page.size
          // Of the last chunk there may be less than a hostile guest's tables say.
          guard start + Page.size <= bytes.byteCount else { break }
          arena.deliver(
            bytes.extracting(start..<(start + Page.size)), of: run.page + offset,
            to: Frame(run.frame + offset))
        }
      }
    }
    runs[Int(arrival.chunk)] = []
  }
}
