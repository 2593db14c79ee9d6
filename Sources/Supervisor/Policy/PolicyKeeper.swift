import HostABI
import Policies
import PosixHost
import SupervisorMessages
import Synchronization

/// Has applications move by themselves: looks at the machine and its peers when there is something to see, lets the engine
/// decide, and has that done. It does nothing as long as no rule is there, here or with an application that has come.
final class PolicyKeeper: Sendable {
  /// This machine, among its peers.
  private let name: String
  private let verbs: Verbs
  private let watch: PeerWatch
  private let suspended: SuspendedApplications
  private let copies: KeptCopies
  private let sent: SentCopies
  /// Peers of which somebody is sure that they run nothing any more.
  private let losses: ConfirmedLosses
  private let errands: Errands
  private let waker: Waker
  private let file = Mutex(PolicyFile())
  /// What homes want back, and until when, on the host's monotonic clock.
  private let recalls = Mutex<[(recall: AskedRecall, end: Int64)]>([])
  private let desk = Mutex(Desk())
  private let thread = Mutex<HostThread?>(nil)
  private let isEnding = Atomic(false)
  /// Somebody has said that there is something new.
  private let isNewHere = Atomic(true)
  /// This machine is about to sleep or to shut down.
  private let leaving = Atomic(false)

  /// A wish of a home, whose deadline is on the host's monotonic clock.
  private struct AskedRecall {
    var application: String
    var peer: String
    var deadline: Int64?
  }

  /// What the thread has.
  private struct Desk {
    var engine = PolicyEngine(Policy())
    let clocks = ClockSource()
    let signals = Signals([PowerSource(), LoadSource(), NetworkSource()])
    /// Nil: no rule asks for it.
    var logind: LogindSource?
    var inhibitor: SleepInhibitor?
    var applications: (list: [RunningApplication], at: Int64)?
    /// When the peers were asked last.
    var asked: Int64?
    /// What moves would take before a departure.
    var forecasts: [String: [MoveForecast]] = [:]
    var isDeparting = false
  }

  private static let second: Int64 = 1_000_000_000
  private static let minute = 60 * second
  /// Whatever is older is asked again before something is done about it.
  private static let freshness = 2 * second
  /// What is older is not known any more: less than the period at which it looks in any case.
  private static let age = 55 * second
  /// How often somebody looks who waits for the first key.
  private static let keyInterval = 5 * second
  private static let recallPatience = 30 * second

  init(
    _ name: String, _ directory: StateDirectory, _ verbs: Verbs, _ watch: PeerWatch,
    _ suspended: SuspendedApplications
  ) {
    let waker = Waker()
    self.waker = waker
    (self.name, self.verbs, self.watch, self.suspended) = (name, verbs, watch, suspended)
    let copies = KeptCopies(directory, verbs)
    let sent = SentCopies(directory)
    let losses = ConfirmedLosses()
    (self.copies, self.sent, self.losses) = (copies, sent, losses)
    errands = Errands(verbs, suspended, copies, sent, losses) {
      (application, peer, rest) throws(SupervisorError) in
      try watch.recall(application, from: peer, milliseconds: rest.map { $0 / 1_000_000 })
    } onEnd: {
      waker.wake()
    }
  }

  // MARK: For other threads

  func start() {
    let started = HostThread { [self] in serve() }
    thread.withLock { $0 = started }
  }

  /// Decides nothing more, and waits for what goes on.
  func stop() {
    isEnding.store(true, ordering: .releasing)
    waker.wake()
    thread.withLock { $0.take() }?.join()
    errands.finish(within: Self.minute)
  }

  /// Something has come, or somebody has attached.
  func look() {
    isNewHere.store(true, ordering: .releasing)
    waker.wake()
  }

