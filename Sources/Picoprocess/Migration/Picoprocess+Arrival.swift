import HostABI
import JSONText
import LibOS
import PosixHost
import Snapshot

/// What the process that speaks the protocol tells the one that holds the arriving guest.
enum ArrivalOrder: Codable {
  /// The snapshot is whole, but for the guest's pages in a post-copy.
  ///
  /// - `root`: the one that came with the guest.
  /// - `digests`: of files that were compared.
  /// - `sockets`: so many follow, for the guest's connections, which go by these relays, and for its ports.
  /// - `correspondents`: who has sent datagrams to its ports.
  /// - `passport`: what supervisors know of it.
  /// - `parent`: the path of the kept copy to which the snapshot is an increment.
  /// - `followers`: so many clients of its console follow it, and are announced before the commit.
  case load(
    name: String, migration: String, isPostCopy: Bool, root: String?, digests: [DigestedFile],
    sockets: Int, relays: [String], correspondents: [RelayedCorrespondent], passport: String?,
    parent: String?, followers: Int)
  case commit
  case abort
  /// The link is broken.
  case lost
}

/// The other way round.
enum ArrivalReport: Codable, Equatable {
  case loaded
  case failed(reason: String)
  case running
  case dropped
}

extension ControlConnection {
  func send(_ order: some Encodable) throws(HostError) {
    try send(Array(JSON.line(order).utf8), timeout: 10_000_000_000)
  }
}

extension Picoprocess {
  /// Holds the loaded guest until it is known whose it is: the receiver's part of the commit.
  ///
  /// - Returns: whether it is to run here.
  func awaitCommit(_ migration: String, over connection: ControlConnection) -> Bool {
    guard var state = ReceiverState.loading.after(.loaded) else { return false }
    let peer = "the sender"
    var connection: ControlConnection? = connection
    if (try? connection?.send(ArrivalReport.loaded)) == nil { state = .dropped }
    /// The request that has resolved the doubt.
    var resolver: Mailbox.Letter?
    func note(_ event: ReceiverState.Event) {
      if let next = state.after(event) { state = next }
    }
    while true {
      if let open = connection {
        switch Self.order(open) {
        case .success(.commit): note(.commit)
        case .success(.abort): note(.abort)
        case .success(.lost): note(.lost)
        case .success(.load), .failure:
          note(.lost)
          connection = nil
        case nil: break
        }
      } else {
        HostProcess.sleep(nanoseconds: 10_000_000)
      }
      doubt =
        state == .prepared || state == .inDoubt
        ? MigrationDoubt(
          migration: migration, peer: peer, isArriving: true, willEnd: state == .prepared) : nil
      while state == .inDoubt || state == .prepared,
        let letter = mailbox.take(where: { $0.resolves(migration) })
      {
        switch letter.request {
        // The sender's own word, over another link.
        case .settle(_, isCommitted: true): note(.commit)
        case .settle(_, isCommitted: false): note(.abort)
        // While the sender is there, only it decides.
        case .resolve where state == .prepared:
          letter.progress = .answered(.failed(error: "it is still arriving"))
          continue
        case .resolve(.keep): note(.keep)
        default: note(.drop)
        }
        resolver = letter
      }
      switch state {
      case .loading, .prepared, .inDoubt: answerOthers()
      case .running:
        doubt = nil
        arrival = migration
        borrowed?.memory.expect()
        try? connection?.send(ArrivalReport.running)
        resolver?.progress = .answered(.done)
        return true
      case .dropped:
        doubt = nil
        farewell = resolver
        takeLeave()
        try? connection?.send(ArrivalReport.dropped)
        return false
      }
    }
  }

  /// How long clients that follow the guest are waited for, in nanoseconds: only a relay that has died lets it pass.
  private static let followerPatience: Int64 = 1_000_000_000

  /// Admits the clients that follow the guest. It does not run yet: what it writes before that would not come to them.
  func admitFollowers(_ count: Int) {
    let deadline = HostProcess.monotonicTime + Self.followerPatience
    var missing = count
    while missing > 0, HostProcess.monotonicTime < deadline {
      guard let letter = mailbox.take(where: \.isOfFollower) else {
        HostProcess.sleep(nanoseconds: 100_000)
        continue
      }
      admit(letter)
      missing -= 1
    }
  }

  /// The next order; nil if there is none yet.
  private static func order(_ connection: ControlConnection) -> Result<ArrivalOrder, HostError>? {
    do throws(HostError) {
      guard let line = try connection.receive(timeout: 1_000_000),
        let order = JSON.decode(ArrivalOrder.self, from: line)
      else { return .failure(.connectionReset) }
      return .success(order)
    } catch .wouldBlock { return nil } catch { return .failure(error) }
  }
}

extension ControlRequest {
  /// Whether a relay makes it, for a client of the guest's console at another machine.
  fileprivate var isOfFollower: Bool {
    if case .attach(_, _, _, _, .some, _) = self { true } else { false }
  }
}
