import Snapshot

/// What is known of the link to another machine, by the last moves to it.
package struct LinkFigures: Sendable {
  /// Moves that it is known by.
  package let moves: Int
  /// Bytes a second that it carries.
  package private(set) var rate: Double = 100e6
  /// Bytes a second of memory that are compressed, if the link carries them.
  private(set) var compressionRate: Double = 250e6
  /// Oldest first.
  private let records: [MoveRecord]

  /// Older ones say nothing of today.
  private static let window = 9
  /// A day, in nanoseconds: more is none of the link's business.
  private static let longest = 86_400e9
  private static let usualStop: Int64 = 15_000_000
  private static let usualEnding: Int64 = 30_000_000
  private static let usualOpening: Int64 = 200_000_000

  /// By what was written down.
  init(to host: RemoteHost) { self.init(MoveRecords(host)?.records ?? []) }

  package init(_ records: [MoveRecord]) {
    self.records = records
    moves = records.count
    // What few bytes took says little.
    let free = records.filter { !$0.isLimited && $0.way.usesCopy != true }
    let rates = [true, false].compactMap { compresses in
      median(free.filter { ($0.way.compression != .none) == compresses }, \.rate)
    }
    if let best = rates.max() { rate = best }
    let compressed = free.filter { $0.way.compression != .none }
    if let known = median(compressed, \.memoryRate) { compressionRate = known }
  }

  private func median(_ records: [MoveRecord], _ value: (MoveRecord) -> Double?) -> Double? {
    let values = records.compactMap(value).suffix(Self.window).sorted()
    return values.isEmpty ? nil : values[values.count / 2]
  }

  /// Nanoseconds that a stop takes besides what the link needs for the bytes that are left.
  func stop(_ way: MoveWay) -> Int64 {
    usual(way, Self.usualStop) { record in
      Double(record.outcome.frozen) - (record.rate.map { Double(record.bytesLeft) / $0 * 1e9 } ?? 0)
    }
  }

  /// Nanoseconds from the moment when the guest runs there until all is done, but for memory that follows.
  func ending(_ way: MoveWay) -> Int64 { usual(way, Self.usualEnding) { Double($0.ending) } }

  /// Nanoseconds from the command until the guest's memory begins to go: its own moves say more than those of others, since files may go
  /// along.
  func opening(of guest: String) -> Int64 {
    let own = records.filter { $0.guest == guest && $0.opening != nil }
    let known = median(own.isEmpty ? records : own) { $0.opening.map { Double($0) } }
    return known.map(Self.time) ?? Self.usualOpening
  }

  /// The median of moves that were as this one.
  ///
  /// - Parameter unknown: if there were none.
  private func usual(_ way: MoveWay, _ unknown: Int64, _ value: (MoveRecord) -> Double) -> Int64 {
    let alike = records.filter { $0.way.isPostCopy == way.isPostCopy }
    return median(alike, value).map(Self.time) ?? unknown
  }

  private static func time(_ nanoseconds: Double) -> Int64 {
    Int64(max(-longest, min(nanoseconds, longest)))
  }
}