  /// What this machine tells of itself.
  func status(_ facts: MachineFacts) throws(SupervisorError) -> MachineStatus {
    let busy = errands.applications
    let applications = try verbs.applications().map { running in
      var running = running
      if busy.contains(running.name) { running.isBusy = true }
      return running
    }
    var status = MachineStatus(
      applications: applications, isLeaving: leaving.load(ordering: .relaxed), facts)
    let successions = copies.successions
    if !successions.isEmpty { status.successions = successions }
    let digests = copies.digests
    if !digests.isEmpty { status.copies = digests }
    let ended = sent.ended
    if !ended.isEmpty { status.ended = ended }
    return status
  }

  /// A peer wants an application to come home.
  func recall(_ application: String, by peer: String, milliseconds: Int64?) {
    let now = HostProcess.monotonicTime
    let rest = milliseconds.map { max(0, min($0, 3_600_000)) * 1_000_000 }
    recalls.withLock { recalls in
      recalls.removeAll { entry in
        let isRepeated = entry.recall.application == application && entry.recall.peer == peer
        return entry.end <= now || isRepeated
      }
      recalls.append(
        (
          AskedRecall(application: application, peer: peer, deadline: rest.map { now + $0 }),
          now + min(rest ?? Self.recallPatience, Self.recallPatience)
        ))
    }
    look()
  }

  /// What travels with an application that is about to go to `peer`; nil: it is not here.
  ///
  /// - Parameter isCopy: it stays.
  func passport(of application: String, to peer: String, isCopy: Bool) throws(SupervisorError)
    -> String?
  {
    guard let running = verbs.application(application) else { return nil }
    let policy = file.withLock { $0.policy }
    if isCopy { return Passport(staying: running, at: name, policy).text }
    let passport = Passport(
      of: running, from: name, to: peer, policy, by: errands.rule(of: application))
    if let id = passport.id { sent.noteDeparture(of: id) }
    return passport.text
  }

  /// Somebody is sure that a peer runs nothing any more.
  ///
  /// - Returns: what comes of it.
  func confirmLoss(of peer: String) throws(SupervisorError) -> String {
    guard watch.names.contains(peer) else {
      throw SupervisorError("there is no peer \(peer): see godwit peer ls")
    }
    watch.ask(within: 5 * Self.second)
    guard !watch.peers.contains(where: { $0.name == peer && $0.isReachable }) else {
      throw SupervisorError("\(peer) answers: it is not lost")
    }
    losses.add(peer)
    look()
    let kept = copies.standbys(now: 0).filter { $0.runs == peer && $0.protect?.on == name }
    if kept.isEmpty { return "nothing of \(peer) is kept here that could go on" }
    return kept.map { copy in
      let wait = copy.protect.map { "\($0.wait)" } ?? ""
      return printable(
        "\(copy.name) goes on here once \(peer) has not answered for \(wait): see godwit ps")
    }.joined(separator: "\n")
  }

  /// Reads the policy file.
  ///
  /// - Returns: what is wrong with it.
  func reload() -> [String] {
    let mistakes = readPolicy(again: true)
    look()
    return mistakes
  }

  /// What each rule would do now.
  ///
  /// - Parameter application: nil: all that are here, or away from here.
  func explain(_ application: String?) -> String {
    // What is seen here, the thread has not seen.
    defer { waker.wake() }
    return desk.withLock { desk in
      refresh(&desk)
      let explanations = desk.engine.explain(observe(&desk, outcomes: []))
        .filter { application == nil || $0.application == application }
      if explanations.isEmpty {
        return application.map { "\($0) is neither here nor away from here" }
          ?? "nothing is here, nor away from here"
      }
      return explanations.map { explanation in
        printable(
          explanation.application + (explanation.rule.map { ", \($0.rawValue)" } ?? "") + ": "
            + explanation.text)
      }.joined(separator: "\n")
    }
  }

  private var machines: Set<String> { watch.names.union([name]) }

  // MARK: The thread

