extension EngineStep {
  /// Sends an application away, if it may leave and somebody can take it.
  mutating func send(_ application: Application, _ rules: Rules, _ wish: Wish) {
    if let obstacle = obstacle(application, rules, wish) {
      stay(application.name, wish.rule, "\(wish.why), but \(obstacle)")
      return
    }
    switch choose(application, wish) {
    case .failure(let none): stay(application.name, wish.rule, none.why)
    case .success(let peer):
      let forecast = application.forecast(to: peer.name)
      let way = (wish.deadline == nil ? forecast?.best : forecast?.shortest)?.way
      decide(
        Decision(
          application.name, .move(to: peer.name, way: way), wish.rule, by: wish.deadline,
          wish.why))
      // What this changes is seen before the next one goes.
      if wish.rule == .memory { restart("memory/") }
      if wish.rule == .load { restart("load/above/") }
    }
  }

  private mutating func restart(_ conditions: String) {
    for name in state.since.keys where name.hasPrefix(conditions) { state.since[name] = now }
  }

  /// What keeps it from leaving now.
  private mutating func obstacle(_ application: Application, _ rules: Rules, _ wish: Wish)
    -> String?
  {
    let free = application.arrived + rules.minStay.nanoseconds
    if !wish.isUrgent, free > now {
      wake(at: free)
      return "it has been here for less than \(rules.minStay)"
    }
    // Home takes it at any time.
    if wish.to != [home(application, rules)], let end = limitEnd(application, rules) {
      wake(at: end)
      return "it has left \(rules.maxMoves.words) already"
    }
    return nil
  }

  /// When it may leave again; nil: now.
  func limitEnd(_ application: Application, _ rules: Rules) -> Int64? {
    let limit = rules.maxMoves
    let recent = application.departures.filter { now - $0 < limit.per.nanoseconds }.sorted()
    guard recent.count >= limit.count else { return nil }
    return recent[recent.count - limit.count] + limit.per.nanoseconds
  }

  /// Why nobody can take it.
  struct NoPeer: Error { var why: String }

  /// The peer that takes it: the first that can, and for load the one that is least busy.
  mutating func choose(_ application: Application, _ wish: Wish) -> Result<Peer, NoPeer> {
    var why = "there is no other machine"
    var fitting: [Peer] = []
    for name in wish.to where name != here {
      guard let peer = peer(name) else {
        why = "\(here) does not know \(name)"
        continue
      }
      if let obstacle = obstacle(peer, application, wish) {
        why = obstacle
      } else {
        fitting.append(peer)
      }
    }
    let best =
      wish.rule == .load
      ? fitting.min {
        $0.believedLoad(state.slowness[$0.name]) < $1.believedLoad(state.slowness[$1.name])
      } : fitting.first
    return best.map { .success($0) } ?? .failure(NoPeer(why: "\(wish.why), but \(why)"))
  }

  /// What keeps a peer from taking it.
  private mutating func obstacle(_ peer: Peer, _ application: Application, _ wish: Wish)
    -> String?
  {
    let name = peer.name
    guard peer.isReachable else { return "\(name) does not answer" }
    // Who asks for it before it sleeps has looked whether there is time.
    if peer.isLeaving, wish.rule != nil { return "\(name) is about to leave, too" }
    if let end = state.failure(application.name, name)?.until, end > now {
      wake(at: end)
      return "the last move to \(name) failed"
    }
    if let free = peer.memoryFree, free < application.memory {
      return "\(name) has too little memory"
    }
    if wish.rule == .power, !peer.power.isOnMains { return "\(name) is on battery, too" }
    if wish.rule == .load {
      // Spreading has to leave room, or the other one sends it back.
      let limit = rules(application).load?.above.map { $0.share - 0.1 } ?? 0.8
      if peer.believedLoad(state.slowness[name]) >= limit { return "\(name) is too busy" }
    }
    return nil
  }
}
