import HostABI
import MigrationMessages
import PosixHost
import Snapshot

/// Where a snapshot is put that comes over a link.
protocol SnapshotSpool: AnyObject {
  /// Bytes written so far.
  var length: UInt64 { get }
  /// Appends bytes.
  func write(_ bytes: [UInt8]) throws(HostError)
}

extension SpoolFile: SnapshotSpool {}
extension AtomicFile: SnapshotSpool {}

/// Takes the snapshot that comes over a link into a file, and checks every block as it comes.
final class SnapshotIntake {
  private let link: MigrationLink
  private let spool: any SnapshotSpool
  /// The most bytes to take.
  private let limit: UInt64
  private var waiting: [UInt8] = []
  private var taken = 0
  private var acknowledged: UInt64 = 0
  private var isFinished = false
  /// The guest's connections.
  private(set) var connections = Godwit_Migration_Connections()
  private let mounts: ArrivingMounts?
  /// Why no more came.
  private var failure: Failure?
  /// What it says to be an increment to.
  private(set) var parent: ParentLink?

  /// Bytes after which the sender is told how many have come.
  private static let step: UInt64 = 64 << 10

  /// - Parameters:
  ///   - memory: bytes that the guest had in use when it was offered.
  ///   - mounts: those that come with it.
  init(_ link: MigrationLink, _ spool: any SnapshotSpool, memory: UInt64, _ mounts: ArrivingMounts?)
  {
    self.link = link
    self.mounts = mounts
    self.spool = spool
    // Each of 30 rounds may have all of it, if it does not grow much.
    let (rounds, overflow) = memory.multipliedReportingOverflow(by: 32)
    limit = overflow ? .max : max(rounds, 8 << 30)
  }

  /// Takes all of it.
  ///
  /// - Returns: its content digest.
  func take() throws(Failure) -> Digest {
    do throws(SnapshotError) {
      let stream = try SnapshotStream { [unowned self] (limit) throws(SnapshotError) in
        do throws(Failure) { return try next(limit) } catch {
          failure = error
          throw .readFailed(error.message)
        }
      }
      try Picoprocess.support.check(stream.header)
      parent = stream.header.parent
      while true {
        guard case .end(_, let digest, _) = try stream.next() else { continue }
        return digest
      }
    } catch {
      if let failure { throw failure }
      throw Failure("what came is no whole snapshot: \(error)")
    }
  }

  /// The next bytes, at most `limit`; none at the end.
  private func next(_ limit: Int) throws(Failure) -> [UInt8] {
    while taken == waiting.count {
      if isFinished { return [] }
      try receive()
    }
    let end = min(waiting.count, taken + limit)
    defer { taken = end }
    return Array(waiting[taken..<end])
  }

  private func receive() throws(Failure) {
    switch try link.receive() {
    case .bytes(let bytes):
      guard spool.length + UInt64(bytes.count) <= limit else {
        throw Failure("more comes than the guest has")
      }
      try withFailure("the snapshot on its way") { () throws(HostError) in try spool.write(bytes) }
      waiting = bytes
      taken = 0
      if spool.length - acknowledged >= Self.step { try acknowledge() }
    case .message(.connections(let message)): connections = message
    case .message(.treeChanges(let message)):
      guard let mounts else { throw Failure("\(link.peer): its messages are out of order") }
      try mounts.takeMore(message)
    case .message(.finish(let finish)):
      guard finish.bytes == spool.length else {
        throw Failure("\(finish.bytes) bytes were sent, \(spool.length) came")
      }
      isFinished = true
    case .message(.abort(let abort)): throw Failure(given(abort.reason))
    case .message: throw Failure("\(link.peer): its messages are out of order")
    case .end: throw Failure("\(link.peer): the link ended too soon")
    }
  }

  private func acknowledge() throws(Failure) {
    acknowledged = spool.length
    var received = Godwit_Migration_Received()
    received.bytes = acknowledged
    try link.send(.received(received))
  }

  private func given(_ reason: String) -> String { "\(link.peer): it gave up: \(reason)" }
}
