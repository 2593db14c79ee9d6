import FoundationEssentials
import HostABI
import JSONText
import LibOS
import MigrationMessages
import PosixHost
import Snapshot
package import SupervisorMessages

/// A migration, as its sender sees it: `godwit migrate`, or `godwit send` for one who fetches. It holds the link; the
/// picoprocess writes into a pipe, and stays in its sandbox, out of the peer's reach.
package final class Departure {
  private let name: String
  private let pace: MigrationPace
  /// How links are made, and what godwit there is told; nil: the other end has made the only one.
  private let shell: (remote: RemoteShell, arguments: [String])?
  /// The machine, by which moves are learnt from; nil: it is not known by a name.
  private let destination: RemoteHost?
  private let peer: String
  private let migration = MigrationID.random()
  private let client: ControlClient
  private let guest: GuestDescription
  /// The files outside that it has in use.
  private let files: [OutsideFile]
  /// Its root, if it goes with it.
  private let root: DepartingTree?
  /// Its writable mounts, if they do.
  private let mounts: DepartingMounts?
  private let connections: DepartingConnections
  /// It stays here, and the other machine keeps what it is sent.
  private let isCopy: Bool
  /// The files that would go along; nil: it is no rehearsal, or none would.
  private var filesToGo: FilesToGo?
  /// The copy at the other machine to which what is sent is an increment.
  private var base: (parent: NamedParent, copy: SentCopy)?
  /// On the host's monotonic clock, in nanoseconds.
  private let start = HostProcess.monotonicTime
  /// Watches how the guest uses its memory until it goes; nil: nobody wants to know.
  private let watch: MemoryWatch?
  /// How it goes; nil: as `pace` says.
  private var plan: MovePlan?
  /// What that took.
  private var outcome = MoveOutcome()
  /// When the guest ran there, and its memory was there.
  private var runsThere: Int64 = 0

  /// Lines that a receiver may say before it takes the guest.
  private static let noticeLimit = 10
  /// Times that a sender tries to tell a receiver what has become of the guest.
  private static let attempts = 3

  private init(
    _ name: String, _ pace: MigrationPace, to peer: String, _ options: MigrationOptions?,
    withRoot: Bool, withMounts: Bool, isCopy: Bool = false, destination: RemoteHost? = nil
  ) throws(Failure) {
    self.isCopy = isCopy
    var connections = try DepartingConnections(
      pace.connections, pace.forwarding, follow: options?.follow ?? [])
    self.name = name
    self.pace = pace
    self.peer = peer
    client = try ControlClient()
    switch try client.ask(name, .describe, timeout: 10_000_000_000) {
    case .described(let guest): self.guest = guest
    case .lending(let lent): throw Failure("\(name): \(lent.refusal)")
    default: throw Failure("the picoprocess \(name) does not say what it runs")
    }
    do throws(Failure) { try GrantRecord(of: name).check(guest) } catch {
      throw Failure("\(name): \(error.message)")
    }
    connections.settle(for: guest)
    self.connections = connections
    root = withRoot ? try DepartingTree(guest.root, pace) : nil
    mounts = withMounts ? try DepartingMounts(guest, pace) : nil
    files = try client.neededFiles(of: name)
    if let options {
      let arguments = try options.receiveArguments(guest, relays: connections.areRelayed)
      shell = (options.shell, arguments)
    } else {
      shell = nil
    }
    self.destination = shell?.remote.remote ?? destination
    watch = self.destination == nil ? nil : MemoryWatch(name, client)
  }

  /// Moves the guest `name` to another machine. When this returns, it runs there, and its process here has ended.
  ///
  /// - Returns: figures of what was sent, and of the move; nil if it only went on with the memory of a guest that had moved before.
  package static func migrate(
    _ name: String, _ pace: MigrationPace, _ options: MigrationOptions
  ) throws(Failure) -> (snapshot: SavedSnapshot, report: MoveReport?)? {
    if try PageCarrier.goOn(name, pace, options.shell) { return nil }
    let departure = try Departure(
      name, pace, to: "\(options.shell.remote)", options, withRoot: options.carriesRoot,
      withMounts: options.carriesMounts)
    let snapshot: SavedSnapshot
    do {
      let channel = try departure.open()
      defer { channel.close() }
      snapshot = try departure.run(channel)
    }
    return (snapshot, departure.noteOutcome())
  }

  /// Has another machine keep the guest `name` as it is now. It stays here, and a later move there sends only what it has written
  /// since.
  ///
  /// - Returns: figures of what was sent.
  package static func copy(
    _ name: String, _ pace: MigrationPace, _ options: MigrationOptions
  ) throws(Failure) -> SavedSnapshot {
    var pace = pace
    // They stay here, and whoever goes on from the copy finds them reset.
    pace.connections = .reset
    let departure = try Departure(
      name, pace, to: "\(options.shell.remote)", options, withRoot: options.carriesRoot,
      withMounts: false, isCopy: true)
    let channel = try departure.open()
    defer { channel.close() }
    do throws(Failure) { _ = try departure.negotiate(channel) } catch {
      throw Failure("\(name): \(error.message)")
    }
    let pump = SnapshotPump(channel.link, pace, Progress("copying", by: name)) { .stop }
    let (_, snapshot) = try departure.write(departure.copyRequest, pump, channel)
    do throws(Failure) {
      try channel.link.send(.finish(departure.finishMessage(pump)))
      try departure.finish(channel)
    } catch { throw Failure("\(name): \(error.message)") }
    return snapshot
  }

  /// Asks whether the guest `name` can move, and foretells what that would take. It stays here.
  package static func rehearse(
    _ name: String, _ pace: MigrationPace, _ options: MigrationOptions
  ) throws(Failure) -> MovePlan {
    let departure = try Departure(
      name, pace, to: "\(options.shell.remote)", options, withRoot: options.carriesRoot,
      withMounts: options.carriesMounts)
    let channel = try departure.open()
    defer { channel.close() }
    do throws(Failure) { _ = try departure.negotiate(channel, isRehearsal: true) } catch {
      throw Failure("\(name): \(error.message)")
    }
    let elapsed = HostProcess.monotonicTime - departure.start
    departure.giveUp(channel, "it was only asked whether the guest could come")
    guard let plan = departure.plan(early: false, elapsed: elapsed) else {
      throw Failure("\(name): its godwit does not tell how it uses its memory")
    }
    return plan
  }

  private func plan(early: Bool, elapsed: Int64) -> MovePlan? {
    guard let destination, let activity = watch?.end(early: early) else { return nil }
    return MovePlan(
      name, to: destination, activity, pace, LinkFigures(to: destination), elapsed: elapsed,
      pagesSinceCopy: base?.copy.pagesWritten, files: filesToGo)
  }

  /// Writes down what was foretold, and what it took.
  private func noteOutcome() -> MoveReport? {
    let end = HostProcess.monotonicTime
    (outcome.total, outcome.ending) = (end - start, end - runsThere)
    return plan?.note(outcome)
  }

  /// Sends the guest `name` over the standard streams to `peer`, which fetches it and is told what fails.
  ///
  /// - Parameters:
  ///   - destination: the same as `peer`, if moves to it are to be learnt from.
  ///   - withRoot: with its root.
  ///   - withMounts: with its writable mounts.
  /// - Returns: whether nothing did.
  package static func send(
    _ name: String, _ pace: MigrationPace, to peer: String, _ destination: RemoteHost?,
    withRoot: Bool, withMounts: Bool
  ) throws(Failure) -> Bool {
    let departure: Result<Departure, Failure>
    do throws(Failure) {
      departure = .success(
        try Departure(
          name, pace, to: peer, nil, withRoot: withRoot, withMounts: withMounts,
          destination: destination))
    } catch { departure = .failure(error) }
    let channel = try MigrationChannel(standardStreamsTo: peer)
    do throws(Failure) {
      let departure = try departure.get()
      _ = try departure.run(channel)
      _ = departure.noteOutcome()
      return true
    } catch {
      var refusal = Godwit_Migration_Refusal()
      refusal.reason = String(error.message.prefix(1000))
      try? channel.link.send(.refusal(refusal))
      return false
    }
  }

  /// Makes a link.
  private func open() throws(Failure) -> MigrationChannel {
    guard let shell else { throw Failure("\(peer): the link broke") }
    return try MigrationChannel(shell.remote, shell.arguments)
  }

  private func run(_ channel: MigrationChannel) throws(Failure) -> SavedSnapshot {
    let remoteName: String
    do throws(Failure) { remoteName = try negotiate(channel) } catch {
      throw Failure("\(name): \(error.message)")
    }
    plan = plan(early: true, elapsed: HostProcess.monotonicTime - start)
    let (connection, snapshot) = try send(channel, remoteName)
    let stood = HostProcess.monotonicTime - snapshot.frozenTime
    do throws(Failure) {
      try finish(channel)
      if HostProcess.hasHeldSignal { throw Failure("the move was cancelled; it goes on here") }
    } catch {
      try? connection.send(Self.line(ControlVerdict.abort))
      abort(channel, remoteName, error.message)
      throw Failure("\(name): \(error.message)")
    }
    try commit(channel, connection, remoteName)
    runsThere = HostProcess.monotonicTime
    outcome.frozen = runsThere - stood
    if pace.postCopy {
      HostProcess.releaseSignals()
      let delivered = try PageCarrier.deliver(
        name, LentGuest(migration: migration, peer: peer, remoteName: remoteName, bytes: 0), pace,
        shell?.remote, over: channel.link)
      outcome.noteDelivery(delivered, HostProcess.monotonicTime - runsThere)
      runsThere = HostProcess.monotonicTime
    }
    return snapshot
  }

  /// Asks whether the guest can go there.
  ///
  /// - Parameter isRehearsal: it does not go.
  /// - Returns: its name there.
  private func negotiate(_ channel: MigrationChannel, isRehearsal: Bool = false) throws(Failure)
    -> String
  {
    let hello = try channel.hello()
    guard hello.isas.contains(guest.isa) else {
      throw Failure("\(peer): it runs no guests for \(guest.isa)")
    }
    if let missing = guest.features.first(where: { !hello.features.contains($0) }) {
      throw Failure("\(peer): its processor for \(guest.isa) lacks \(missing)")
    }
    guard hello.postCopy || !pace.postCopy else {
      throw Failure("\(peer): its godwit takes no guest before its memory")
    }
    try connections.check(guest)
    let relays = connections.areRelayed
    guard hello.relays || !relays else {
      throw Failure("\(peer): it relays no connections: say --connections reset")
    }
    let files = FilesOfMounts(self.files, guest)
    if hello.comparesFiles {
      for message in OfferedFiles.messages(files.described) {
        try channel.link.send(.files(message))
      }
    }
    guard root == nil || hello.takesRoot else {
      throw Failure("\(peer): it takes no root: its command line lacks --take-root")
    }
    guard mounts == nil || hello.takesMounts else {
      throw Failure("\(peer): it takes no mounts: its command line lacks --take-mounts")
    }
    guard !isRehearsal || root == nil && mounts == nil || hello.rehearses else {
      throw Failure("\(peer): its godwit does not say what it lacks without taking it")
    }
    if relays { try connections.listen(guest, migration, peer) }
    var offer = MigrationOffer.message(guest, migration, carriesRoot: root != nil, relays: relays)
    offer.postCopy = pace.postCopy
    offer.carriedMounts = mounts?.messages ?? []
    guard hello.keepsCopies || !isCopy else {
      throw Failure("\(peer): its godwit keeps no copies")
    }
    offer.copy = isCopy
    offer.rehearsal = isRehearsal
    // A rehearsal needs it too: by it the receiver knows the copy that it has.
    let passport = isRehearsal ? guest.passport : passport
    offer.passport = passport ?? ""
    if isCopy, let passport {
      // What goes on from the copy must be known as the same.
      _ = try client.ask(name, .carry(passport: passport), timeout: 10_000_000_000)
    }
    try channel.link.send(.offer(offer))
    if isRehearsal {
      let parts = [try root?.rehearse(over: channel), try mounts?.rehearse(over: channel)]
      filesToGo = parts.compactMap(\.self).reduce(nil) { ($0 ?? FilesToGo()) + $1 }
    } else {
      try root?.send(over: channel)
      try mounts?.send(over: channel)
    }
    guard case .accept(let accept) = try channel.message(),
      ControlDirectory.isValid(name: accept.name)
    else { throw Failure("\(peer): its messages are out of order") }
    var notices = Array(accept.notices.prefix(Self.noticeLimit))
    if let changed = try? OutsideFile.list(Array(accept.changed)),
      let summary = files.others(changed, accept.changedPaths).summary
    {
      notices.append("these files of its mounts are not the same there: \(summary)")
    }
    for notice in notices { Console.complain("\(name): \(peer): \(notice.prefix(1000))") }
    base = usableCopy(Array(accept.copy), accept.copyName)
    if !isRehearsal { try connections.dial(shell?.remote, migration) }
    return accept.name
  }

  /// The copy that the receiver says to have, if the guest knows what it has written since.
  private func usableCopy(_ digest: [UInt8], _ file: String) -> (
    parent: NamedParent, copy: SentCopy
  )? {
    let keeper = destination.map { "\($0)" } ?? peer
    guard !pace.postCopy, let digest = Digest(digest),
      let copy = guest.copies?.first(where: {
        $0.digest == digest.description && $0.observer == .copy(at: keeper)
      })
    else { return nil }
    return (NamedParent(digest: copy.digest, path: "the copy at \(peer)", name: file), copy)
  }

  private var copyRequest: ControlRequest {
    .checkpoint(
      parent: base?.parent, compression: pace.compression, observer: .copy(at: peer), reports: true)
  }

  /// What the guest has with it for the supervisor there: what this machine's says, if there is one.
  private var passport: String? {
    let host = destination.flatMap { $0.isPeer ? $0.host : nil }
    let request = SupervisorRequest.passport(
      application: name, peer: host ?? peer, isCopy: isCopy)
    guard case .passport(let passport?) = try? SupervisorClient.ask(request) else {
      return guest.passport
    }
    return passport
  }

  /// Has the picoprocess write, and stop for the rest.
  private func send(_ channel: MigrationChannel, _ remoteName: String) throws(Failure)
    -> (ControlConnection, SavedSnapshot)
  {
    let pump = SnapshotPump(channel.link, pace, Progress("moving", by: name)) {
      () throws(Failure) in
      try self.mounts?.sendMore(over: channel) == true ? .goOn : .stop
    }
    let request = ControlRequest.migrate(
      peer: peer, migration: migration,
      compression: plan?.chosen.way.compression ?? pace.compression, maxPause: pace.maxPause,
      throttles: pace.throttles, remoteName: pace.postCopy ? remoteName : nil,
      relays: connections.areRelayed, reports: true, asks: mounts != nil, parent: base?.parent,
      observer: base?.copy.observer)
    let (connection, snapshot) = try write(request, pump, channel)
    outcome.noteSending(pump, snapshot)
    do throws(Failure) {
      try connections.checkAgain(guest, migration)
      try mounts?.sendRest(over: channel)
      if connections.areRelayed {
        try channel.link.send(.connections(try connections.collect(guest, migration)))
      }
      // From here on the receiver can be in doubt: a signal waits until both ends know whose the guest is.
      HostProcess.holdSignals()
      try channel.link.send(.finish(finishMessage(pump)))
    } catch {
      giveUp(channel, error.message)
      throw Failure("\(name): \(error.message)")
    }
    return (connection, snapshot)
  }

  private func finishMessage(_ pump: SnapshotPump) -> Godwit_Migration_Finish {
    var finish = Godwit_Migration_Finish()
    finish.bytes = pump.sent
    return finish
  }

  /// Has the picoprocess write what `request` asks for, and passes it on.
  private func write(
    _ request: ControlRequest, _ pump: SnapshotPump, _ channel: MigrationChannel
  ) throws(Failure) -> (ControlConnection, SavedSnapshot) {
    var connection: ControlConnection?
    let answer: ControlAnswer
    do throws(Failure) {
      answer = try client.converse(with: name) { (opened) throws(HostError) in
        connection = opened
        let answer = try pump.exchange(Self.line(request), over: opened)
        return answer.flatMap { JSON.decode(ControlAnswer.self, from: $0) }
      }
    } catch {
      giveUp(channel, (pump.failure ?? error).message)
      if let failure = pump.failure { throw Failure("\(name): \(failure.message)") }
      throw error
    }
    if let failure = pump.failure { throw Failure("\(name): \(failure.message)") }
    guard let connection, case .saved(let snapshot) = answer else {
      giveUp(channel, "the guest could not be written")
      throw Failure("the picoprocess \(name) does not say whether it wrote its state")
    }
    return (connection, snapshot)
  }

  /// Waits until the guest is loaded there, or kept.
  private func finish(_ channel: MigrationChannel) throws(Failure) {
    guard case .prepared = try channel.message() else {
      throw Failure("\(peer): its messages are out of order")
    }
  }

  // MARK: The commit

  /// Gives the guest away. From the first step on, whatever fails leaves it standing, here or there or both, until it
  /// is known whose it is.
  private func commit(
    _ channel: MigrationChannel, _ connection: ControlConnection, _ remoteName: String
  ) throws(Failure) {
    switch ask(connection, .hold) {
    case .held: break
    case .failed(let error):
      abort(channel, remoteName, error)
      throw Failure("\(name): \(error)")
    default:
      // Its process may have ended; then the guest is there alone, but for memory that was to follow.
      throw Failure(
        pace.postCopy
          ? "the picoprocess \(name) ended while it was moved, and its memory with it: the guest is lost; godwit resolve \(remoteName) drop ends what is at \(peer)"
          : "the picoprocess \(name) ended while it was moved: \(peer) has the guest; see godwit resolve \(remoteName) there"
      )
    }
    switch settle(channel, remoteName) {
    case .committed:
      // It may have ended before it could answer: nothing of the guest is left here then.
      if case .failed(let error) = ask(connection, .commit) { throw Failure("\(name): \(error)") }
    case .dropped:
      _ = ask(connection, .abort)
      throw Failure("\(name): \(peer) has given the guest up; it goes on here")
    case .unknown(let reason):
      throw Failure(
        "\(name): whether \(peer) has the guest is in doubt (\(reason)): look there, then godwit resolve \(name) keep, or drop"
      )
    }
  }

  private enum Settlement {
    case committed, dropped
    case unknown(String)
  }

  /// Tells the receiver that the guest is its own, until it says that it knows.
  private func settle(_ channel: MigrationChannel, _ remoteName: String) -> Settlement {
    var commit = Godwit_Migration_Commit()
    commit.migration = messageData(MigrationID.bytes(migration))
    var reason = ""
    do throws(Failure) {
      try channel.link.send(.commit(commit))
      if case .committed = try channel.message() { return .committed }
      reason = "its messages are out of order"
    } catch { reason = error.message }
    let settlement = ask(remoteName, commits: true)
    if case .unknown(let more) = settlement { return .unknown("\(reason); \(more)") }
    return settlement
  }

  /// Says over other links what has become of the guest, until the receiver says that it knows, for some seconds: it
  /// may be loading the guest.
  private func ask(_ remoteName: String, commits: Bool) -> Settlement {
    var settlement = Settlement.unknown("no other link can be made from here")
    guard shell != nil else { return settlement }
    for attempt in 0..<Self.attempts {
      HostProcess.sleep(nanoseconds: 500_000_000 << Int64(attempt))
      do throws(Failure) {
        settlement = try tell(remoteName, commits: commits)
      } catch { settlement = .unknown(error.message) }
      guard case .unknown = settlement else { break }
    }
    return settlement
  }

  /// Says over another link what has become of the guest.
  private func tell(_ remoteName: String, commits: Bool) throws(Failure) -> Settlement {
    let channel = try open()
    defer { channel.close() }
    switch try channel.settle(remoteName, migration, commits: commits) {
    case .committed: return .committed
    case .dropped: return .dropped
    case .unknown(let unknown): return .unknown(unknown.reason)
    default: throw Failure("\(peer): its messages are out of order")
    }
  }

  /// Tells the receiver to forget a guest that stays here. If the link is broken it may be prepared, and in doubt:
  /// then it is told over another link.
  private func abort(_ channel: MigrationChannel, _ remoteName: String, _ reason: String) {
    if channel.link.isRefused { return }
    if !channel.link.isSilent, giveUp(channel, reason),
      (try? channel.message()) != nil || channel.link.isRefused
    {
      return
    }
    _ = ask(remoteName, commits: false)
  }

  @discardableResult
  private func giveUp(_ channel: MigrationChannel, _ reason: String) -> Bool {
    var abort = Godwit_Migration_Abort()
    abort.reason = String(reason.prefix(1000))
    return (try? channel.link.send(.abort(abort))) != nil
  }

  /// Sends a verdict: the answer, nil if the picoprocess has gone.
  private func ask(_ connection: ControlConnection, _ verdict: ControlVerdict) -> ControlAnswer? {
    do throws(HostError) {
      try connection.send(Self.line(verdict), timeout: 10_000_000_000)
      return try ControlClient.answer(connection, 60_000_000_000)
    } catch { return nil }
  }

  private static func line(_ value: some Encodable) -> [UInt8] { Array(JSON.line(value).utf8) }
}
