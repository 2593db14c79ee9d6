/// Whether another round of a suspension is worth while, or the guest stops for the rest.
struct RoundPace {
  /// Pages that are written without a further round: it would not be worth the trouble.
  let few: UInt64
  private let limit: Int
  /// Nanoseconds for which the guest may stand; nil: as few pages as rounds achieve.
  private let maxPause: Int64?
  private let throttles: Bool
  /// The share of time, in percent, that the guest is to be held while it runs.
  private(set) var throttle = 0
  /// The guest needs the memory that another round would take.
  var mustEnd = false
  /// Of the last two rounds.
  private var pages: [UInt64] = []
  private var rounds = 0
  /// Of all rounds.
  private var pagesInAll: UInt64 = 0
  private var start: Int64 = 0
  /// Of the last round, in nanoseconds.
  private var time: Int64 = 0

  static let standard = RoundPace(few: 1024, limit: 10, maxPause: nil)

  /// - Parameter maxPause: a round that takes no longer is the last.
  /// - Parameter throttles: slows a guest whose rounds do not get smaller, rather than stop it.
  init(maxPause: Int64, throttles: Bool) {
    self.init(few: 64, limit: 40, maxPause: maxPause, throttles: throttles)
  }

  private init(few: UInt64, limit: Int, maxPause: Int64?, throttles: Bool = false) {
    self.few = few
    self.limit = limit
    self.maxPause = maxPause
    self.throttles = throttles
  }

  mutating func begin(at time: Int64) { start = time }

  mutating func note(pages count: UInt64, at now: Int64) {
    pages = pages.suffix(1) + [count]
    pagesInAll += count
    rounds += 1
    time = now - start
  }

  /// Some time has passed since the last round: the next one says nothing about those before.
  mutating func restart() { pages = [] }

  /// - Parameter pages: of the snapshot; those that no round had are written at the stop.
  func rounds(ofAll pages: UInt64) -> SavedSnapshot.Rounds {
    SavedSnapshot.Rounds(atStop: pages - min(pages, pagesInAll))
  }

  private static let throttleStep = 20
  private static let throttleLimit = 90

  /// Whether there is to be another round: it will have much to write, though clearly less than the last one.
  ///
  /// What is written while a round lasts is what the next one, or the guest's stop, has to carry: at a pause that is
  /// short enough, about as long as the round was.
  mutating func goesOn() -> Bool {
    guard !mustEnd, rounds < limit, let last = pages.last, last > few else { return false }
    if let maxPause, time <= maxPause { return false }
    if pages.count < 2 || last <= pages[0] / 4 * 3 { return true }
    guard throttles, throttle < Self.throttleLimit else { return false }
    throttle = min(throttle + Self.throttleStep, Self.throttleLimit)
    return true
  }
}
