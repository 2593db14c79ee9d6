import HostABI
import JSONText
import LibOS
import PosixHost
import Snapshot

/// The process that holds an arriving guest, and then runs it.
enum ArrivedGuest {
  static func run(
    _ connection: ControlConnection, _ spool: SpoolFile, _ options: ArrivalOptions
  ) -> Never {
    guard let line = try? connection.receive(),
      case .load(
        let name, let migration, let isPostCopy, let root, let digests, let count, let relays,
        let correspondents, let passport, let parent, let followers) =
        JSON.decode(ArrivalOrder.self, from: line)
    else { HostProcess.exit(125) }
    do throws(Failure) {
      var options = options
      options.picoprocess.root = root ?? options.picoprocess.root
      options.picoprocess.passport = passport
      let sockets = try ArrivingConnections.receive(
        count, correspondents, options.picoprocess.publish, over: connection)
      options.picoprocess.relayed = sockets
      let picoprocess = try load(
        spool, options, name, digests, isPostCopy ? migration : nil, parent)
      picoprocess.relays = relays
      guard picoprocess.awaitCommit(migration, over: connection) else { HostProcess.exit(0) }
      sockets.keepPorts()
      picoprocess.admitFollowers(followers)
      try picoprocess.runToTheEnd()
    } catch {
      try? connection.send(ArrivalReport.failed(reason: error.message))
      HostProcess.exit(125)
    }
  }

  /// - Parameters:
  ///   - borrowing: the migration after which the guest's memory follows; nil: it is here.
  ///   - parent: the path of the snapshot to which the one that came is an increment; nil: it is whole.
  private static func load(
    _ spool: SpoolFile, _ options: ArrivalOptions, _ name: String, _ digests: [DigestedFile],
    _ borrowing: String?, _ parent: String?
  ) throws(Failure) -> Picoprocess {
    var resume = ResumeOptions()
    // After the commit nothing must turn out to be another file.
    resume.checksFilesAtOnce = true
    resume.knownDigests = digests
    resume.publishesNothing = options.publishesNothing
    // All of it is here and checked; what the guest does not need at once is read as it runs.
    resume.isLazy = true
    var picoprocess = options.picoprocess
    picoprocess.name = name
    // It can be attached to, and keeps a log: nobody else sees what it writes.
    picoprocess.console = ConsoleOptions(
      GuestConsole.Shape(hasTerminal: false, takesInput: true), logSize: ConsoleOptions.logSize)
    let file = try withFailure(name) { () throws(HostError) in SnapshotFile(try spool.input()) }
    let kept =
      try borrowing == nil
      ? parent.map { (path) throws(Failure) in try SnapshotFile.reader(path, .none) } : nil
    let reader: SnapshotReader
    do throws(SnapshotError) {
      let alone = try SnapshotReader(file)
      if let borrowing {
        resume.borrowed = try BorrowedMemory(borrowing, parentOf: alone)
        reader = alone
      } else if let kept {
        reader = try SnapshotReader(alone, parent: kept)
      } else {
        reader = alone
      }
    } catch { throw Failure(name, error) }
    return try Picoprocess(resuming: name, reader, resume, picoprocess)
  }
}
