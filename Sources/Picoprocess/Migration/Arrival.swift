import FoundationEssentials
import HostABI
import MigrationMessages
import PosixHost
import Snapshot

/// What the user of the receiving end has named: a sender can only ask.
package struct ArrivalOptions: Sendable {
  package var picoprocess = PicoprocessOptions()
  /// Open none of the ports that the guest published.
  package var publishesNothing = false
  /// Where the snapshot is until its pages are read.
  package var spool: String

  package init(spool: String) { self.spool = spool }
}

/// The receiving end of a migration: `godwit receive`. It speaks the protocol, over its standard streams. Another
/// process holds the guest, and lives on.
package final class Arrival {
  private let options: ArrivalOptions
  private let link: MigrationLink
  private let spool: SpoolFile

  private static let loginPatience: Int64 = 60_000_000_000

  /// Receives a guest, or settles what has become of one. The other end is told what fails.
  ///
  /// - Returns: whether nothing did.
  package static func run(_ options: ArrivalOptions) throws(Failure) -> Bool {
    let bytes = try withFailure("standard input and output") { () throws(HostError) in
      try ByteLink.standardStreams()
    }
    let link = MigrationLink(bytes, peer: "the sender")
    try link.sendPreamble()
    try link.receivePreamble(timeout: loginPatience)
    let arrival: Arrival
    do throws(Failure) {
      arrival = try Arrival(options, link)
      try arrival.receive()
      return true
    } catch {
      try? link.send(.refusal(Self.refusal(error)))
      return false
    }
  }

  private init(_ options: ArrivalOptions, _ link: MigrationLink) throws(Failure) {
    self.options = options
    self.link = link
    spool = try withFailure(options.spool) { () throws(HostError) in
      try SpoolFile(in: options.spool)
    }
  }

  private func receive() throws(Failure) {
    try link.send(.hello(hello))
    switch try link.receive() {
    case .message(.offer(let message)): try receive(try MigrationOffer(message))
    case .message(.settle(let settle)): try self.settle(settle)
    case .message(.refusal), .message(.abort), .end: return
    default: throw outOfOrder
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
    return hello
  }

  /// Refuses what can't work, before anything moves.
  private func check(_ offer: MigrationOffer, name: String) throws(Failure) {
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
        "the guest has \(offer.memory >> 20) MiB in use, and \(memory >> 20) MiB are free")
    }
    if let limit = options.picoprocess.memoryLimit, offer.memory > UInt64(limit) {
      throw Failure(
        "the guest has \(offer.memory >> 20) MiB in use, and may have \(limit >> 20) MiB")
    }
    guard offer.memory <= spool.room else {
      throw Failure(
        "\(options.spool): the guest has \(offer.memory >> 20) MiB in use, and \(spool.room >> 20) MiB are free; see --spool"
      )
    }
    let directory = try withFailure("the directory of control sockets") { () throws(HostError) in
      try ControlDirectory.standard()
    }
    // Whoever has the name answers.
    if (try? directory.connect(to: name)) != nil {
      throw Failure("a picoprocess named \(name) is running there")
    }
    let missing = offer.remembered.missing(
      options.picoprocess, publishesNothing: options.publishesNothing)
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
    for path in [options.picoprocess.root ?? "/"] + options.picoprocess.mounts.map(\.host) {
      _ = try withFailure(path) { () throws(HostError) in try HostProcess.resolve(path) }
    }
    try Picoprocess.checkPublishedPorts(options.picoprocess.publish.map(\.port), PosixHost())
  }

  // MARK: The guest

  private func receive(_ offer: MigrationOffer) throws(Failure) {
    let name = options.picoprocess.name ?? offer.name
    try check(offer, name: name)
    let guest = try startHolder(name)
    var accept = Godwit_Migration_Accept()
    accept.name = name
    try link.send(.accept(accept))

    let digest = try SnapshotIntake(link, spool, memory: offer.memory).take()
    try tell(guest, .load(name: name, migration: offer.migration))
    switch try report(of: guest) {
    case .loaded: break
    case .failed(let reason): throw Failure(reason)
    default: throw Failure("the process that holds the guest is confused")
    }
    var prepared = Godwit_Migration_Prepared()
    prepared.contentDigest = messageData(Array(digest.bytes))
    do throws(Failure) { try link.send(.prepared(prepared)) } catch {
      // The sender has not heard of it, so it can't have given the guest away.
      try? guest.send(ArrivalOrder.abort)
      throw error
    }
    // From here on a broken link leaves the guest in doubt; its holder notices that this process has ended.
    guard let verdict = try? link.receive() else { return }
    switch verdict {
    case .message(.commit(let commit))
    where MigrationID.bytes(offer.migration) == Array(commit.migration):
      guard (try? guest.send(ArrivalOrder.commit)) != nil,
        (try? report(of: guest)) == .running
      else { return }
      try? link.send(.committed(Godwit_Migration_Committed()))
    case .message(.abort):
      guard (try? guest.send(ArrivalOrder.abort)) != nil, (try? report(of: guest)) == .dropped
      else { return }
      try? link.send(.dropped(Godwit_Migration_Dropped()))
    default: return
    }
  }

  /// Starts the process that holds the guest, which waits for the snapshot.
  private func startHolder(_ name: String) throws(Failure) -> ControlConnection {
    do throws(HostError) {
      return try DetachedChild.start { connection in
        link.link.close()
        ArrivedGuest.run(connection, spool, options, name)
      }
    } catch { throw Failure("the process that is to hold the guest", error) }
  }

  private func tell(_ guest: ControlConnection, _ order: ArrivalOrder) throws(Failure) {
    do throws(HostError) { try guest.send(order) } catch { throw gone }
  }

  /// The next report of the process that holds the guest. The sender sees that this one lives.
  private func report(of guest: ControlConnection) throws(Failure) -> ArrivalReport {
    while true {
      do throws(HostError) {
        guard let line = try guest.receive(timeout: 1_000_000_000),
          let report = JSON.decode(ArrivalReport.self, from: line)
        else { throw .brokenPipe }
        return report
      } catch .wouldBlock { try listen() } catch { throw gone }
    }
  }

  /// Looks after the link while the holder is at work: a sender has nothing to say now, unless it gives up.
  private func listen() throws(Failure) {
    switch try link.receive(within: 0) {
    case nil: try link.checkLife()
    case .message(.abort), .end: throw Failure("the sender gave up")
    default: throw outOfOrder
    }
  }

  private var gone: Failure { Failure("the process that was to hold the guest has ended") }

  // MARK: An earlier migration

  /// Says the verdict of a sender whose link broke.
  private func settle(_ settle: Godwit_Migration_Settle) throws(Failure) {
    let migration = try MigrationID.text(Array(settle.migration))
    guard ControlDirectory.isValid(name: settle.name) else { throw outOfOrder }
    let client = try ControlClient()
    do throws(Failure) {
      _ = try client.ask(
        settle.name, .resolve(resolution: settle.commit ? .keep : .drop, migration: migration),
        timeout: 10_000_000_000)
    } catch {
      var unknown = Godwit_Migration_Unknown()
      unknown.reason = error.message
      try link.send(.unknown(unknown))
      return
    }
    try link.send(
      settle.commit
        ? .committed(Godwit_Migration_Committed()) : .dropped(Godwit_Migration_Dropped()))
  }

  private var outOfOrder: Failure { Failure("the sender's messages are out of order") }

  private static func refusal(_ failure: Failure) -> Godwit_Migration_Refusal {
    var refusal = Godwit_Migration_Refusal()
    refusal.reason = String(failure.message.prefix(1000))
    return refusal
  }
}

