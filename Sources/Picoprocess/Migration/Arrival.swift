import FoundationEssentials
import HostABI
import JSONText
import LibOS
import MigrationMessages
import PosixHost
import Snapshot
import SupervisorMessages

/// What the user of the receiving end has named: a sender can only ask.
package struct ArrivalOptions: Sendable {
  package var picoprocess = PicoprocessOptions()
  /// Open none of the ports that the guest published.
  package var publishesNothing = false
  /// The guest's root may come with it.
  package var takesRoot = false
  /// Where it is put; nil: see `TreeStore`.
  package var rootStore: String?
  /// The files of its writable mounts may come with it. They are put where `picoprocess` has these mounted.
  package var takesMounts = false
  /// Where the snapshot is until its pages are read.
  package var spool: String
  /// Relay the guest's connections.
  package var relays = false
  /// The peer that sends it, as the supervisor here calls it; nil: it comes over ssh.
  package var peer: String?

  package init(spool: String) { self.spool = spool }
}

/// The receiving end of a migration: `godwit receive`, or `godwit fetch`. It speaks the protocol. Another process holds
/// the guest, and lives on.
package final class Arrival {
  private let options: ArrivalOptions
  private let spool: SpoolFile
  /// The process that holds the guest.
  private let holder: ControlConnection
  /// Nil: none are relayed.
  private var connections: ArrivingConnections?
  /// Those that come with the guest.
  private var mounts: ArrivingMounts?

  /// Receives a guest, or settles what has become of one. The other end is told what fails.
  ///
  /// - Returns: whether nothing did.
  package static func run(_ options: ArrivalOptions) throws(Failure) -> Bool {
    let arrival: Result<Arrival, Failure>
    do throws(Failure) { arrival = .success(try Arrival(options)) } catch {
      arrival = .failure(error)
    }
    let link = try MigrationChannel(standardStreamsTo: "the sender").link
    do throws(Failure) {
      let opened = try arrival.get()
      switch try opened.receive(over: link) {
      case .runs(_, let relay):
        return try relay?.runOnce(over: link) ?? true
      case .settled: return true
      case .uncertain:
        opened.awaitSettlement()
        return false
      }
    } catch {
      try? link.send(.refusal(Self.refusal(error)))
      return false
    }
  }

  /// Fetches the guest `name` from another machine, where the sender can't make another link: this end settles what
  /// has become of the guest if the link breaks.
  package static func fetch(
    _ name: String, from shell: RemoteShell, _ pace: MigrationPace, _ options: ArrivalOptions
  ) throws(Failure) {
    let arrival = try Arrival(options, from: shell)
    if try PageCarrier.goOnFetching(name, shell, options) { return }
    let arguments = pace.sendArguments(
      name, withRoot: options.takesRoot, withMounts: options.takesMounts)
    let channel = try MigrationChannel(shell, arguments)
    defer { channel.close() }
    let outcome: Outcome
    do throws(Failure) { outcome = try arrival.receive(over: channel.link) } catch {
      try? channel.link.send(.refusal(refusal(error)))
      throw Failure("\(name): \(error.message)")
    }
    switch outcome {
    case .runs(let migration, let relay?):
      try PageCarrier(fetching: name, relay, migration, shell).run(over: channel.link)
    case .runs(let migration, nil):
      // A sender that has heard of it ends well.
      if channel.close() { return }
      switch Self.settle(name, migration, shell) {
      // It ended when it heard of the commit.
      case .committed, .absent: return
      default:
        throw Failure(
          "\(name): it runs here, and may be in doubt at \(shell.remote): godwit resolve \(name) drop there"
        )
      }
    case .uncertain(let migration, let relay):
      switch Self.settle(name, migration, shell) {
      case .committed:
        guard (try? arrival.holder.send(ArrivalOrder.commit)) != nil,
          try arrival.report() == .running
        else { throw arrival.gone }
        arrival.mounts?.keep()
        if let relay { try PageCarrier(fetching: name, relay, migration, shell).run(over: nil) }
      case .dropped:
        try? arrival.holder.send(ArrivalOrder.abort)
        arrival.mounts?.giveUp()
        throw Failure("\(name): \(shell.remote): the link broke, and the guest stays there")
      case .absent:
        throw Failure(
          "\(name): it has ended at \(shell.remote), and is in doubt here: see godwit resolve")
      case .unknown:
        throw Failure(
          "\(name): it is in doubt here, and maybe at \(shell.remote): see godwit resolve")
      }
    case .settled: break
    }
  }

  /// What has become of the guest.
  private enum Outcome {
    ///
    /// - `relay`: brings its memory; nil: it is here.
    case runs(migration: String, relay: PageRelay?)
    /// It is prepared, and the sender has gone.
    case uncertain(migration: String, relay: PageRelay?)
    /// It was about an earlier migration.
    case settled
  }

  /// Times that an end tries to tell the other what has become of the guest.
  private static let attempts = 3

  /// What the source says of a migration.
  private enum Settlement {
    /// The guest is not its own any more.
    case committed
    /// The guest stays there.
    case dropped
    case absent, unknown
  }

  /// Tells the source that the guest is here, or will be if the source agrees.
  private static func settle(_ name: String, _ migration: String, _ shell: RemoteShell)
    -> Settlement
  {
    for attempt in 0..<attempts {
      HostProcess.sleep(nanoseconds: 500_000_000 << Int64(attempt))
      do throws(Failure) {
        let channel = try MigrationChannel(shell, RemoteShell.settleArguments)
        defer { channel.close() }
        switch try channel.settle(name, migration, commits: true) {
        case .committed: return .committed
        case .dropped: return .dropped
        case .unknown(let unknown) where unknown.absent: return .absent
        default: continue
        }
      } catch {}
    }
    return .unknown
  }

  /// Starts the process that holds the guest: the first thing to do, see `DetachedChild`.
  private init(_ options: ArrivalOptions, from shell: RemoteShell? = nil) throws(Failure) {
    self.options = options
    let spool = try withFailure(options.spool) { () throws(HostError) in
      try SpoolFile(in: options.spool)
    }
    self.spool = spool
    do throws(HostError) {
      holder = try DetachedChild.start { ArrivedGuest.run($0, spool, options) }
    } catch { throw Failure("the process that is to hold the guest", error) }
    guard options.relays else {
      connections = nil
      return
    }
    let holder = self.holder
    connections = try ArrivingConnections(from: shell) {
      holder.abandon()
      spool.abandon()
    }
  }

  private func receive(over link: MigrationLink) throws(Failure) -> Outcome {
    // A sender that has closed the link may have said why before.
    try? link.send(.hello(hello))
    var files = OfferedFiles()
    while true {
      switch try link.receive() {
      case .message(.files(let message)): try files.add(message)
      case .message(.offer(let message)):
        do throws(Failure) {
          return try receive(try MigrationOffer(message), files.files, over: link)
        } catch {
          mounts?.giveUp()
          throw error
        }
      case .message(.settle(let settle)):
        try self.settle(settle, over: link)
        return .settled
      case .message(.continuePages(let message)):
        try PageRelay.goOn(message, over: link)
        return .settled
      case .message(.refusal(let refusal)): throw Failure("\(link.peer): \(refusal.reason)")
      case .message(.abort(let abort)): throw Failure("\(link.peer): \(abort.reason)")
      case .end: throw Failure("\(link.peer): the link ended")
      default: throw outOfOrder
      }
    }
  }

  // MARK: Negotiation

  private var hello: Godwit_Migration_Hello {
    let support = Picoprocess.support
    var hello = Godwit_Migration_Hello()
    hello.godwit = GodwitVersion.number
    hello.formatFirst = SnapshotHeader.currentFormatVersion
    hello.formatLast = SnapshotHeader.currentFormatVersion
    hello.abiFirst = support.abiVersions.lowerBound
    hello.abiLast = support.abiVersions.upperBound
    hello.isas = support.guestISAs.sorted()
    hello.features = support.features.sorted()
    hello.memoryFree = MemoryRoom.available
    hello.diskFree = spool.room
    hello.spool = options.spool
    hello.comparesFiles = true
    hello.takesRoot = options.takesRoot
    hello.takesMounts = options.takesMounts
    hello.postCopy = true
    hello.relays = options.relays
    hello.keepsCopies = true
    hello.rehearses = true
    return hello
  }

  /// Rounded up.
  private static func mebibytes(_ bytes: UInt64) -> UInt64 { (bytes >> 10 + 1023) >> 10 }

  /// Refuses what can't work, before anything moves.
  private func check(_ offer: MigrationOffer, name: String, _ ports: ReturningPorts)
    throws(Failure)
  {
    guard offer.formatVersion == SnapshotHeader.currentFormatVersion else {
      throw Failure(
        "it takes snapshots of format \(SnapshotHeader.currentFormatVersion), not \(offer.formatVersion)"
      )
    }
    do throws(SnapshotError) { try Picoprocess.support.check(offer.header) } catch {
      throw Failure("it can't run the guest: \(error)")
    }
    let memory = MemoryRoom.available
    guard offer.memory <= memory else {
      throw Failure(
        "the guest has \(Self.mebibytes(offer.memory)) MiB in use, and \(memory >> 20) MiB are free"
      )
    }
    if let limit = options.picoprocess.memoryLimit, offer.memory > UInt64(limit) {
      throw Failure(
        "the guest has \(Self.mebibytes(offer.memory)) MiB in use, and may have \(limit >> 20) MiB")
    }
    guard offer.isPostCopy || offer.memory <= spool.room else {
      throw Failure(
        "\(options.spool): the guest has \(Self.mebibytes(offer.memory)) MiB in use, and \(spool.room >> 20) MiB are free; see --spool"
      )
    }
    let directory = try withFailure("the directory of control sockets") { () throws(HostError) in
      try ControlDirectory.standard()
    }
    // Whoever has the name answers.
    if (try? directory.connect(to: name)) != nil {
      let doubt = (try? ControlClient().list().first { $0.name == name })?.doubt
      guard let doubt else { throw Failure("a picoprocess named \(name) is running there") }
      guard doubt.willEnd == true else {
        throw Failure(
          "an earlier migration of a picoprocess named \(name) is in doubt there: see godwit resolve there"
        )
      }
      throw Failure("a picoprocess named \(name) is just arriving there")
    }
    guard !offer.carriesRoot || options.takesRoot else {
      throw Failure("the guest's root is to come, and its command line lacks --take-root")
    }
    guard offer.trees.isEmpty || options.takesMounts else {
      throw Failure("the guest's mounts are to come, and its command line lacks --take-mounts")
    }
    var here = options.picoprocess
    if offer.carriesRoot { here.root = "/" }
    let missing = offer.remembered.missing(here, publishesNothing: options.publishesNothing)
    guard missing.isEmpty else {
      throw Failure(
        "to give the guest what it had of its host, its command line lacks "
          + missing.joined(separator: " "))
    }
    let guests = offer.remembered.hostMounts
    if let stray = options.picoprocess.mounts.first(where: { mount in
      !guests.contains { mount.isAt($0.guest) }
    }) {
      throw Failure(
        "--mount \(stray.host):\(stray.guest): the guest has no mount at \(stray.guest)")
    }
    // What comes need not be there.
    let arriving = try offer.trees.keys.map { (number) throws(Failure) in
      try self.directory(ofMount: number, offer, nil)
    }
    for path in [here.root ?? "/"] + options.picoprocess.mounts.map(\.host)
    where !arriving.contains(path) {
      _ = try withFailure(path) { () throws(HostError) in try HostProcess.resolve(path) }
    }
    let host = PosixHost()
    let outside = try Picoprocess.outside(options.picoprocess, seed: nil)
    host.network = outside.permission
    try Picoprocess.checkPublishedPorts(outside.published, host, except: ports.include)
  }

  /// Refuses a guest that would find other files here than it has in use.
  ///
  /// - Parameter root: the one that came with it.
  private func compare(
    _ files: [OutsideFile], _ offer: MigrationOffer, _ root: String?, over link: MigrationLink
  ) throws(Failure) -> FileComparison {
    var comparison = FileComparison()
    let mounts = Dictionary(grouping: files, by: \.place.mount)
    for (mount, files) in mounts.sorted(by: { $0.key < $1.key }) where offer.trees[mount] == nil {
      // The root that they are in has not come.
      if mount == 0, offer.carriesRoot, offer.isRehearsal { continue }
      let directory = try directory(ofMount: mount, offer, root)
      try comparison.compare(files, beneath: directory) { () throws(Failure) in
        try link.sayIdle()
      }
    }
    if let summary = comparison.summary {
      throw Failure("the files that the guest has in use are not the same there: \(summary)")
    }
    return comparison
  }

  /// Where the guest would find here what it has beneath its root (0), or in a mounted directory.
  private func directory(ofMount mount: Int, _ offer: MigrationOffer, _ root: String?)
    throws(Failure) -> String
  {
    if mount == 0 { return root ?? options.picoprocess.root ?? "/" }
    let mounts = offer.remembered.hostMounts
    guard mounts.indices.contains(mount - 1),
      let option = options.picoprocess.mounts.last(where: { $0.isAt(mounts[mount - 1].guest) })
    else { throw Failure("it lists files of a directory that is not mounted") }
    return option.host
  }

  // MARK: The guest

  private func receive(
    _ offer: MigrationOffer, _ files: [OutsideFile], over link: MigrationLink
  ) throws(Failure) -> Outcome {
    let name = options.picoprocess.name ?? offer.name
    let ports = ReturningPorts(offer.earlier, options.picoprocess.publish)
    try check(offer, name: name, ports)
    if offer.relays {
      guard let connections else { throw Failure("its command line lacks --connections relay") }
      try connections.prepare(offer, name: name)
    } else {
      connections = nil
    }
    var notices: [String] = []
    var root: String?
    if offer.carriesRoot, offer.isRehearsal {
      try ArrivingTree.rehearse(link, TreeStore(options.rootStore))
    } else if offer.carriesRoot {
      let tree = try ArrivingTree(link, TreeStore(options.rootStore))
      root = tree.root
      notices += tree.losses.lines
    }
    if !offer.trees.isEmpty {
      var targets: [Int: String] = [:]
      for number in offer.trees.keys {
        targets[number] = try directory(ofMount: number, offer, nil)
      }
      let mounts = try ArrivingMounts(offer, targets, over: link)
      self.mounts = mounts
      if offer.isRehearsal { try mounts.rehearse() } else { try mounts.take() }
      notices += mounts.notices
    }
    let comparison = try compare(files, offer, root, over: link)
    var accept = Godwit_Migration_Accept()
    accept.name = name
    accept.notices = notices
    if !comparison.changed.isEmpty {
      accept.changed = messageData(OutsideFile.encoded(comparison.changed.map(\.file)))
      accept.changedPaths = comparison.changed.map { String($0.path.prefix(1000)) }
    }
    let copy = try KeptCopy(of: name, offer.passport)
    let kept = copy.reader()
    if let kept, let file = copy.file,
      !offer.isCopy || copy.takesIncrements(kept, memory: offer.memory)
    {
      accept.copy = messageData(kept.contentDigest.bytes)
      accept.copyName = file
    }
    try link.send(.accept(accept))
    if offer.isRehearsal { return try endRehearsal(over: link) }
    if offer.isCopy {
      try keep(copy, kept, offer, name: name, root, over: link)
      return .settled
    }
    let intake = SnapshotIntake(link, spool, memory: offer.memory, mounts)
    let digest = try intake.take()
    if let mounts {
      // What was in their places is put back if the guest does not run here.
      HostProcess.holdSignals()
      try mounts.activate()
    }
    let numbers = connections == nil ? [] : intake.connections.numbers
    let portCount = ports.borrow()
    let correspondents =
      try connections?.introduce(
        try RelayedCorrespondent.list(Array(intake.connections.correspondents), .narrow)
          + RelayedCorrespondent.list(Array(intake.connections.wideCorrespondents), .wide),
        options.picoprocess) ?? []
    try load(
      .load(
        name: name, migration: offer.migration, isPostCopy: offer.isPostCopy, root: root,
        digests: comparison.knownDigests, sockets: numbers.count + portCount,
        relays: offer.earlier + (connections == nil ? [] : [offer.migration]),
        correspondents: correspondents, passport: offer.passport,
        parent: intake.parent == nil ? nil : copy.path,
        followers: connections == nil ? 0 : intake.connections.followerCount),
      numbers, ports, over: link)
    try connections?.joinConsoles(intake.connections)
    let relay = offer.isPostCopy ? PageRelay(name, .borrower, offer.migration) : nil

    // From here on it takes more than a signal.
    HostProcess.holdSignals()
    var prepared = Godwit_Migration_Prepared()
    prepared.contentDigest = messageData(Array(digest.bytes))
    do throws(Failure) { try link.send(.prepared(prepared)) } catch {
      // The sender has not heard of it, so it can't have given the guest away.
      try? holder.send(ArrivalOrder.abort)
      throw error
    }
    // And a broken link leaves the guest in doubt; its holder notices that this process has ended.
    guard let verdict = try? link.receive() else {
      return .uncertain(migration: offer.migration, relay: relay)
    }
    switch verdict {
    case .message(.commit(let commit))
    where MigrationID.bytes(offer.migration) == Array(commit.migration):
      guard (try? holder.send(ArrivalOrder.commit)) != nil, try report() == .running else {
        throw gone
      }
      try? link.send(.committed(Godwit_Migration_Committed()))
      try? connections?.bringHome(offer)
      mounts?.keep()
      copy.remove()
      if relay != nil { HostProcess.releaseSignals() }
      return .runs(migration: offer.migration, relay: relay)
    case .message(.abort(let abort)):
      guard (try? holder.send(ArrivalOrder.abort)) != nil, try report() == .dropped else {
        throw gone
      }
      try? link.send(.dropped(Godwit_Migration_Dropped()))
      throw Failure("\(link.peer): it gave up: \(abort.reason)")
    default: return .uncertain(migration: offer.migration, relay: relay)
    }
  }

  /// Nothing more may come.
  private func endRehearsal(over link: MigrationLink) throws(Failure) -> Outcome {
    guard case .message(.abort(let abort)) = try link.receive() else { throw outOfOrder }
    throw Failure("\(link.peer): it gave up: \(abort.reason)")
  }

  /// Keeps what comes.
  ///
  /// - Parameter kept: the copy that is here, to which it may be an increment.
  private func keep(
    _ copy: KeptCopy, _ kept: SnapshotReader?, _ offer: MigrationOffer, name: String,
    _ root: String?, over link: MigrationLink
  ) throws(Failure) {
    let (file, fileName) = try copy.next()
    let intake = SnapshotIntake(link, file, memory: offer.memory, nil)
    let digest = try intake.take()
    guard intake.parent == nil || intake.parent?.contentDigest == kept?.contentDigest else {
      throw Failure("what came is no increment to the copy that is here")
    }
    try copy.keep(
      file,
      KeptCopyNote(
        application: name, passport: offer.passport, peer: options.peer, file: fileName,
        digest: digest.description, parents: 0, made: HostProcess.realTime,
        options: options.resumeOptions(root: root)),
      isIncrement: intake.parent != nil)
    var prepared = Godwit_Migration_Prepared()
    prepared.contentDigest = messageData(Array(digest.bytes))
    try link.send(.prepared(prepared))
  }

  // MARK: The holder

  /// Has the holder load what came.
  private func load(
    _ order: ArrivalOrder, _ numbers: [UInt64], _ ports: ReturningPorts, over link: MigrationLink
  ) throws(Failure) {
    guard (try? holder.send(order)) != nil else { throw gone }
    try connections?.join(numbers, options.picoprocess, holder: holder)
    try ports.hand(to: holder)
    let report = try report { () throws(Failure) in
      // A sender has nothing to say now, unless it gives up.
      switch try link.receive(within: 0) {
      case nil: try link.checkLife()
      case .message(.abort), .end: throw Failure("the sender gave up")
      default: throw outOfOrder
      }
    }
    switch report {
    case .loaded: break
    case .failed(let reason): throw Failure(reason)
    default: throw gone
    }
  }

  /// The next report of the holder.
  ///
  /// - Parameter wait: is called each second until it comes.
  private func report(or wait: () throws(Failure) -> Void = {}) throws(Failure) -> ArrivalReport {
    while true {
      do throws(HostError) {
        guard let line = try holder.receive(timeout: 1_000_000_000),
          let report = JSON.decode(ArrivalReport.self, from: line)
        else { throw .brokenPipe }
        return report
      } catch .wouldBlock { try wait() } catch { throw gone }
    }
  }

  /// Waits until it is known whether the guest runs here, if what was in the place of its mounts depends on it.
  private func awaitSettlement() {
    guard let mounts, (try? holder.send(ArrivalOrder.lost)) != nil else { return }
    HostProcess.releaseSignals()
    switch try? report() {
    case .running: mounts.keep()
    case .dropped: mounts.giveUp()
    default: break
    }
  }

  private var gone: Failure { Failure("the process that was to hold the guest has ended") }

  // MARK: An earlier migration

  /// Says the verdict of a sender whose link broke.
  private func settle(_ settle: Godwit_Migration_Settle, over link: MigrationLink)
    throws(Failure)
  {
    let migration = try MigrationID.text(Array(settle.migration))
    guard ControlDirectory.isValid(name: settle.name) else { throw outOfOrder }
    let client = try ControlClient()
    let answer: ControlAnswer
    do throws(Failure) {
      answer = try client.ask(
        settle.name, .settle(migration: migration, isCommitted: settle.commit),
        timeout: 10_000_000_000)
    } catch {
      var unknown = Godwit_Migration_Unknown()
      unknown.reason = error.message
      unknown.absent = (try? ControlDirectory.standard().connect(to: settle.name)) == nil
      try link.send(.unknown(unknown))
      return
    }
    try link.send(
      settle.commit && answer != .kept
        ? .committed(Godwit_Migration_Committed()) : .dropped(Godwit_Migration_Dropped()))
  }

  private var outOfOrder: Failure { Failure("the sender's messages are out of order") }

  private static func refusal(_ failure: Failure) -> Godwit_Migration_Refusal {
    var refusal = Godwit_Migration_Refusal()
    refusal.reason = String(failure.message.prefix(1000))
    return refusal
  }
}
