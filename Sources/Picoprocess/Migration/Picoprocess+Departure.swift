import HostABI
import LibOS
import PosixHost

// The source's part of the commit. The guest stands, and is written.

extension Picoprocess {
  /// Waits until it is known whose the guest is.
  ///
  /// - Returns: whether it is the other machine's.
  func hasMoved(_ letter: Mailbox.Letter, _ migration: String, to peer: String) -> Bool {
    var state = SourceState.standing
    /// Whoever is told that this process has released everything.
    var last = letter
    func note(_ event: SourceState.Event) {
      if let next = state.after(event) { state = next }
    }
    while true {
      if case .decided(let verdict) = letter.progress {
        switch verdict {
        case .hold:
          note(.hold)
          doubt = MigrationDoubt(migration: migration, peer: peer, isArriving: false)
          letter.progress = .answered(.held)
        case .commit: note(.committed)
        case .abort: note(.dropped)
        }
      }
      while state == .inDoubt, let other = mailbox.take(where: { $0.resolves(migration) }) {
        guard case .resolve(let resolution, _) = other.request else { continue }
        note(resolution == .keep ? .keep : .drop)
        letter.progress = .answered(.failed(error: "its user has resolved the doubt"))
        last = other
      }
      switch state {
      case .standing, .inDoubt: break
      case .kept:
        doubt = nil
        if last !== letter { last.progress = .answered(.done) }
        return false
      case .gone:
        doubt = nil
        movedTo = peer
        farewell = last
        return true
      }
      answerOthers()
      HostProcess.sleep(nanoseconds: 1_000_000)
    }
  }

  /// Answers requests to a guest that stands for the sake of a migration.
  func answerOthers() {
    refuseSecondMigrations()
    // A guest that will soon run here or there has them wait.
    while let other = mailbox.take(where: { $0 == .info || self.doubt != nil }) {
      switch other.request {
      case .info: other.progress = .answered(.running(picoprocess: info))
      case .resolve(let resolution, let migration):
        other.progress = .answered(resolve(resolution, migration))
      default: other.progress = .answered(.failed(error: doubt?.refusal ?? ""))
      }
    }
  }

  /// There is one migration of a guest at a time.
  func refuseSecondMigrations() {
    guard isMigrating else { return }
    while let other = mailbox.take(where: { if case .migrate = $0 { true } else { false } }) {
      other.progress = .answered(.failed(error: "it is being migrated already"))
    }
  }

  private var isMigrating: Bool {
    if doubt != nil { return true }
    if case .migrate = suspension?.letter.request { return true }
    return false
  }

  /// Answers a request to resolve a doubt that is not there, or is another one.
  func resolve(_ resolution: Resolution, _ migration: String?) -> ControlAnswer {
    // A source that missed the answer to its commit asks again.
    if let migration, migration == arrival, resolution == .keep { return .done }
    return .failed(
      error: migration == nil
        ? "no migration of it is in doubt" : "it is not from this migration")
  }
}

extension ControlRequest {
  /// Whether it resolves the doubt about this migration.
  func resolves(_ migration: String) -> Bool {
    if case .resolve(_, let wanted) = self { wanted == nil || wanted == migration } else { false }
  }
}
