/// Whether another round of a suspension is worth while, or the guest stops for the rest.
struct RoundPace {
  /// Pages that are written without a further round: it would not be worth the trouble.
  let few: UInt64
  private let limit: Int
  /// Nanoseconds for which the guest may stand; nil: as few pages as rounds achieve.
  private let maxPause: Int64?
  /// The guest needs the memory that another round would take.
  var mustEnd = false
  /// Of the last two rounds.
  private var pages: [UInt64] = []
  private var rounds = 0
  private var start: Int64 = 0
  /// Of the last round, in nanoseconds.
  private var time: Int64 = 0

  static let standard = RoundPace(few: 1024, limit: 10, maxPause: nil)

  /// - Parameter maxPause: a round that takes no longer is the last.
  init(maxPause: Int64) { self.init(few: 64, limit: 30, maxPause: maxPause) }

  private init(few: UInt64, limit: Int, maxPause: Int64?) {
    self.few = few
    self.limit = limit
    self.maxPause = maxPause
  }

  mutating func begin(at time: Int64) { start = time }

  mutating func note(pages count: UInt64, at now: Int64) {
    pages = pages.suffix(1) + [count]
    rounds += 1
    time = now - start
  }

  /// Whether the next round will have much to write, though clearly less than the last one.
  ///
  /// What is written while a round lasts is what the next one, or the guest's stop, has to carry: at a pause that is
  /// short enough, about as long as the round was.
  var isWorthARound: Bool {
    guard !mustEnd, rounds < limit, let last = pages.last, last > few else { return false }
    if let maxPause, time <= maxPause { return false }
    return pages.count < 2 || last <= pages[0] / 4 * 3
  }
}
