import Machine
package import Snapshot

/// The pages of a stopped guest that its snapshot only numbers: whoever resumes it asks for them later (a post-copy).
///
/// The guest's thread fills it. Then it never changes, and any thread may read, as long as the guest stands.
package final class DeferredPages: @unchecked Sendable {
  /// They are numbered from 1 to this at most.
  package let limit: UInt32
  /// In the order of their numbers.
  private var frames: ContiguousArray<Frame> = []
  /// By frame; 0: it has none.
  private var numbers: ContiguousArray<UInt32> = []
  private let bytes: FrozenBytes
  /// Has the pages of frames whose bytes are not here.
  private let stored: SnapshotReader?

  /// More than a terabyte is not offered.
  package static let mostPages: UInt32 = 1 << 28

  /// For all that the guest has now.
  package init(_ kernel: Kernel) {
    limit = min(UInt32(clamping: kernel.arena.framesInUse), Self.mostPages)
    bytes = kernel.arena.frozenBytes
    stored = kernel.storedPages?.anotherReader()
  }

  package var count: UInt32 { UInt32(frames.count) }

  /// Numbers the pages of a table in their order; nil if there are too many.
  func map(of pages: any FrozenPages) -> PageMap? {
    var map = PageMap()
    var hasRoom = true
    pages.forEachPage { page, entry in
      guard hasRoom, let reference = reference(to: entry.frame) else {
        hasRoom = false
        return
      }
      map.append(page, reference)
    }
    return hasRoom ? map : nil
  }

  private func reference(to frame: Frame) -> PageReference? {
    if frame == .zero { return .zero }
    let index = Int(frame.index)
    if index >= numbers.count {
      numbers += repeatElement(0, count: max(index + 1 - numbers.count, numbers.count))
    }
    if numbers[index] == 0 {
      guard count < limit else { return nil }
      frames.append(frame)
      numbers[index] = count
    }
    return PageReference(rawValue: UInt64(numbers[index]))
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
        try view.withBytes(pages.frames[Int(number) - 1]) { bytes += $0.array }
      }
      return bytes
    }
  }
}
