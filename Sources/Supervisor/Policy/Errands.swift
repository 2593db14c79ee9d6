import Policies
import PosixHost
import SupervisorMessages
import Synchronization

/// Does what the engine has decided, by the verbs of godwit, as many things at a time as there are processors, and two at least.
final class Errands: Sendable {
  private struct State {
    var waiting: [Decision] = []
    /// By the names of applications.
    var active: [String: (decision: Decision, cancellation: Cancellation)] = [:]
    /// Applications that peers were asked to send home, and until when, on the host's monotonic clock.
    var awaited: [String: (peer: String, start: Int64, end: Int64)] = [:]
    var results: [MoveResult] = []
    /// When copies of applications were made that peers keep, on the clock of `Observation.now`.
    var copies: [String: [String: Int64]] = [:]
    var workers = 0
    var isEnding = false

    mutating func next() -> (decision: Decision, cancellation: Cancellation)? {
      if isEnding { waiting = [] }
      guard let index = waiting.firstIndex(where: { active[$0.application] == nil }) else {
        workers -= 1
        return nil
      }
      let decision = waiting.remove(at: index)
      let errand = (decision, Cancellation())
      active[decision.application] = errand
      return errand
    }
  }

  private let verbs: Verbs
  private let suspended: SuspendedApplications
  private let copies: KeptCopies
  private let sent: SentCopies
  private let losses: ConfirmedLosses
  private let recall: @Sendable (String, String, Int64?) throws(SupervisorError) -> Void
  private let onEnd: @Sendable () -> Void
  private let state = Mutex(State())

  private static let workerLimit = max(2, HostProcess.processorCount)
  /// How long an application that is to come home is waited for, in nanoseconds.
  private static let patience: Int64 = 30_000_000_000

  /// - Parameters:
  ///   - recall: asks a peer to send an application home, which is to be over in so many nanoseconds.
  ///   - onEnd: is called when something is over.
  init(
    _ verbs: Verbs, _ suspended: SuspendedApplications, _ copies: KeptCopies,
    _ sent: SentCopies, _ losses: ConfirmedLosses,
    recall:
      @escaping @Sendable (_ application: String, _ peer: String, _ rest: Int64?)
      throws(SupervisorError) -> Void, onEnd: @escaping @Sendable () -> Void
  ) {
    (self.verbs, self.suspended) = (verbs, suspended)
    (self.copies, self.sent, self.losses) = (copies, sent, losses)
    (self.recall, self.onEnd) = (recall, onEnd)
  }

  // MARK: What goes on

  /// Applications with which something is done, or will be.
  var applications: Set<String> {
    state.withLock { Set($0.active.keys).union($0.waiting.map(\.application)) }
  }

  /// When peers last got a copy of an application.
  func copyTimes(of application: String) -> [String: Int64] {
    state.withLock { $0.copies[application] ?? [:] }
  }

  /// The rule by which an application is being moved; nil: by none.
  func rule(of application: String) -> Rule? {
    state.withLock { $0.active[application]?.decision.rule }
  }

  /// What became of moves since the last call.
  func takeResults() -> [MoveResult] {
    state.withLock { state in
      defer { state.results = [] }
      return state.results
    }
  }

  /// Applications that were awaited, and have come.
  ///
  /// - Parameter here: those that run here.
  func takeArrivals(_ here: [String]) -> [MoveResult] {
    state.withLock { state in
      let now = HostProcess.monotonicTime
      let come = state.awaited.filter { here.contains($0.key) }
      state.awaited = state.awaited.filter { !here.contains($0.key) && $0.value.end > now }
      return come.map { name, wait in
        MoveResult(name, wait.peer, succeeded: true, total: now - wait.start)
      }
    }
  }

  /// Whether nothing is done, and nobody awaited.
  var areOver: Bool {
    state.withLock { $0.active.isEmpty && $0.waiting.isEmpty && $0.awaited.isEmpty }
  }

  // MARK: Beginning and end

  func add(_ decision: Decision) {
    let isNew = state.withLock { state in
      guard !state.isEnding else { return false }
      if case .suspend = decision.action {
        // There is no time for a move any more.
        state.waiting.removeAll { $0.application == decision.application }
        state.active[decision.application]?.cancellation.cancel()
      }
      state.waiting.append(decision)
      guard state.workers < Self.workerLimit else { return false }
      state.workers += 1
      return true
    }
    if isNew { HostThread { [self] in work() }.detach() }
  }

  /// Begins nothing more, and waits for what goes on.
  func finish(within time: Int64) {
    let deadline = HostProcess.monotonicTime + time
    state.withLock { $0.isEnding = true }
    while state.withLock({ !$0.active.isEmpty }), HostProcess.monotonicTime < deadline {
      HostProcess.sleep(nanoseconds: 20_000_000)
    }
  }

