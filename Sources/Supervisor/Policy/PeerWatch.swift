import NIOCore
import Policies
import PosixHost
import SupervisorMessages
import Synchronization

/// What the peers have said of themselves last.
final class PeerWatch: Sendable {
  private struct Known {
    var status: MachineStatus?
    /// On the clock of `Observation.now`.
    var answered: Int64?
    var isReachable = false
    /// It was asked, and has not answered yet.
    var isAsked = false
  }

  private let book: PeerBook
  private let dialer: PeerDialer
  private let known = Mutex<[String: Known]>([:])
  private let waker = Waker()

  init(_ book: PeerBook, _ dialer: PeerDialer) { (self.book, self.dialer) = (book, dialer) }

  var names: Set<String> { Set(book.all.map(\.name)) }

  /// Asks all of them at once. One that takes longer is asked all the same, and its answer is there the next time.
  ///
  /// - Parameter time: nanoseconds to wait.
  func ask(within time: Int64) {
    let deadline = HostProcess.monotonicTime + time
    for peer in book.all {
      let isNew = known.withLock { known in
        defer { known[peer.name, default: Known()].isAsked = true }
        return !known[peer.name, default: Known()].isAsked
      }
      guard isNew else { continue }
      dialer.ask(peer, .status).whenComplete { [self] result in
        var status: MachineStatus?
        if case .success((let answer, let channel)) = result {
          channel.close(promise: nil)
          if case .status(let said) = answer { status = said }
        }
        note(peer.name, status)
        waker.wake()
      }
    }
    while known.withLock({ $0.values.contains(where: \.isAsked) }) {
      let rest = deadline - HostProcess.monotonicTime
      if rest <= 0 { return }
      var items = [PollItem(.waker(waker))]
      PollItem.wait(&items, timeout: rest)
    }
  }

  /// Asks a peer to send an application home.
  func recall(_ application: String, from peer: String, milliseconds: Int64?)
    throws(SupervisorError)
  {
    _ = try ask(peer, .recall(application: application, milliseconds: milliseconds))
  }

  /// What moves of what runs at a peer to here would take; none: it does not say.
  func forecasts(from peer: String) -> [ApplicationForecast] {
    guard case .forecasts(let forecasts) = try? ask(peer, .forecasts) else { return [] }
    return forecasts
  }

  /// The digests of the copies that a peer keeps, by the ids of applications.
  func copies(at peer: String) -> [String: String] {
    known.withLock { $0[peer]?.status?.copies } ?? [:]
  }

  /// The ids of applications that have ended at peers, and when they said so.
  var ended: [String: (ids: Set<String>, answered: Int64)] {
    known.withLock { known in
      known.compactMapValues { entry in
        guard let ids = entry.status?.ended, let answered = entry.answered else { return nil }
        return (Set(ids), answered)
      }
    }
  }

  /// The ids of the applications of which peers that answer have copies, and when they said so.
  var keepers: [String: (copies: Set<String>, answered: Int64)] {
    known.withLock { known in
      known.compactMapValues { entry in
        guard entry.isReachable, let answered = entry.answered else { return nil }
        return (Set((entry.status?.copies ?? [:]).keys), answered)
      }
    }
  }

  private func ask(_ peer: String, _ wish: PeerRequest.Wish) throws(SupervisorError) -> PeerAnswer {
    let (answer, channel) = try PeerLink.outcome(dialer.ask(try book.peer(named: peer), wish))
    channel.close(promise: nil)
    return answer
  }

  private func note(_ name: String, _ status: MachineStatus?) {
    let now = ClockSource.ofThisMachine()?.boot
    known.withLock { known in
      var entry = known[name, default: Known()]
      (entry.isAsked, entry.isReachable) = (false, status != nil)
      if let status { (entry.status, entry.answered) = (status, now) }
      known[name] = entry
    }
  }

  var peers: [Policies.Peer] {
    let known = known.withLock { $0 }
    return names.sorted().map { name in
      let entry = known[name]
      return Policies.Peer(
        name, entry?.status, answered: entry?.answered, isReachable: entry?.isReachable ?? false)
    }
  }
}
