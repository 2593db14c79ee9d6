import Snapshot

/// What a move took, as its sender sees it. Times are in nanoseconds.
struct MoveOutcome {
  var frozen: Int64 = 0
  var total: Int64 = 0
  /// From the moment when the guest ran there until all was done, but for memory that followed.
  var ending: Int64 = 0
  /// Over the link.
  private(set) var bytes: UInt64 = 0
  /// Bytes of the link in a second; nil: too few went to tell.
  private(set) var rate: Double?
  /// Bytes on the link for each of memory.
  private(set) var share = 1.0
  /// Pages that were sent in rounds, and those that were sent when the guest stood.
  private var pages: (before: UInt64, atStop: UInt64) = (0, 0)

  /// The guest has been written.
  mutating func noteSending(_ pump: SnapshotPump, _ snapshot: SavedSnapshot) {
    note(pump.sent, of: snapshot.pagesWritten * UInt64(Page.size), at: pump.rate)
    if let atStop = snapshot.rounds?.atStop {
      pages = (snapshot.pagesWritten - min(atStop, snapshot.pagesWritten), atStop)
    }
  }

  /// Its memory has followed.
  mutating func noteDelivery(_ bytes: (memory: UInt64, link: UInt64), _ time: Int64) {
    note(bytes.link, of: bytes.memory, at: Double(bytes.link) / Double(max(1, time)) * 1e9)
    pages = (0, 0)
  }

  private mutating func note(_ sent: UInt64, of memory: UInt64, at rate: Double?) {
    bytes += sent
    self.rate = rate
    if memory > 0 { share = max(0.001, Double(sent) / Double(memory)) }
  }

  /// Bytes that the link had to carry when the guest stood: see `Forecast`.
  func bytesLeft(_ maxPause: Int64) -> UInt64 {
    func onLink(_ pages: UInt64) -> UInt64 { UInt64(Double(pages) * Double(Page.size) * share) }
    return Forecast.bytesLeft(
      sent: onLink(pages.before), SnapshotPump.window(at: rate ?? 0, maxPause),
      onLink(pages.atStop))
  }
}