  private func serve() {
    var policy: Policy?
    while !isEnding.load(ordering: .acquiring) {
      let (rest, descriptor, current) = desk.withLock { desk in
        (step(&desk), desk.logind?.descriptor, desk.engine.policy)
      }
      // What reads policies, and what a start takes, is large, and not needed for long.
      if policy != current { HostProcess.giveBackCode() }
      policy = current
      var items = [PollItem(.waker(waker))]
      if let descriptor { items.append(PollItem(.descriptor(descriptor))) }
      PollItem.wait(&items, timeout: rest)
    }
    desk.withLock { desk in (desk.logind, desk.inhibitor) = (nil, nil) }
  }

  /// - Returns: nanoseconds until there may be something to see; nil: only if something happens.
  private func step(_ desk: inout Desk) -> Int64? {
    _ = readPolicy()
    desk.engine.policy = file.withLock { $0.policy }
    var outcomes = errands.takeResults()
    if isNewHere.exchange(false, ordering: .acquiringAndReleasing) || !outcomes.isEmpty {
      (desk.applications, desk.asked) = (nil, nil)
    }
    var seen = observe(&desk, outcomes: outcomes)
    outcomes += errands.takeArrivals(seen.applications.map(\.name))
    seen.outcomes = outcomes
    let needs = needs(desk, seen)
    if prepare(&desk, needs) { seen = observe(&desk, outcomes: outcomes) }
    if seen.departure == nil, isPeriodOver(desk, seen) {
      ask(&desk, seen.now)
      seen.peers = peers(desk)
    }
    if seen.departure != nil, !desk.isDeparting {
      // The time for this is that of the moves.
      desk.applications = nil
      watch.ask(within: Self.second)
      seen = observe(&desk, outcomes: outcomes)
      desk.forecasts = forecasts(seen, desk)
      seen = observe(&desk, outcomes: outcomes)
    }
    desk.isDeparting = seen.departure != nil
    if !desk.isDeparting { desk.forecasts = [:] }
    leaving.store(desk.isDeparting, ordering: .relaxed)
    var engine = desk.engine
    var decisions = engine.step(seen)
    if !decisions.isEmpty, !desk.isDeparting, isStale(desk, seen.now) {
      refresh(&desk)
      seen = observe(&desk, outcomes: outcomes)
      engine = desk.engine
      decisions = engine.step(seen)
    }
    desk.engine = engine
    for decision in decisions {
      if !isRepeated(decision) { Log.say(decision.reason) }
      if case .stay = decision.action { continue }
      errands.add(decision)
    }
    holdSleep(&desk, needs, seen)
    return rest(desk, needs, seen)
  }

  /// Of the copies of an application only the first is told.
  private func isRepeated(_ decision: Decision) -> Bool {
    guard case .standby(let peer) = decision.action else { return false }
    return errands.copyTimes(of: decision.application)[peer] != nil
  }

  /// - Parameter again: also if it has not changed.
  /// - Returns: what is wrong with the file.
  private func readPolicy(again: Bool = false) -> [String] {
    let mistakes = file.withLock { $0.read(machines, again: again) } ?? []
    for mistake in mistakes { Log.say(mistake) }
    if !mistakes.isEmpty { Log.say("the policy stays as it was") }
    return mistakes
  }

  private func needs(_ desk: Desk, _ seen: Observation) -> SignalNeeds {
    SignalNeeds(desk.engine.policy, carried: seen.applications.compactMap(\.rules))
  }

  /// Listens to logind if a rule asks for it.
  ///
  /// - Returns: whether it did not before.
  private func prepare(_ desk: inout Desk, _ needs: SignalNeeds) -> Bool {
    guard needs.departures || needs.idle != nil else {
      desk.logind = nil
      return false
    }
    guard desk.logind == nil else { return false }
    desk.logind = LogindSource(BusctlLogind())
    return true
  }