/// The process that holds an arriving guest, and then runs it.
enum ArrivedGuest {
  static func run(
    _ connection: ControlConnection, _ spool: SpoolFile, _ options: ArrivalOptions, _ name: String
  ) -> Never {
    guard let line = try? connection.receive(),
      case .load(_, let migration) = JSON.decode(ArrivalOrder.self, from: line)
    else { HostProcess.exit(125) }
    do throws(Failure) {
      let picoprocess = try load(spool, options, name)
      guard picoprocess.awaitCommit(migration, over: connection) else { HostProcess.exit(0) }
      HostProcess.exit(try picoprocess.run().shellStatus)
    } catch {
      try? connection.send(ArrivalReport.failed(reason: error.message))
      HostProcess.exit(125)
    }
  }

  private static func load(_ spool: SpoolFile, _ options: ArrivalOptions, _ name: String)
    throws(Failure) -> Picoprocess
  {
    var resume = ResumeOptions()
    resume.publishesNothing = options.publishesNothing
    // All of it is here and checked; what the guest does not need at once is read as it runs.
    resume.isLazy = true
    var picoprocess = options.picoprocess
    picoprocess.name = name
    let file = try withFailure(name) { () throws(HostError) in SnapshotFile(try spool.input()) }
    let reader: SnapshotReader
    do throws(SnapshotError) { reader = try SnapshotReader(file) } catch {
      throw Failure(name, error)
    }
    return try Picoprocess(resuming: name, reader, resume, picoprocess)
  }
}
