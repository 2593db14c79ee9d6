import Foundation
import Policies

/// Machines with an engine each, and the applications that they exchange, in a time of its own. What the engines decide happens as
/// the supervisor would have it happen; what breaks a rule of the house is written down in `breaches`.
final class World {
  struct Machine {
    var engine: PolicyEngine
    /// Of its clock, which is not that of the others.
    var bootOffset: Int64
    var wallOffset: Int64 = 0
    var power = PowerState()
    var load = 0.2
    var toldLoad: Double?
    var memoryUsed = 0.3
    var quality: Percent?
    /// Somebody works at it.
    var isUsed = false
    var lastInput: Int64?
    var departure: Departure?
    var isAsleep = false
    /// Nothing gets through to it, nor from it.
    var isCutOff = false
    var awakeSince: Int64 = 0
    var recalls: [(application: String, deadline: Int64?)] = []
    var outcomes: [MoveResult] = []
    var confirmed: Set<String> = []
    var answered: [String: Int64] = [:]
    /// Its last step, without what changes all the time.
    var lastSeen: Observation?
  }

  struct App {
    var name: String
    var home: String
    var runs: String
    var isPinned = false
    var leftHomeBy: Rule?
    var arrived: Int64
    var departures: [Int64] = []
    /// What was typed at a terminal.
    var lastInput: Int64?
    var attachedAt: (machine: String, since: Int64)?
    /// The machine from which its display is looked at, and when it was used.
    var display: (machine: String, lastInput: Int64?)?
    var suspendedBy: Rule?
    var move: (to: String, ends: Int64, rule: Rule?)?
    var memory: UInt64 = 100 << 20
    var copies: [String: Int64] = [:]
    var generation = 0
    var moveTime: Int64 = 2 * second
    /// What it takes in truth, if not as foretold.
    var trueMoveTime: Int64?
  }

  struct Event: CustomStringConvertible {
    var time: Int64
    var machine: String
    var decision: Decision
    var description: String { "\(World.clock(time)) \(machine): \(decision)" }
  }

  private(set) var machines: [String: Machine] = [:]
  var apps: [String: App] = [:]
  private(set) var time: Int64 = 0
  private(set) var events: [Event] = []
  private(set) var breaches: [String] = []
  /// Machines are asked only when they have said so, or see something new.
  var isLazy = false
  private(set) var steps = 0
  /// Whether a move that begins now fails.
  var fails: () -> Bool = { false }

  /// - Parameter start: the time of the day on a Monday.
  init(start: String = "08:00") {
    time = Int64(TimeOfDay(start)!.secondOfDay) * second
  }

  static func clock(_ time: Int64) -> String {
    let day = time / (24 * hour)
    let minutes = Int(time / minute % (24 * 60))
    return "day \(day) \(String(format: "%02d:%02d", minutes / 60, minutes % 60))"
  }

  func add(_ name: String, _ text: String = "", _ change: (inout Machine) -> Void = { _ in })
    throws
  {
    var machine = Machine(
      engine: PolicyEngine(try policy(text)), bootOffset: Int64(machines.count) * 7 * hour + hour)
    change(&machine)
    machines[name] = machine
  }

  func start(_ name: String, on machine: String, home: String? = nil) {
    apps[name] = App(name: name, home: home ?? machine, runs: machine, arrived: time)
  }

  func change(_ name: String, _ change: (inout Machine) -> Void) { change(&machines[name]!) }

  func place(_ name: String) -> String { apps[name]!.runs }

  // MARK: Time

  private static let tick = 10 * second

  /// - Parameter each: is called before each step of the world.
  func run(until end: String, _ each: () -> Void = {}) {
    let target = Int64(TimeOfDay(end)!.secondOfDay) * second
    let today = time / (24 * hour) * 24 * hour + target
    run(for: (today > time ? today : today + 24 * hour) - time, each)
  }

  func run(for span: Int64, _ each: () -> Void = {}) {
    let end = time + span
    while time < end {
      each()
      step()
      time += Self.tick
    }
  }

  private func step() {
    for name in apps.keys.sorted() { finishMove(name) }
    for name in machines.keys.sorted() where !machines[name]!.isAsleep { ask(name) }
  }

  private func clock(_ machine: String, _ moment: Int64) -> Int64 {
    moment + machines[machine]!.bootOffset
  }

  private func ask(_ name: String) {
    let observation = observe(name)
    var plain = observation
    plain.now = 0
    plain.wall = WallTime(seconds: 0, weekday: .mon, secondOfDay: 0)
    if machines[name]!.isUsed { plain.user.lastInput = nil }
    for index in plain.peers.indices {
      plain.peers[index].answered = nil
    }
    let wake = machines[name]!.engine.wakeAt
    if isLazy, !machines[name]!.isUsed, plain == machines[name]!.lastSeen,
      wake.map({ $0 > observation.now }) ?? true
    {
      return
    }
    steps += 1
    machines[name]!.lastSeen = plain
    machines[name]!.outcomes = []
    machines[name]!.recalls = []
    for decision in machines[name]!.engine.step(observation) {
      events.append(Event(time: time, machine: name, decision: decision))
      carryOut(decision, name)
    }
  }

