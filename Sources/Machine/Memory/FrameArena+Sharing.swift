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
  /// How far to look for frames that can be mapped with one, each way.
  private static let reach: UInt32 = 64

  /// Maps the file of a stored frame, with the frames around it that are in the same chunk; false if it has to be read.
  func share(_ frame: Frame, _ page: UInt32, _ stored: StoredFrames) -> Bool {
    guard hostPageSize == Frame.size, stored.source.shares else { return false }
    func isStored(_ index: UInt32, _ number: UInt32) -> Bool {
      stored.page(of: Frame(index)) == number
    }
    // The source checks a whole chunk: it is asked only for what will be mapped.
    var before: UInt32 = 0
    while before < Self.reach, before + 1 < min(frame.index, page),
      isStored(frame.index - before - 1, page - before - 1)
    {
      before += 1
    }
    var behind: UInt32 = 1
    while behind < Self.reach, frame.index + behind < endOfFrames,
      isStored(frame.index + behind, page + behind)
    {
      behind += 1
    }
    guard before + behind >= Self.leastShared, let shared = stored.source.shared(page) else {
      return false
    }
    let pages = (page - before..<page + behind).clamped(to: shared.pages)
    guard pages.contains(page), pages.count >= Self.leastShared else { return false }
    let start = frame.index - (page - pages.lowerBound)
    let end = start + UInt32(pages.count)
    let offset = shared.offset + UInt64(pages.lowerBound - shared.pages.lowerBound) << 12
    let count = pages.count * Frame.size
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