  private func work() {
    while let (decision, cancellation) = state.withLock({ $0.next() }) {
      let rest = decision.by.map { max(0, $0 - Self.now) }
      let result = carryOut(decision, rest, cancellation)
      state.withLock { state in
        state.active[decision.application] = nil
        if let result { state.results.append(result) }
      }
      onEnd()
    }
  }

  /// On the clock of decisions, which counts the time in which this machine sleeps.
  private static var now: Int64 { ClockSource.ofThisMachine()?.boot ?? 0 }

  // MARK: Doing it

  /// - Parameter rest: nanoseconds that are left for it.
  /// - Returns: what became of a move.
  private func carryOut(_ decision: Decision, _ rest: Int64?, _ cancellation: Cancellation)
    -> MoveResult?
  {
    let name = decision.application
    let start = HostProcess.monotonicTime
    do throws(SupervisorError) {
      switch decision.action {
      case .move(let peer, _):
        // The machine may have slept since that was decided.
        guard rest != 0 else {
          Log.say("\(name): stays here: there was no time for its move to \(peer)")
          return MoveResult(name, peer, succeeded: false, total: 0)
        }
        return move(name, to: peer, decision.moving, cancellation, start)
      case .suspend:
        guard let application = verbs.application(name) else { return nil }
        if try suspended.suspend(application, by: decision.rule) { Log.say("\(name): suspended") }
      case .resume: suspended.resume(name)
      case .bringHome(let peer, _):
        return failure(of: name, peer, start) { () throws(SupervisorError) in
          try recall(name, peer, rest)
          let until = start + min(rest ?? Self.patience, Self.patience)
          state.withLock { $0.awaited[name] = (peer, start, until) }
        }
      case .standby(let peer): return copy(name, to: peer, decision.moving, start)
      case .fence(let peer, let command):
        if verbs.isConfirmed(by: command + [peer]) {
          Log.say("\(peer): \(command[0]) confirms that it is lost")
          losses.add(peer)
        } else {
          Log.say("\(peer): \(command[0]) does not confirm that it is lost")
        }
      case .takeOver(let peer):
        return failure(of: name, peer, start) { () throws(SupervisorError) in
          try copies.goOn(with: name, of: peer)
          Log.say("\(name): goes on")
        }
      case .stay: break
      }
    } catch { Log.say(error.message) }
    return nil
  }

  /// What counts as a move that failed; nil if `body` did not.
  private func failure(
    of name: String, _ peer: String, _ start: Int64, _ body: () throws(SupervisorError) -> Void
  ) -> MoveResult? {
    do throws(SupervisorError) {
      try body()
      return nil
    } catch {
      Log.say(error.message)
      return MoveResult(name, peer, succeeded: false, total: HostProcess.monotonicTime - start)
    }
  }

  private func copy(_ name: String, to peer: String, _ moving: Moving, _ start: Int64) -> MoveResult
  {
    let now = Self.now
    let isDone = verbs.copy(name, to: peer, options: moving.words(isCopy: true))
    if isDone {
      state.withLock { $0.copies[name, default: [:]][peer] = now }
      // It has got an id by now.
      if let id = verbs.application(name).flatMap({ Passport($0.passport).id }) {
        sent.note(id, name, at: peer)
      }
    } else {
      Log.say("\(name): \(peer) has no new copy of it")
    }
    return MoveResult(
      name, peer, succeeded: isDone, total: HostProcess.monotonicTime - start)
  }

  private func move(
    _ name: String, to peer: String, _ moving: Moving, _ cancellation: Cancellation, _ start: Int64
  ) -> MoveResult {
    let (isDone, report) = verbs.migrate(name, to: peer, options: moving.words(), cancellation)
    let total = HostProcess.monotonicTime - start
    if isDone {
      let figures = report.map { report in
        ", where \(Self.seconds(report.forecast.total)) were foretold; stood \(Self.seconds(report.outcome.frozen)), where \(Self.seconds(report.forecast.frozen)) were foretold"
      }
      Log.say("\(name): moved to \(peer) in \(Self.seconds(total))\(figures ?? "")")
    } else {
      Log.say("\(name): stays here: the move to \(peer) failed")
    }
    return MoveResult(
      name, peer, succeeded: isDone, foretold: report?.forecast.total,
      total: report?.outcome.total ?? total)
  }

  /// For people, in milliseconds' steps.
  private static func seconds(_ nanoseconds: Int64) -> String {
    let milliseconds = max(0, nanoseconds) / 1_000_000
    let rest = "\(milliseconds % 1000)"
    return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest) s"
  }
}