  // MARK: What machines see

  private func observe(_ name: String) -> Observation {
    if machines[name]!.isUsed { machines[name]!.lastInput = time }
    for peer in machines.keys where hears(name, peer) {
      machines[name]!.answered[peer] = time
    }
    let machine = machines[name]!
    let wall = time + machine.wallOffset + 4 * 24 * hour
    var seen = Observation(
      here: name, now: clock(name, time),
      wall: WallTime(
        seconds: wall / second, weekday: Weekday(rawValue: Int(wall / (24 * hour) + 3) % 7)!,
        secondOfDay: Int(wall / second % 86_400)))
    seen.user = User(
      isActive: machine.isUsed, lastInput: machine.lastInput.map { clock(name, $0) })
    seen.power = machine.power
    seen.load = machine.load
    seen.memoryUsed = machine.memoryUsed
    seen.network = NetworkState(quality: machine.quality, hasCarrier: !machine.isCutOff)
    seen.departure = machine.departure.map { Departure($0.kind, by: clock(name, $0.by)) }
    seen.awakeSince = clock(name, machine.awakeSince)
    seen.applications = applications(of: name, seenFrom: name)
    seen.suspended = apps.values.filter { $0.runs == name && $0.suspendedBy != nil }
      .map { SuspendedApplication(name: $0.name, home: $0.home, by: $0.suspendedBy!) }
      .sorted { $0.name < $1.name }
    for app in apps.values.sorted(by: { $0.name < $1.name }) where app.runs != name {
      guard let made = app.copies[name] else { continue }
      let protect = machines[app.home]!.engine.policy.rules(for: app.name).protect
      seen.standbys.append(
        StandbyCopy(
          name: app.name, runs: app.runs, home: app.home, made: clock(name, made),
          protect: protect))
    }
    for peer in machines.keys.sorted() where peer != name {
      let other = machines[peer]!
      var told = Peer(peer, answered: machine.answered[peer].map { clock(name, $0) })
      told.isReachable = hears(name, peer)
      told.power = other.power
      told.load = other.toldLoad ?? other.load
      told.isLeaving = other.departure != nil
      told.applications = told.isReachable ? applications(of: peer, seenFrom: name) : []
      seen.peers.append(told)
    }
    seen.recalls = machine.recalls.map { recall in
      Recall(
        recall.application, by: apps[recall.application]!.home,
        deadline: recall.deadline.map { clock(name, $0) })
    }
    seen.outcomes = machine.outcomes
    seen.lossesConfirmed = machine.confirmed
    return seen
  }

  private func hears(_ name: String, _ peer: String) -> Bool {
    let (a, b) = (machines[name]!, machines[peer]!)
    return name != peer && !a.isCutOff && !b.isCutOff && !a.isAsleep && !b.isAsleep
  }

  private func applications(of machine: String, seenFrom viewer: String) -> [Application] {
    apps.values.filter { $0.runs == machine && $0.suspendedBy == nil }
      .sorted { $0.name < $1.name }.map { app in
        var seen = Application(
          name: app.name, home: app.home, arrived: clock(viewer, app.arrived))
        seen.rules = machines[app.home]!.engine.policy.rules(for: app.name)
        seen.isPinned = app.isPinned
        seen.isBusy = app.move != nil
        seen.leftHomeBy = app.leftHomeBy
        seen.departures = app.departures.map { clock(viewer, $0) }
        seen.lastTyped = app.lastInput.map { clock(viewer, $0) }
        if let display = app.display {
          // Where it has come to nobody knows of earlier input.
          let input = display.lastInput.flatMap { $0 > app.arrived ? clock(viewer, $0) : nil }
          seen.displays = [Display(at: display.machine, lastInput: input)]
        }
        seen.lastInput = [seen.lastTyped, seen.displays.first?.lastInput].compactMap(\.self).max()
        seen.attachments =
          app.attachedAt.map { [Attachment(at: $0.machine, since: clock(viewer, $0.since))] } ?? []
        seen.memory = app.memory
        seen.generation = app.generation
        seen.standbys = app.copies.mapValues { clock(viewer, $0) }
        seen.forecasts = machines.keys.sorted().filter { $0 != machine }.map { other in
          MoveForecast(
            to: other,
            [
              .init(.preCopy, frozen: 40_000_000, total: app.moveTime, bytes: app.memory),
              .init(
                .standby, frozen: 40_000_000, total: app.moveTime / 10, bytes: app.memory / 10),
            ])
        }
        return seen
      }
  }

  // MARK: What becomes of decisions

  private func breach(_ text: String) { breaches.append("\(World.clock(time)) \(text)") }

