/// Consecutive pages of a stored page source in a file, uncompressed.
package struct SharedPages {
  /// The open file.
  var descriptor: Int32
  /// Where the first of them begins: a multiple of the page size.
  var offset: UInt64
  var pages: Range<UInt32>

  package init(descriptor: Int32, offset: UInt64, pages: Range<UInt32>) {
    self.descriptor = descriptor
    self.offset = offset
    self.pages = pages
  }
}

// Frames that are pages of a file.
//
// They are mapped privately in place of the arena's own memory: what the guest does not write is there once in the host's
// memory, for all picoprocesses that have mapped it. A frame that is freed gets memory of its own again, since madvise(2)
// would bring the file's bytes back.

extension FrameArena {
  /// Fewer pages than these are read: the host has a limit of mappings.
  private static let leastShared = 4

  /// Maps the file of a stored frame, with the frames around it that are in the same chunk; false if it has to be read.
  func share(_ frame: Frame, _ page: UInt32, _ stored: StoredFrames) -> Bool {
    guard hostPageSize == Frame.size, let shared = stored.source.shared(page),
      shared.pages.contains(page)
    else { return false }
    func isNeighbour(_ index: UInt32, _ number: UInt32) -> Bool {
      stored.page(of: Frame(index)) == number
    }
    var (start, first) = (frame.index, page)
    while start > 1, first > shared.pages.lowerBound, isNeighbour(start - 1, first - 1) {
      start -= 1
      first -= 1
    }
    var (end, last) = (frame.index + 1, page + 1)
    while end < endOfFrames, last < shared.pages.upperBound, isNeighbour(end, last) {
      end += 1
      last += 1
    }
    guard end - start >= Self.leastShared else { return false }
    let offset = shared.offset + UInt64(first - shared.pages.lowerBound) << 12
    let count = Int(end - start) * Frame.size
    // SAFETY: whole frames of the arena, whose bytes are still to come.
    let isMapped = unsafe HostMemory.map(
      shared.descriptor, offset, over: base + Int(start) * Frame.size, count)
    guard isMapped else { return false }
    noteFrames(start..<end, ofFile: true)
    for index in start..<end { stored.clear(Frame(index)) }
    return true
  }

  /// The host's addresses of all frames.
  package var hostAddresses: Range<UInt> {
    let start = unsafe UInt(bitPattern: base)
    return start..<(start + UInt(capacity))
  }
}