  private func observe(_ desk: inout Desk, outcomes: [MoveResult]) -> Observation {
    var seen = Observation(here: name)
    desk.clocks.read(into: &seen)
    desk.signals.read(into: &seen)
    desk.logind?.read(into: &seen)
    if let at = desk.applications?.at, seen.now - at > Self.age { desk.applications = nil }
    if desk.applications == nil { desk.applications = running().map { ($0, seen.now) } }
    let (list, at) = desk.applications ?? ([], seen.now)
    let busy = errands.applications
    seen.applications = list.map { running in
      var application = Policies.Application(running, on: name, now: at)
      if busy.contains(running.name) { application.isBusy = true }
      application.forecasts = desk.forecasts[running.name] ?? []
      application.standbys = errands.copyTimes(of: running.name)
        .filter { $0.value >= application.arrived }
      return application
    }
    seen.suspended = suspended.waiting.filter { !busy.contains($0.name) }
    seen.standbys = copies.standbys(now: seen.now)
    seen.peers = peers(desk)
    // What can't be seen has not ended.
    if desk.applications != nil { noteEnded(seen, busy) }
    losses.forget(Set(seen.peers.filter(\.isReachable).map(\.name)))
    seen.lossesConfirmed = losses.all
    seen.recalls = currentRecalls(seen)
    seen.outcomes = outcomes
    return seen
  }

  /// Tells peers of what has ended here, and hears it of them.
  private func noteEnded(_ seen: Observation, _ busy: Set<String>) {
    for (peer, (ids, answered)) in watch.ended {
      copies.end(ids, at: peer, asOf: HostProcess.realTime - (seen.now - answered))
    }
    copies.clean()
    let moving = seen.applications.filter(\.isBusy).map(\.name)
    sent.look(
      Set(seen.applications.map(\.id) + seen.suspended.map(\.id)), busy: busy.union(moving),
      peers: watch.keepers, known: watch.names, now: seen.now)
  }

  private func peers(_ desk: Desk) -> [Policies.Peer] {
    watch.peers.map { peer in
      var peer = peer
      for index in peer.applications.indices {
        peer.applications[index].forecasts = desk.forecasts[peer.applications[index].name] ?? []
      }
      return peer
    }
  }

  private func running() -> [RunningApplication]? {
    do throws(SupervisorError) { return try verbs.applications() } catch {
      Log.say(error.message)
      return nil
    }
  }

  private func currentRecalls(_ seen: Observation) -> [Recall] {
    let now = HostProcess.monotonicTime
    let here = Set(seen.applications.map(\.name))
    return recalls.withLock { recalls in
      recalls.removeAll { $0.end <= now || !here.contains($0.recall.application) }
      return recalls.map { entry in
        Recall(
          entry.recall.application, by: entry.recall.peer,
          deadline: entry.recall.deadline.map { seen.now + $0 - now })
      }
    }
  }

  // MARK: Asking

  private func isStale(_ desk: Desk, _ now: Int64) -> Bool {
    let asked = min(desk.asked ?? 0, desk.applications?.at ?? 0)
    return now - asked > Self.freshness
  }

  private func refresh(_ desk: inout Desk) {
    desk.applications = nil
    ask(&desk, ClockSource.ofThisMachine()?.boot ?? 0)
  }

  private func ask(_ desk: inout Desk, _ now: Int64) {
    watch.ask(within: 5 * Self.second)
    desk.asked = now
  }

  /// Whether rules have to know how the peers are.
  private func isPeriodOver(_ desk: Desk, _ seen: Observation) -> Bool {
    guard let period = peerPeriod(desk, seen) else { return false }
    return desk.asked.map { seen.now - $0 >= period } ?? true
  }

  private func peerPeriod(_ desk: Desk, _ seen: Observation) -> Int64? {
    guard hasRules(desk, seen), !watch.names.isEmpty else { return nil }
    let isAwaited = seen.peers.flatMap(\.applications).contains { application in
      application.home == name
        && (!application.attachments.isEmpty
          || application.displays.contains { $0.machine == name })
        && desk.engine.policy.rules(for: application.name).idle?.backAtInput == true
    }
    return isAwaited ? Self.keyInterval : Self.minute
  }

