extension EngineStep {
  /// Asks for an application that is away from home, which is here.
  mutating func callHome(_ application: Application, from peer: Peer) {
    let rules = policy.rules(for: application.name)
    if application.leftHomeBy != nil, let times = rules.idle?.backAt { wake(at: nextTime(times)) }
    guard !application.isBusy, !isWaiting(application.name), !isPinned(application, rules),
      peer.isReachable, let call = call(application, rules)
    else { return }
    let free = application.arrived + rules.minStay.nanoseconds
    let pause = state.failure(application.name, peer.name)?.until ?? 0
    let due = max(pause, call.isUrgent ? 0 : free)
    guard due <= now else {
      wake(at: due)
      return
    }
    if let memory = seen.memoryFree, memory < application.memory {
      stay(application.name, call.rule, "\(call.why), but \(here) has too little memory")
      return
    }
    state.mornings[application.name] = nil
    let way = application.forecast(to: here)?.best?.way
    decide(
      Decision(application.name, .bringHome(from: peer.name, way: way), call.rule, call.why))
  }

  private struct Call {
    var rule: Rule
    var why: String
    var isUrgent: Bool
  }

  /// Why it should come home; nil: it should not. What a person has moved away stays there, unless the link is about to go.
  private mutating func call(_ application: Application, _ rules: Rules) -> Call? {
    if let network = rules.network, isFalling(network) {
      return Call(
        rule: .network, why: "the quality of the link of \(here) has fallen below \(network.below)",
        isUrgent: true)
    }
    guard let cause = application.leftHomeBy else { return nil }
    // It would have to leave again.
    if let power = rules.power, !power.to.isEmpty, isLow(power) { return nil }
    if cause == .idle || cause == .follow { return idleCall(application, rules) }
    guard !isInWindow(rules) else {
      wake(at: nextWindow(rules.schedule))
      return nil
    }
    if let idle = rules.idle, isIdle(idle) { return nil }
    return switch cause {
    case .schedule where rules.schedule.contains { $0.comesBack }:
      Call(rule: .schedule, why: "its time elsewhere is over", isUrgent: false)
    case .power where rules.power?.comesBack ?? true:
      Call(rule: .power, why: "\(here) has power again", isUrgent: false)
    case .sleep where rules.sleep?.comesBack ?? true: wakeCall(.sleep, rules)
    case .update where rules.update?.comesBack ?? true: wakeCall(.update, rules)
    default: nil
    }
  }

  private mutating func idleCall(_ application: Application, _ rules: Rules) -> Call? {
    guard let idle = rules.idle else { return nil }
    let newest = application.attachments.max { $0.since < $1.since }
    let typed = newest?.machine == here && (application.lastTyped ?? 0) > application.arrived
    let isUsed = application.displays.contains {
      $0.machine == here && ($0.lastInput ?? 0) > application.arrived
    }
    // Its user is with it, unless a display here is used, and nothing is done at the terminal.
    if rules.follow != nil, let newest, newest.machine != here,
      !isUsed || max(newest.since, application.lastTyped ?? 0) > application.arrived
    {
      return nil
    }
    if idle.backAtInput,
      typed || isUsed || userIsHere && (seen.user.lastInput ?? 0) > application.arrived
    {
      return Call(rule: .idle, why: "there is input at \(here) again", isUrgent: true)
    }
    // For an hour, in case that the peer is not there at that moment.
    if let morning = state.mornings[application.name],
      now - morning < Span.hours(1).nanoseconds
    {
      return Call(rule: .idle, why: "it is the time for it to be at home", isUrgent: false)
    }
    return nil
  }

  /// When this machine is up again: machines also wake for a moment, with nobody there.
  private mutating func wakeCall(_ rule: Rule, _ rules: Rules) -> Call? {
    let due = seen.awakeSince + rules.minStay.nanoseconds
    guard userIsHere || due <= now else {
      wake(at: due)
      return nil
    }
    let why = rule == .sleep ? "\(here) is awake again" : "\(here) runs again"
    return Call(rule: rule, why: why, isUrgent: userIsHere)
  }

  private func isInWindow(_ rules: Rules) -> Bool {
    rules.schedule.contains { $0.contains(seen.wall.weekday, seen.wall.secondOfDay) }
  }

  /// Nobody has been at this machine for as long as the rule says.
  private mutating func isIdle(_ idle: Rules.Idle) -> Bool {
    let due = max(seen.user.lastInput ?? 0, seen.awakeSince) + idle.after.nanoseconds
    wake(at: due)
    return seen.user.lastInput != nil && due <= now
  }
}
