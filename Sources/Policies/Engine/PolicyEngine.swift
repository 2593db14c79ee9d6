/// Decides what this machine does with the applications that run on it, and with those whose home it is.
///
/// It is a function of what it observes and of a small state, and does nothing itself: the same observations give the same
/// decisions. Only the engine of the machine on which an application runs has it moved; its home can ask for it.
package struct PolicyEngine: Sendable {
  package var policy: Policy
  /// May be saved and given to the next engine, or lost.
  package private(set) var state: EngineState
  /// When the next step has something to see though nothing else happens; nil: never.
  package private(set) var wakeAt: Int64?

  package init(_ policy: Policy, state: EngineState = EngineState()) {
    self.policy = policy
    self.state = state
  }

  /// What is to be done now. An application that was told something is left alone until it is seen to do it, or for half a
  /// minute.
  package mutating func step(_ observation: Observation) -> [Decision] {
    var step = EngineStep(policy: policy, seen: observation, state: state)
    step.run()
    state = step.state
    wakeAt = step.wakeAt
    return step.decisions
  }
}

/// One step of an engine.
struct EngineStep {
  let policy: Policy
  let seen: Observation
  var state: EngineState
  var decisions: [Decision] = []
  var wakeAt: Int64?

  init(policy: Policy, seen: Observation, state: EngineState) {
    self.policy = policy
    self.seen = seen.withoutFuture
    self.state = state
  }

  var now: Int64 { seen.now }
  var here: String { seen.here }

  mutating func run() {
    state.begin(seen)
    notePassedTimes()
    noteConditions()
    if let departure = seen.departure {
      leave(departure)
    } else {
      resumeSuspended()
      for application in seen.applications { place(application) }
      for peer in seen.peers {
        for application in peer.applications where application.home == here {
          callHome(application, from: peer)
        }
      }
      keepCopies()
      replaceLost()
    }
    wake(at: state.waits.values.min())
    state.now = now
    state.wallSeconds = seen.wall.seconds
  }

  // MARK: What holds for an application

  func rules(_ application: Application) -> Rules {
    let own = policy.rules(for: application.name)
    guard var rules = application.rules, home(application, own) != here else { return own }
    // What happens when this machine goes is also its own user's business.
    rules.sleep = rules.sleep ?? own.sleep
    rules.update = rules.update ?? own.update
    return rules
  }

  func home(_ application: Application, _ rules: Rules) -> String {
    application.home ?? rules.home ?? here
  }

  func isPinned(_ application: Application, _ rules: Rules) -> Bool {
    application.isPinned || rules.isPinned
  }

  func peer(_ name: String) -> Peer? { seen.peers.first { $0.name == name } }

  // MARK: Deciding

  /// Looks again then.
  mutating func wake(at moment: Int64?) {
    guard let moment, moment > now else { return }
    wakeAt = min(wakeAt ?? moment, moment)
  }

  func isWaiting(_ name: String) -> Bool { state.waits[name] != nil }

  mutating func decide(_ decision: Decision) {
    add(decision)
    state.said[decision.application] = nil
    state.waits[decision.application] = now + EngineState.patience
  }

  /// Has the application's rules say how it moves.
  mutating func add(_ decision: Decision) {
    var decision = decision
    let application = seen.applications.first { $0.name == decision.application }
    if let moving = application.flatMap({ rules($0).moving }) { decision.moving = moving }
    decisions.append(decision)
  }

  /// A rule asks for something that can't be: said once.
  mutating func stay(_ name: String, _ rule: Rule?, _ why: String) {
    guard state.said[name] != why else { return }
    state.said[name] = why
    decisions.append(Decision(name, .stay, rule, why))
  }

  /// Remembers which applications have a time of coming home that has passed. A clock that was set back passes none, and one
  /// that was set forward by more than a day none twice.
  private mutating func notePassedTimes() {
    guard let last = state.wallSeconds, seen.wall.seconds > last else { return }
    let passed = min(seen.wall.seconds - last, 86_399)
    for peer in seen.peers {
      for application in peer.applications where application.home == here {
        for time in policy.rules(for: application.name).idle?.backAt ?? [] {
          let ago = (seen.wall.secondOfDay - time.secondOfDay + 86_400) % 86_400
          if ago < passed { state.mornings[application.name] = now }
        }
      }
    }
  }
}
