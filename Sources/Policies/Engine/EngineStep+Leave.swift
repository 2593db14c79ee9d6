/// This machine is about to sleep or to shut down: what goes, what comes home first, what is suspended.
extension EngineStep {
  /// What is not for moving: the end of the last one, and the machine's own.
  private static let margin: Int64 = 500_000_000

  mutating func leave(_ departure: Departure) {
    suspendStranded(departure)
    var rest = max(0, departure.by - now - Self.margin)
    let staying = seen.applications.filter {
      !$0.isBusy && !state.departed.contains($0.name)
    }
    for application in staying.sorted(by: isQuicker) {
      leave(application, departure, &rest)
    }
    guard departure.kind == .sleep else { return }
    for peer in seen.peers where peer.isReachable {
      for application in peer.applications.sorted(by: isQuicker)
      where application.home == here && !application.isBusy {
        bringHome(application, from: peer, departure, &rest)
      }
    }
  }

  private func isQuicker(_ a: Application, _ b: Application) -> Bool {
    func time(_ application: Application) -> Int64 {
      application.usableForecasts.compactMap { $0.shortest?.total }.min() ?? .max
    }
    let (first, second) = (time(a), time(b))
    return first == second ? a.name < b.name : first < second
  }

  private mutating func leave(
    _ application: Application, _ departure: Departure, _ rest: inout Int64
  ) {
    let rules = rules(application)
    let rule: Rule = departure.kind == .sleep ? .sleep : .update
    let words = departure.kind == .sleep ? "\(here) goes to sleep" : "\(here) shuts down"
    let name = application.name
    guard !isPinned(application, rules) else {
      // Sleep keeps what is in memory.
      if departure.kind == .shutdown { suspend(name, rule, "\(words), and it is pinned") }
      return
    }
    let home = home(application, rules)
    var to: [Target]
    switch departure.kind {
    case .shutdown:
      guard let update = rules.update else { return }
      to = update.to
    case .sleep:
      guard let sleep = rules.sleep else { return }
      switch sleep.action {
      case .send: to = sleep.to
      case .bringHome where home != here: to = [.home]
      case .bringHome: return
      case .suspend:
        suspend(name, rule, words)
        return
      }
    }
    if recall(of: application, rules) != nil { to = [.home] }
    let names = names(to, application, rules)
    if names != [home], limitEnd(application, rules) != nil {
      suspend(name, rule, "\(words), and it has left \(rules.maxMoves.words) already")
      return
    }
    switch choose(application, Wish(rule: rule, to: names, why: words)) {
    case .failure(let none): suspend(name, rule, none.why)
    case .success(let peer):
      let needed = time(application, peer.name, with: peer)
      guard let needed, needed.time <= rest else {
        let time =
          needed.map { "would take \(seconds($0.time)) of the \(seconds(rest)) that are left" }
          ?? "takes nobody knows how long"
        suspend(name, rule, "\(words), and a move to \(peer.name) \(time)")
        return
      }
      rest -= needed.time
      state.departed.insert(name)
      decide(
        Decision(
          name, .move(to: peer.name, way: needed.way), rule, by: departure.by, words))
    }
  }

  private mutating func bringHome(
    _ application: Application, from peer: Peer, _ departure: Departure, _ rest: inout Int64
  ) {
    let rules = policy.rules(for: application.name)
    let name = application.name
    guard rules.sleep?.action == .bringHome, !isPinned(application, rules),
      !state.departed.contains(name), application.leftHomeBy != nil
    else { return }
    state.departed.insert(name)
    guard let needed = time(application, here, with: peer), needed.time <= rest else {
      stay(name, .sleep, "\(here) goes to sleep, but there is no time to bring it home")
      return
    }
    rest -= needed.time
    decide(
      Decision(
        name, .bringHome(from: peer.name, way: needed.way), .sleep, by: departure.by,
        "\(here) goes to sleep"))
  }

  /// Suspends those whose move failed.
  private mutating func suspendStranded(_ departure: Departure) {
    let failed = Set(seen.outcomes.filter { !$0.succeeded }.map(\.application))
    for application in seen.applications
    where failed.contains(application.name) && state.departed.contains(application.name) {
      guard !application.isBusy else { continue }
      suspend(
        application.name, departure.kind == .sleep ? .sleep : .update,
        "its move failed, and \(here) does not wait")
    }
  }

  private mutating func suspend(_ name: String, _ rule: Rule, _ why: String) {
    state.departed.insert(name)
    decide(Decision(name, .suspend, rule, why))
  }

  /// How long the quickest move takes, by the forecast and by how true forecasts of moves with this peer have been.
  private func time(_ application: Application, _ machine: String, with peer: Peer) -> (
    way: MoveForecast.Way, time: Int64
  )? {
    guard let choice = application.forecast(to: machine)?.shortest else { return nil }
    let slowness = max(1, state.slowness[peer.name] ?? 1)
    return (choice.way, Int64(Double(choice.total) * slowness * 1.1))
  }

  /// For people.
  private func seconds(_ nanoseconds: Int64) -> String {
    let tenths = (nanoseconds + 50_000_000) / 100_000_000
    return "\(tenths / 10).\(tenths % 10) s"
  }

  // MARK: Afterwards

  /// Why it may run elsewhere: this machine was away, and may have been taken for lost.
  private func loss(_ application: SuspendedApplication, _ protect: Rules.Protect?) -> String? {
    guard let keeper = protect?.on, keeper != here else { return nil }
    guard peer(keeper)?.isReachable == true else {
      return "\(keeper), which keeps it, does not answer, and may have gone on with it"
    }
    return successor(of: application.id, application.generation, protect).map {
      "\($0) has gone on with it"
    }
  }

  /// Resumes what was suspended here, if what it was suspended for is over.
  mutating func resumeSuspended() {
    for application in seen.suspended where !isWaiting(application.name) {
      let rules = policy.rules(for: application.name)
      let why: String
      switch application.by {
      case .sleep: why = "\(here) is awake again"
      case .update: why = "\(here) runs again"
      case .power:
        if let power = rules.power, isLow(power) { continue }
        why = "\(here) has power again"
      default: continue
      }
      guard !isCritical(rules) else { continue }
      if let obstacle = loss(application, application.protect ?? rules.protect) {
        stay(application.name, .protect, "\(why), but \(obstacle)")
        continue
      }
      decide(Decision(application.name, .resume, application.by, why))
    }
  }
}
