/// That an application should be on another machine.
struct Wish {
  /// Nil: its home has asked for it.
  var rule: Rule?
  /// In order of preference.
  var to: [String]
  var why: String
  /// It does not wait until the application has been here for a while.
  var isUrgent = false
  /// When it has to be over.
  var deadline: Int64?
}

extension EngineStep {
  /// Where an application that runs here should be.
  mutating func place(_ application: Application) {
    let rules = rules(application)
    guard !application.isBusy else { return }
    let protect = rules.protect ?? application.rules?.protect
    if let peer = successor(of: application.id, application.generation, protect) {
      guard !isWaiting(application.name) else { return }
      decide(
        Decision(
          application.name, .suspend, .protect,
          "\(peer) has gone on with it, since this machine was taken for lost"))
      return
    }
    if isPinned(application, rules) {
      if recall(of: application, rules) != nil { stay(application.name, nil, "it is pinned") }
      return
    }
    guard !isWaiting(application.name) else { return }
    if let recall = recall(of: application, rules) {
      let why = "\(recall.by), its home, wants it back"
      send(
        application, rules,
        Wish(
          rule: nil, to: [recall.by], why: why, isUrgent: true, deadline: recall.deadline))
      return
    }
    if isCritical(rules), let power = rules.power, let limit = power.suspendBelow {
      decide(
        Decision(
          application.name, .suspend, .power, "the battery has less than \(limit) and no mains"))
      return
    }
    guard let wish = wish(application, rules) else {
      state.said[application.name] = nil
      return
    }
    send(application, rules, wish)
  }

  /// The peer that went on with an application in place of this machine. Only the one that was to do that is believed.
  func successor(of id: String, _ generation: Int, _ protect: Rules.Protect?) -> String? {
    guard let name = protect?.on, let peer = peer(name) else { return nil }
    return (peer.successions[id] ?? 0) > generation ? name : nil
  }

  /// Only its home can have it back.
  func recall(of application: Application, _ rules: Rules) -> Recall? {
    let home = home(application, rules)
    guard home != here else { return nil }
    return seen.recalls.first { $0.application == application.name && $0.by == home }
  }

  /// What the first of the rules wants that says where it should be; nil: it may stay.
  private mutating func wish(_ application: Application, _ rules: Rules) -> Wish? {
    let home = home(application, rules)
    if let network = rules.network, isFalling(network) {
      // Nothing leaves by a link that is about to go, but for home.
      return home == here
        ? nil
        : Wish(
          rule: .network, to: [home],
          why: "the quality of this machine's link has fallen below \(network.below)",
          isUrgent: true)
    }
    let wishes: [(inout EngineStep) -> Wish?] = [
      { $0.follow(application, rules) }, { $0.power(application, rules) },
      { $0.memory(application, rules) },
      { $0.load(application, rules) }, { $0.schedule(application, rules) },
      { $0.idle(application, rules) },
    ]
    for wish in wishes {
      guard let wish = wish(&self) else { continue }
      // It is where it should be, whatever rules of less weight say.
      return wish.to.contains(here) ? nil : wish
    }
    return nil
  }

  /// The machines that a rule of an application names.
  func names(_ targets: [Target], _ application: Application, _ rules: Rules) -> [String] {
    targets.map { target in
      switch target {
      case .peer(let name): name
      case .home: home(application, rules)
      }
    }
  }

  private mutating func follow(_ application: Application, _ rules: Rules) -> Wish? {
    guard let follow = rules.follow,
      let newest = application.attachments.max(by: { $0.since < $1.since }),
      newest.machine != here,
      // Not after it was sent here, as long as its user does nothing there. Displays don't tell of that.
      max(newest.since, application.lastTyped ?? 0) > application.arrived
    else { return nil }
    let due = newest.since + follow.after.nanoseconds
    guard due <= now else {
      wake(at: due)
      return nil
    }
    return Wish(
      rule: .follow, to: [newest.machine], why: "its user is attached at \(newest.machine)",
      isUrgent: true)
  }

  private mutating func power(_ application: Application, _ rules: Rules) -> Wish? {
    guard let power = rules.power, !power.to.isEmpty, isLow(power) else { return nil }
    return Wish(
      rule: .power, to: names(power.to, application, rules),
      why: "\(here) is on battery, which fell below \(power.below)")
  }

  private mutating func memory(_ application: Application, _ rules: Rules) -> Wish? {
    guard let memory = rules.memory, let used = seen.memoryUsed else { return nil }
    guard isFull(memory), used >= memory.above.share,
      isFirst(application, { $0.memory != nil }, { $0.memory > $1.memory })
    else { return nil }
    return Wish(
      rule: .memory, to: names(memory.to, application, rules),
      why: "more than \(memory.above) of the memory of \(here) was in use for \(memory.span)")
  }

  private mutating func load(_ application: Application, _ rules: Rules) -> Wish? {
    guard let load = rules.load, let used = seen.load else { return nil }
    if let above = load.above, isBusy(load), used >= above.share,
      isFirst(application, { $0.load?.above != nil }, Self.isCheaper)
    {
      return Wish(
        rule: .load, to: names(load.to, application, rules),
        why: "the processors of \(here) were busy to more than \(above) for \(load.span)")
    }
    // Only its own applications: else two idle machines would empty themselves onto each other.
    if let below = load.below, home(application, rules) == here, isQuiet(load) {
      return Wish(
        rule: .load, to: names(load.to, application, rules),
        why: "the processors of \(here) were busy to less than \(below) for \(load.span)")
    }
    return nil
  }

  /// Whether it is the one that goes, of those with such a rule: one at a time, to see what that changes.
  private func isFirst(
    _ application: Application, _ has: (Rules) -> Bool,
    _ precedes: (Application, Application) -> Bool
  ) -> Bool {
    let candidates = seen.applications.filter { other in
      let rules = rules(other)
      return !other.isBusy && !isPinned(other, rules) && has(rules)
    }
    return !candidates.contains { other in
      precedes(other, application)
        || !precedes(application, other) && other.name < application.name
    }
  }

  private static func isCheaper(_ a: Application, _ b: Application) -> Bool {
    func cost(_ application: Application) -> Int64 {
      application.usableForecasts.compactMap { $0.best?.total }.min() ?? .max
    }
    return cost(a) < cost(b)
  }

  private mutating func schedule(_ application: Application, _ rules: Rules) -> Wish? {
    for window in rules.schedule where window.contains(seen.wall.weekday, seen.wall.secondOfDay) {
      if let input = lastInput(application), now - input < window.quiet.nanoseconds {
        wake(at: input + window.quiet.nanoseconds)
        return nil
      }
      return Wish(
        rule: .schedule, to: names(window.to, application, rules),
        why: "it is between \(window.from) and \(window.until)")
    }
    if !rules.schedule.isEmpty { wake(at: nextWindow(rules.schedule)) }
    return nil
  }

  private mutating func idle(_ application: Application, _ rules: Rules) -> Wish? {
    guard let idle = rules.idle else { return nil }
    // Time in which this machine slept, or it was elsewhere, does not count.
    let start = max(lastInput(application) ?? 0, application.arrived, seen.awakeSince)
    let due = start + idle.after.nanoseconds
    guard due <= now else {
      wake(at: due)
      return nil
    }
    return Wish(
      rule: .idle, to: names(idle.to, application, rules),
      why: "there was no input for \(idle.after)")
  }
}
