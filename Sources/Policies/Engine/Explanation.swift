/// What a rule of an application would do now if it were the only one.
package struct Explanation: Hashable, Sendable {
  package var application: String
  /// Nil: there is no rule, or it is pinned.
  package var rule: Rule?
  /// One sentence.
  package var text: String
}

extension PolicyEngine {
  /// What each rule says of each application that runs here, or away from its home, which is here. Nothing is done, and nothing
  /// remembered.
  package func explain(_ observation: Observation) -> [Explanation] {
    let step = EngineStep(policy: policy, seen: observation, state: state)
    let here = step.seen.applications.map { (application: $0, rules: step.rules($0)) }
    let away = step.seen.peers.flatMap(\.applications).filter { $0.home == observation.here }
      .map { (application: $0, rules: policy.rules(for: $0.name)) }
    return (here + away).flatMap { application, rules in
      if step.isPinned(application, rules) {
        return [Explanation(application: application.name, text: "pinned: no rule moves it")]
      }
      let kinds = rules.kinds
      if kinds.isEmpty {
        return [Explanation(application: application.name, text: "no rule moves it")]
      }
      return kinds.map { explain(application.name, $0, rules.only($0), observation) }
    }
  }

  /// The machines that an application may have to go to before this one, `here`, sleeps or shuts down.
  package func departureTargets(of application: Application, from here: String) -> Set<String> {
    let step = EngineStep(policy: policy, seen: Observation(here: here), state: state)
    let rules = step.rules(application)
    let targets = (rules.sleep?.to ?? []) + (rules.update?.to ?? []) + [.home]
    return Set(step.names(targets, application, rules)).subtracting([here])
  }

  private func explain(_ name: String, _ rule: Rule, _ rules: Rules, _ observation: Observation)
    -> Explanation
  {
    var seen = observation
    for index in seen.applications.indices where seen.applications[index].name == name {
      if seen.applications[index].rules != nil { seen.applications[index].rules = rules }
    }
    var policy = policy
    policy.applications.insert(Policy.Entry(pattern: NamePattern(name), rules: rules), at: 0)
    var state = state
    (state.said, state.waits) = ([:], [:])
    var alone = PolicyEngine(policy, state: state)
    let decisions = alone.step(seen).filter { $0.application == name }
    let wait = alone.wakeAt.map { Span.seconds(($0 - observation.now) / 1_000_000_000 + 1) }
    let text =
      decisions.first?.reason
      ?? "nothing now" + (wait.map { "; it looks again in \($0.rough) at the latest" } ?? "")
    return Explanation(application: name, rule: rule, text: text)
  }
}

extension Span {
  /// In at most two digits of a unit, where that is near enough.
  fileprivate var rough: Span {
    let seconds = nanoseconds / 1_000_000_000
    if seconds < 100 { return self }
    return seconds < 6000 ? .minutes((seconds + 59) / 60) : .hours((seconds + 3599) / 3600)
  }
}