  private func hasRules(_ desk: Desk, _ seen: Observation) -> Bool {
    desk.engine.policy.hasRules || !seen.standbys.isEmpty || !seen.suspended.isEmpty
      || !sent.ended.isEmpty || seen.applications.contains { $0.rules?.kinds.isEmpty == false }
  }

  /// What moves would take to where rules may send applications before this machine leaves, and of those that are away to here. All is
  /// asked at once.
  private func forecasts(_ seen: Observation, _ desk: Desk) -> [String: [MoveForecast]] {
    let reachable = seen.peers.filter { $0.isReachable && !$0.isLeaving }
    let found = Mutex<[String: [MoveForecast]]>([:])
    /// Takes what is foretold of some applications, whose copies are known by these digests where they would go.
    @Sendable func take(
      _ forecasts: [ApplicationForecast], of applications: [Policies.Application],
      to machine: String,
      _ copies: [String: String]
    ) {
      found.withLock { found in
        for application in applications {
          guard let forecast = forecasts.first(where: { $0.name == application.name }) else {
            continue
          }
          found[application.name, default: []].append(
            MoveForecast(forecast, to: machine, copy: copies[application.id]))
        }
      }
    }
    var threads: [HostThread] = []
    for peer in reachable {
      let leaving = seen.applications.filter {
        !$0.isBusy && desk.engine.departureTargets(of: $0, from: name).contains(peer.name)
      }
      if !leaving.isEmpty {
        threads.append(
          HostThread { [self] in
            take(
              verbs.forecasts(to: peer.name), of: leaving, to: peer.name,
              watch.copies(at: peer.name))
          })
      }
      let away = peer.applications.filter { $0.home == name && !$0.isBusy }
      if !away.isEmpty {
        threads.append(
          HostThread { [self] in
            take(watch.forecasts(from: peer.name), of: away, to: name, copies.digests)
          })
      }
    }
    for thread in threads { thread.join() }
    return found.withLock { $0 }
  }

  // MARK: Waiting

  /// Has logind wait with sleep and shutdown until all is done that has to be done before.
  private func holdSleep(_ desk: inout Desk, _ needs: SignalNeeds, _ seen: Observation) {
    guard needs.departures else {
      desk.inhibitor = nil
      return
    }
    if seen.departure == nil {
      if desk.inhibitor == nil { desk.inhibitor = SleepInhibitor(why: "applications move") }
    } else if let inhibitor = desk.inhibitor, errands.areOver, !isOnTheWay(seen) {
      inhibitor.release()
      desk.inhibitor = nil
    }
  }

  /// Whether connections go by way of this machine, which is about to leave: those who have them may find a shorter way in the time that is
  /// left.
  private func isOnTheWay(_ seen: Observation) -> Bool {
    guard let departure = seen.departure, departure.by - seen.now > Self.second / 2 else {
      return false
    }
    return (try? verbs.hasDetours()) ?? false
  }

  private func rest(_ desk: Desk, _ needs: SignalNeeds, _ seen: Observation) -> Int64? {
    var moments = [desk.engine.wakeAt, desk.signals.nextReading(needs, seen)]
    moments.append(desk.logind?.nextReading(needs, seen))
    if hasRules(desk, seen) { moments.append(seen.now + Self.minute) }
    if let period = peerPeriod(desk, seen), let asked = desk.asked {
      moments.append(asked + period)
    }
    // The end of what is awaited, or of a departure, may pass without a word.
    if desk.isDeparting {
      moments.append(seen.now + (desk.inhibitor == nil ? Self.second : Self.second / 10))
    }
    let next = moments.compactMap { $0 }.min()
    return next.map { max(Self.second / 20, $0 - seen.now) }
  }
}

/// Peers of which a person or a fencing command has said that they run nothing any more.
final class ConfirmedLosses: Sendable {
  private let peers = Mutex<Set<String>>([])

  var all: Set<String> { peers.withLock { $0 } }

  func add(_ peer: String) { peers.withLock { _ = $0.insert(peer) } }

  /// These have answered.
  func forget(_ found: Set<String>) { peers.withLock { $0.subtract(found) } }
}
