/// Which chunk of a guest's pages is sent next: what tasks wait for comes first, then what follows the last of that.
/// Nothing is sent twice over one link.
struct PageSending {
  private let chunks: PageChunks
  /// What is in the guest's memory there.
  private(set) var taken: ChunkSet
  private var sent: ChunkSet
  private var wanted: [UInt32] = []
  private var isWanted = ChunkSet()
  /// Where to go on if nothing is wanted.
  private var cursor: UInt32 = 0
  /// Those that were sent and are not taken, with the time of each.
  private var underWay: [(chunk: UInt32, time: Int64)] = []
  private var window = PageWindow()

  /// More than the window may be under way if they are wanted.
  private static let wantedRoom = 16

  /// - Parameter held: what is there when the transfer begins.
  init(_ chunks: PageChunks, held: ChunkSet) throws(Failure) {
    guard held.isBelow(chunks.count) else {
      throw Failure("the holder has pages that there are not")
    }
    self.chunks = chunks
    taken = held
    sent = held
  }

  var isComplete: Bool { taken.count == chunks.count }

  /// What was sent already, or is wanted already, is so for once.
  mutating func want(_ list: [UInt32]) throws(Failure) {
    for chunk in list {
      guard chunk < chunks.count else { throw Failure("the holder wants pages that there are not") }
      if !sent.contains(chunk), isWanted.insert(chunk) { wanted.append(chunk) }
    }
  }

  /// - Parameter now: in nanoseconds.
  mutating func acknowledge(_ count: UInt32, at now: Int64) throws(Failure) {
    guard count <= underWay.count else {
      throw Failure("the holder acknowledges what was not sent")
    }
    for (chunk, time) in underWay.prefix(Int(count)) {
      taken.insert(chunk)
      window.note(sent: time, taken: now)
    }
    underWay.removeFirst(Int(count))
  }

  /// The chunk to send now; nil if there is none, or too much is under way.
  mutating func next(at now: Int64) -> UInt32? {
    guard sent.count < chunks.count else { return nil }
    let room = window.size - underWay.count
    var next: UInt32?
    while next == nil, room > -Self.wantedRoom, !wanted.isEmpty {
      let first = wanted.removeFirst()
      // The cursor may have come by.
      if !sent.contains(first) { next = first }
    }
    if next == nil, room > 0 {
      while sent.contains(cursor) { cursor = following(cursor) }
      next = cursor
    }
    guard let next else { return nil }
    sent.insert(next)
    underWay.append((next, now))
    cursor = following(next)
    return next
  }

  private func following(_ chunk: UInt32) -> UInt32 {
    chunk + 1 < chunks.count ? chunk + 1 : 0
  }
}

/// How many chunks may be under way: as many as keep the link busy, and few enough that what a task waits for does not
/// queue behind many others.
struct PageWindow {
  private(set) var size = 4

  /// Nanoseconds that a chunk takes when the link is idle, with the acknowledgment.
  private var shortest = Int64.max
  /// When chunks were last counted, and how many have been taken since.
  private var sample: (time: Int64, count: Int)?

  private static let sizes = 2...32
  private static let period: Int64 = 50_000_000

  mutating func note(sent: Int64, taken now: Int64) {
    shortest = max(min(shortest, now - sent), 1_000_000)
    guard let last = sample else {
      sample = (now, 0)
      return
    }
    sample?.count += 1
    let time = now - last.time
    guard time >= Self.period else { return }
    // Twice what the link carries in that time: so a window that is too small grows.
    let chunks = Double(last.count + 1) / Double(time) * Double(shortest) * 2
    size = min(max(Int(chunks.rounded(.up)), Self.sizes.lowerBound), Self.sizes.upperBound)
    sample = (now, 0)
  }
}
