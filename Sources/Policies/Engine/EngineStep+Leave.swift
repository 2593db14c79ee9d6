/// This machine is about to sleep or to shut down: what goes, what comes home first, what is suspended.
extension EngineStep {
  /// What is not for moving: the end of the last one, and the machine's own.
  private static let margin: Int64 = 500_000_000

  mutating func leave(_ departure: Departure) {
    suspendStranded(departure)
    suspendLate(departure)
    let rest = max(0, departure.by - now - Self.margin)
    var staying = seen.applications.filter {
      !$0.isBusy && state.departed[$0.name] == nil && targets($0, departure) != nil
    }.sorted(by: isQuicker)[...]
    // So much is to be done: what was decided before and is not over, which takes about as long as suspending it; what is decided now;
    // and all others suspended.
    var work = seen.applications.filter { state.departed[$0.name] != nil }
      .reduce(Workload()) { $0 + suspension($1) }
    while let application = staying.popFirst() {
      let others = staying.reduce(work) { $0 + suspension($1) }
      leave(application, departure, rest, others, &work)
    }
    guard departure.kind == .sleep else { return }
    for peer in seen.peers where peer.isReachable {
      for application in peer.applications.sorted(by: isQuicker)
      where application.home == here && !application.isBusy {
        bringHome(application, from: peer, departure, rest, &work)
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

  /// - Parameters:
  ///   - rest: nanoseconds until all must be over.
  ///   - others: what is to be done besides.
  ///   - work: what has been decided.
  private mutating func leave(
    _ application: Application, _ departure: Departure, _ rest: Int64, _ others: Workload,
    _ work: inout Workload
  ) {
    let rules = rules(application)
    let rule = departure.rule
    let words = words(departure)
    let name = application.name
    let suspension = suspension(application)
    func suspend(_ why: String) {
      self.suspend(name, rule, why)
      work = work + suspension
    }
    guard var to = targets(application, departure), !to.isEmpty else {
      return suspend(isPinned(application, rules) ? "\(words), and it is pinned" : words)
    }
    if recall(of: application, rules) != nil { to = [.home] }
    let names = names(to, application, rules)
    if names != [home(application, rules)], limitEnd(application, rules) != nil {
      return suspend("\(words), and it has left \(rules.maxMoves.words) already")
    }
    switch choose(application, Wish(rule: rule, to: names, why: words)) {
    case .failure(let none): suspend(none.why)
    case .success(let peer):
      guard let needed = move(application, to: peer.name, with: peer) else {
        return suspend("\(words), and a move to \(peer.name) takes nobody knows how long")
      }
      let all = time(others + needed.work)
      guard all <= rest || all <= time(others + suspension) else {
        let left = max(0, rest - time(others))
        return suspend(
          "\(words), and a move to \(peer.name) would take \(seconds(time(needed.work))) of the \(seconds(left)) that are left"
        )
      }
      work = work + needed.work
      state.departed[name] = time(suspension) <= rest ? .moves(to: peer.name) : .onlyMoves
      state.progress = now
      decide(
        Decision(
          name, .move(to: peer.name, way: needed.way), rule, by: departure.by, words))
    }
  }

  private mutating func bringHome(
    _ application: Application, from peer: Peer, _ departure: Departure, _ rest: Int64,
    _ work: inout Workload
  ) {
    let rules = policy.rules(for: application.name)
    let name = application.name
    guard rules.sleep?.action == .bringHome, !isPinned(application, rules),
      state.departed[name] == nil, application.leftHomeBy != nil
    else { return }
    state.departed[name] = .comesHome
    guard let needed = move(application, to: here, with: peer), time(work + needed.work) <= rest
    else {
      stay(name, .sleep, "\(here) goes to sleep, but there is no time to bring it home")
      return
    }
    work = work + needed.work
    decide(
      Decision(
        name, .bringHome(from: peer.name, way: needed.way), .sleep, by: departure.by,
        "\(here) goes to sleep"))
  }

  /// Suspends those whose move failed.
  private mutating func suspendStranded(_ departure: Departure) {
    let failed = Set(seen.outcomes.filter { !$0.succeeded }.map(\.application))
    for application in seen.applications
    where failed.contains(application.name) && !application.isBusy {
      switch state.departed[application.name] {
      case .moves, .onlyMoves: break
      default: continue
      }
      suspend(application.name, departure.rule, "its move failed, and \(here) does not wait")
    }
  }

  /// Suspends those whose moves are not over when suspending all that is left takes the rest of the time: so nothing depends on
  /// forecasts being right, nor on the link. As long as moves get on, and are expected to be over sooner than that, they go on.
  private mutating func suspendLate(_ departure: Departure) {
    var late: [Application] = []
    var suspensions = Workload()
    var moves = Workload()
    var longest: Int64 = 0
    for application in seen.applications {
      switch state.departed[application.name] {
      case .moves(let machine):
        late.append(application)
        suspensions = suspensions + suspension(application)
        guard let peer = peer(machine), let move = move(application, to: machine, with: peer) else {
          longest = .max
          continue
        }
        moves = moves + move.work
        longest = max(longest, time(move.work))
      case .isSuspended: suspensions = suspensions + suspension(application)
      default: continue
      }
    }
    guard !late.isEmpty else { return }
    var due = departure.by - Self.margin - time(suspensions)
    if longest < Self.longestAwaited, time(moves) < time(suspensions) {
      due = max(due, (state.progress ?? now) + longest * 2 + Self.patience)
    }
    guard due <= now else { return wake(at: due) }
    for application in late {
      suspend(
        application.name, departure.rule,
        "\(words(departure)), and its move is not over")
    }
  }

  /// So long moves may not get on, besides twice the time that one takes, and only if that is short; in nanoseconds.
  private static let patience: Int64 = 500_000_000
  private static let longestAwaited: Int64 = 2_000_000_000

  private mutating func suspend(_ name: String, _ rule: Rule, _ why: String) {
    state.departed[name] = .isSuspended
    decide(Decision(name, .suspend, rule, why))
  }

  /// Where it may go; none: it is suspended here; nil: it stays as it is.
  private func targets(_ application: Application, _ departure: Departure) -> [Target]? {
    let rules = rules(application)
    let isPinned = isPinned(application, rules)
    switch departure.kind {
    case .shutdown: return isPinned ? [] : rules.update?.to
    case .sleep:
      // Sleep keeps what is in memory.
      guard let sleep = rules.sleep, !isPinned else { return nil }
      switch sleep.action {
      case .send: return sleep.to
      case .bringHome: return home(application, rules) == here ? nil : [.home]
      case .suspend: return []
      }
    }
  }

  private func words(_ departure: Departure) -> String {
    departure.kind == .sleep ? "\(here) goes to sleep" : "\(here) shuts down"
  }

  // MARK: What it takes

  /// How much longer a suspension takes while others want the processors, too. Past moves tell that of moves.
  private var slowdown: Double { max(1, min(seen.load ?? 1, 100)) }

  /// Bytes a second that are written to a file, and nanoseconds for the file itself.
  private static let suspensionRate = 250e6
  private static let suspensionStart = 100e6
  /// A year, in nanoseconds.
  private static let longest = 365 * 86_400 * 1e9

  private func suspension(_ application: Application) -> Workload {
    let time = Self.suspensionStart + Double(application.memory) / Self.suspensionRate * 1e9
    return Workload(Int64(min(time * slowdown, Self.longest)), link: 0)
  }

  /// The quickest move, by the forecast and by how true forecasts of moves with this peer have been.
  private func move(_ application: Application, to machine: String, with peer: Peer) -> (
    way: MoveForecast.Way, work: Workload
  )? {
    guard let choice = application.forecast(to: machine)?.shortest else { return nil }
    let slowness = max(1, state.slowness[peer.name] ?? 1) * 1.1
    let link = Double(choice.link) * slowness
    let rest = Double(choice.total - choice.link) * slowness
    let work = Workload(
      Int64(min(link + rest, Self.longest)), link: Int64(min(link, Self.longest)))
    return (choice.way, work)
  }

  private func time(_ work: Workload) -> Int64 { work.time(on: seen.processors) }

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

extension Departure {
  /// That says what happens before it.
  fileprivate var rule: Rule { kind == .sleep ? .sleep : .update }
}
