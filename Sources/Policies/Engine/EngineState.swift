/// What an engine remembers from step to step. Without it, it starts as a new one: it may wait once more before it acts, and no
/// application is moved twice or lost.
package struct EngineState: Hashable, Sendable, Codable {
  /// The last step.
  var now: Int64?
  var wallSeconds: Int64?
  /// Conditions with hysteresis that hold, by their names.
  var latches: Set<String> = []
  /// Since when conditions hold without a break, by their names.
  var since: [String: Int64] = [:]
  /// When an application was last told to do something, and not to try again before.
  var waits: [String: Int64] = [:]
  /// Reasons for staying that have been said.
  var said: [String: String] = [:]
  /// How much longer moves with a peer take than was foretold: 1 is as foretold. What this machine has seen of a peer counts
  /// more than what the peer says of itself.
  var slowness: [String: Double] = [:]
  /// Moves that failed, by application and peer.
  var failures: [String: [String: MoveFailure]] = [:]
  /// Applications that have been told what to do in the present departure.
  var departed: [String: Farewell] = [:]
  /// When the last of them that moved was there, or was told to move.
  var progress: Int64?
  /// Times of the day that have passed since the last step, of those that rules name.
  var mornings: [String: Int64] = [:]

  package init() {}

  /// Nobody has sent an application away and has not seen it leave for so long.
  static let patience: Int64 = 30_000_000_000

  /// Prepares for a step. Moments of an earlier boot say nothing now.
  mutating func begin(_ observation: Observation) {
    if let last = now, last > observation.now { self = EngineState() }
    waits = waits.filter { $0.value > observation.now }
    // What nobody asks about any more must not pile up.
    if since.count > 1000 { since = [:] }
    let elsewhere = observation.peers.flatMap(\.applications).map(\.name)
    let names = Set(observation.applications.map(\.name) + elsewhere)
      .union(observation.standbys.map(\.name) + observation.suspended.map(\.name))
    said = said.filter { names.contains($0.key) }
    mornings = mornings.filter { names.contains($0.key) }
    let peers = Set(observation.peers.map(\.name))
    slowness = slowness.filter { peers.contains($0.key) }
    failures = failures.filter { names.contains($0.key) }
    for result in observation.outcomes where peers.contains(result.peer) {
      note(result, observation.now)
    }
    if observation.departure == nil { (departed, progress) = ([:], nil) }
    if observation.outcomes.contains(where: { $0.succeeded }) { progress = observation.now }
  }

  /// Whether `condition` has held for so long; `reset`, which must be false when `condition` is true, ends it.
  ///
  /// - Returns: whether it has, and else when it will have.
  mutating func holds(_ name: String, _ condition: Bool, reset: Bool, for time: Span, _ now: Int64)
    -> (holds: Bool, at: Int64?)
  {
    if reset { since[name] = nil }
    if condition, since[name] == nil { since[name] = now }
    guard let start = since[name] else { return (false, nil) }
    let end = start + time.nanoseconds
    return end <= now ? (true, nil) : (false, end)
  }

  /// A condition that begins when `isSet` and ends when `isReset`.
  mutating func latch(_ name: String, isSet: Bool, isReset: Bool) -> Bool {
    if isReset { latches.remove(name) } else if isSet { latches.insert(name) }
    return latches.contains(name)
  }
}

/// What an application was told to do before its machine leaves.
enum Farewell: Hashable, Sendable, Codable {
  case moves(to: String)
  /// There was no time to suspend it instead.
  case onlyMoves
  case isSuspended, comesHome
}

/// Moves of an application to or from a peer that failed, since the last that did not.
struct MoveFailure: Hashable, Sendable, Codable {
  var count = 0
  /// None is tried before.
  var until: Int64 = 0
}

extension EngineState {
  func failure(_ application: String, _ peer: String) -> MoveFailure? {
    failures[application]?[peer]
  }

  private static let firstPause = Span.minutes(1)
  private static let longestPause = Span.hours(1)

  private mutating func note(_ result: MoveResult, _ now: Int64) {
    waits[result.application] = nil
    guard result.succeeded else {
      var failure = failures[result.application]?[result.peer] ?? MoveFailure()
      failure.count += 1
      let pause = Self.firstPause.nanoseconds << Int64(min(failure.count - 1, 6))
      failure.until = now + min(Self.longestPause.nanoseconds, pause)
      failures[result.application, default: [:]][result.peer] = failure
      return
    }
    failures[result.application]?[result.peer] = nil
    guard let foretold = result.foretold, foretold > 0, result.total >= 0 else { return }
    // One bad move among good ones says little.
    let ratio = max(0.2, min(Double(result.total) / Double(foretold), 20))
    slowness[result.peer, default: 1] += (ratio - slowness[result.peer, default: 1]) * 0.3
  }
}

extension Peer {
  /// Its load as this machine believes it: what it says, made worse by what was seen.
  ///
  /// - Parameter slowness: see `EngineState`.
  func believedLoad(_ slowness: Double?) -> Double {
    let told = load.flatMap { $0.isFinite ? max(0, min($0, 100)) : nil } ?? 1
    return (told + 0.05) * max(1, slowness ?? 1)
  }
}
