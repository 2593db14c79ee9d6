import HostABI
import LibOS
import Machine
import PosixHost
import Snapshot

// A suspension first copies the guest's pages while the guest runs, in rounds: each copies what was written during
// the one before. When rounds no longer help, the guest stops for the rest.

extension Picoprocess {
  /// Begins the suspension that `letter` requests.
  ///
  /// - Parameters:
  ///   - pace: a migration has its own.
  ///   - asks: the client before the guest stops, if it does not stop at once.
  func beginSuspension(
    for letter: Mailbox.Letter, _ settings: SnapshotSettings, _ pace: RoundPace = .standard,
    asks: Bool = false
  ) {
    do throws(SaveError) {
      let hasRounds = settings.deferring == nil && machine.arena.framesInUse > pace.few
      let writing = try beginSnapshot(
        settings, guestRunsOn: hasRounds, Self.appender(to: letter))
      suspension = RunningSuspension(
        writing: writing, letter: letter, pace: pace, asks: asks && hasRounds)
      if hasRounds { try beginRound() }
    } catch {
      letter.progress = .answered(ControlAnswer(error))
      suspension = nil
    }
  }

  /// Has the pages of this moment written while the guest runs on. Without further epochs there are no rounds.
  private func beginRound() throws(SaveError) {
    let arena = machine.arena
    guard let writing = suspension?.writing, let view = arena.beginView() else { return }
    do throws(SaveError) { try writing.capture(kernel) } catch {
      arena.endView(view)
      throw error
    }
    let patience = Patience()
    let round = BackgroundWriting(writing, wake: wake, patience) { (writing) throws(SaveError) in
      try writing.storePages { patience.isOver }
    }
    suspension?.begin(round, view, at: host.now(.monotonic).totalNanoseconds)
    updateEpochOfInterest()
    arena.onViewPressure = { [unowned self] in giveUpViews() }
  }

  func endRound() {
    guard let round = suspension?.round, let view = suspension?.view else { return }
    suspension?.round = nil
    suspension?.view = nil
    do throws(SaveError) {
      let pages = try round.outcome()
      suspension?.pace.note(pages: pages, at: host.now(.monotonic).totalNanoseconds)
    } catch {
      suspension?.error = error
    }
    endView(view) { round.end() }
  }

  /// Goes on with the suspension under way, at the top of the loop.
  ///
  /// - Returns: whether the guest is suspended.
  func continueSuspension() -> Bool {
    if let round = suspension?.round {
      guard round.isDone else { return false }
      endRound()
    }
    guard let suspension else { return false }
    do throws(SaveError) {
      if let error = suspension.error { throw error }
      if self.suspension?.pace.goesOn() == true {
        throttle()
        try beginRound()
        if self.suspension?.round != nil { return false }
      }
      guard try mayStop() else { return false }
      return try finish(suspension)
    } catch {
      giveUpSuspension(error)
      return false
    }
  }

  /// Whether the client lets the guest stop: it is asked, and meanwhile the guest runs on. Another round has what was written
  /// since then.
  private func mayStop() throws(SaveError) -> Bool {
    guard let suspension, suspension.asks else { return true }
    if suspension.isAsking {
      guard case .decided(let verdict) = suspension.letter.progress else { return false }
      suspension.letter.progress = .taken
      self.suspension?.isAsking = false
      switch verdict {
      case .stop: self.suspension?.asks = false
      case .goOn: break
      case .commit, .abort, .hold:
        throw .refused(Failure("the migration was given up; the guest goes on"))
      }
      self.suspension?.pace.restart()
      try beginRound()
      guard self.suspension?.round == nil else { return false }
      if verdict == .stop { return true }
    }
    self.suspension?.isAsking = true
    suspension.letter.progress = .answered(.settling)
    return false
  }

  /// Stops the guest, writes the rest, and waits for the client's verdict.
  private func finish(_ suspension: RunningSuspension) throws(SaveError) -> Bool {
    let letter = suspension.letter
    let start = host.now(.monotonic).totalNanoseconds
    kernel.vfs.sync()
    try suspension.writing.capture(kernel)
    let written = try suspension.writing.finish()
    var snapshot = SavedSnapshot(
      written, syscallCount: kernel.syscallCount, freezingTime: start - letter.time,
      frozenTime: host.now(.monotonic).totalNanoseconds - start)
    snapshot.rounds = suspension.pace.rounds(ofAll: written.pagesWritten)
    letter.progress = .answered(.saved(snapshot: snapshot))
    self.suspension = nil
    if case .migrate(
      let peer, let migration, let compression, _, _, let remoteName, _, _, _, _, _) =
      letter.request
    {
      defer { guestThrottle = nil }
      let memory = written.deferred.map { LentMemory(migration, $0, compression ?? .standard) }
      return hasMoved(letter, migration, to: peer, lending: memory, remoteName)
    }
    guard verdict(on: letter) == .commit else { return false }
    farewell = letter
    return true
  }

  /// Has the guest held as the rounds under way demand.
  private func throttle() {
    guard let share = suspension?.pace.throttle, share > 0 else { return }
    if guestThrottle == nil { guestThrottle = GuestThrottle(wake) }
    guestThrottle?.share = share
  }

  /// Ends the suspension under way, if there is one: the guest goes on, or has ended.
  func giveUpSuspension(_ error: SaveError) {
    if suspension?.round != nil { endRound() }
    suspension?.letter.progress = .answered(ControlAnswer(error))
    suspension = nil
    guestThrottle = nil
    updateEpochOfInterest()
  }
}

/// A suspension under way.
struct RunningSuspension {
  let writing: SnapshotWriting
  let letter: Mailbox.Letter
  /// Whether the client is asked before the guest stops, and whether it is being asked now.
  var asks: Bool
  var isAsking = false
  /// The round under way: how many pages it wrote.
  var round: BackgroundWriting<UInt64>?
  var view: FrozenView?
  /// That which began with the last round: the next one asks what was written since.
  private(set) var epoch: Epoch?
  /// Why a round failed.
  var error: SaveError?
  /// When the guest stops for the rest.
  var pace: RoundPace

  init(writing: SnapshotWriting, letter: Mailbox.Letter, pace: RoundPace, asks: Bool) {
    self.writing = writing
    self.letter = letter
    self.pace = pace
    self.asks = asks
  }

  /// It waits for the client's verdict.
  var isWaiting: Bool {
    guard isAsking else { return false }
    if case .decided = letter.progress { return false }
    return true
  }

  mutating func begin(_ round: BackgroundWriting<UInt64>, _ view: FrozenView, at time: Int64) {
    self.round = round
    self.view = view
    epoch = view.epoch
    pace.begin(at: time)
  }
}