  private func carryOut(_ decision: Decision, _ machine: String) {
    let name = decision.application
    guard let app = apps[name] else { return breach("no such application: \(decision)") }
    switch decision.action {
    case .move(let to, let way): begin(decision, name, machine, to, way)
    case .bringHome(let from, _):
      if app.home != machine { breach("\(machine) is not home: \(decision)") }
      if hears(machine, from) {
        machines[from]!.recalls.append((name, decision.by.map { $0 - clock(machine, 0) }))
      }
    case .suspend:
      if app.runs != machine || app.move != nil { breach("suspended elsewhere: \(decision)") }
      apps[name]!.suspendedBy = decision.rule
    case .resume:
      if app.runs != machine || app.suspendedBy == nil { breach("resumed elsewhere: \(decision)") }
      apps[name]!.suspendedBy = nil
    case .standby(let peer):
      if app.runs != machine { breach("copied from elsewhere: \(decision)") }
      apps[name]!.copies[peer] = time
    case .takeOver(let lost):
      if app.runs != lost || hears(machine, lost) { breach("taken over alive: \(decision)") }
      apps[name]!.runs = machine
      apps[name]!.generation += 1
      apps[name]!.arrived = time
    case .fence, .stay: break
    }
  }

  private func begin(
    _ decision: Decision, _ name: String, _ machine: String, _ to: String, _ way: MoveForecast.Way?
  ) {
    let app = apps[name]!
    if app.runs != machine { breach("moved by \(machine), which does not run it: \(decision)") }
    if app.move != nil || app.suspendedBy != nil { breach("moved twice: \(decision)") }
    if to == machine { breach("moved to where it is: \(decision)") }
    let rules = machines[app.home]!.engine.policy.rules(for: name)
    if app.isPinned || rules.isPinned { breach("pinned: \(decision)") }
    if let rule = decision.rule, to != app.home {
      let recent = app.departures.filter { time - $0 < rules.maxMoves.per.nanoseconds }
      if recent.count >= rules.maxMoves.count { breach("more moves than allowed: \(decision)") }
      let canWait: Set<Rule> = [.idle, .schedule, .power, .load, .memory]
      if canWait.contains(rule), time - app.arrived < rules.minStay.nanoseconds {
        breach("moved too soon: \(decision)")
      }
      apps[name]!.departures.append(time)
    }
    guard hears(machine, to), !fails() else {
      machines[machine]!.outcomes.append(MoveResult(name, to, succeeded: false, total: second))
      return
    }
    let needed = way == .standby ? app.moveTime / 10 : app.trueMoveTime ?? app.moveTime
    // A forecast may be wrong, but has to fit.
    let foretold = way == .standby ? app.moveTime / 10 : app.moveTime
    if let by = decision.by, time + foretold > by - machines[machine]!.bootOffset {
      breach("not over in time: \(decision)")
    }
    apps[name]!.move = (to, time + needed, decision.rule)
  }

  private func finishMove(_ name: String) {
    guard let move = apps[name]!.move, move.ends <= time else { return }
    let app = apps[name]!
    apps[name]!.move = nil
    let from = app.runs
    let total = app.trueMoveTime ?? app.moveTime
    let arrives = !machines[move.to]!.isAsleep && !machines[move.to]!.isCutOff
    machines[from]!.outcomes.append(
      MoveResult(
        name, move.to, succeeded: arrives, foretold: app.moveTime, total: total))
    guard arrives else { return }
    apps[name]!.runs = move.to
    apps[name]!.arrived = time
    if move.to == app.home {
      apps[name]!.leftHomeBy = nil
    } else if from == app.home {
      apps[name]!.leftHomeBy = move.rule
    }
  }

  // MARK: Events

  /// The machine says that it is going to sleep, and does it after logind's delay.
  func sleep(_ name: String, delay: Int64 = 5 * second) {
    machines[name]!.isUsed = false
    machines[name]!.departure = Departure(.sleep, by: time + delay)
    step()
    time += delay
    for app in apps.keys.sorted() { finishMove(app) }
    // What is not over stays where it was.
    for app in apps.values where app.move != nil && (app.runs == name || app.move?.to == name) {
      apps[app.name]!.move = nil
      machines[app.runs]!.outcomes.append(
        MoveResult(app.name, app.move!.to, succeeded: false, total: delay))
    }
    machines[name]!.isAsleep = true
    machines[name]!.departure = nil
    time += Self.tick
  }

  func wake(_ name: String, isUsed: Bool = true) {
    machines[name]!.isAsleep = false
    machines[name]!.awakeSince = time
    machines[name]!.isUsed = isUsed
  }

  /// The user asks for it at its home, as `godwit fetch` does.
  func recall(_ name: String) {
    let app = apps[name]!
    if app.runs != app.home, hears(app.home, app.runs) {
      machines[app.runs]!.recalls.append((name, nil))
    }
  }

  /// The next engine of a machine, with the state of the one before or without.
  func restart(_ name: String, keepsState: Bool) throws {
    let engine = machines[name]!.engine
    var state = EngineState()
    if keepsState {
      state = try JSONDecoder().decode(
        EngineState.self, from: JSONEncoder().encode(engine.state))
    }
    machines[name]!.engine = PolicyEngine(engine.policy, state: state)
  }

  /// The decisions that did something, in words.
  var story: [String] {
    events.compactMap { event in
      if case .stay = event.decision.action { return nil }
      if case .standby = event.decision.action { return nil }
      return event.decision.reason
    }
  }
}
