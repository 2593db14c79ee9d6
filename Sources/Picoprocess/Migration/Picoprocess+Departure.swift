import HostABI
import LibOS
import PosixHost

// The source's part of the commit. The guest stands, and is written.

extension Picoprocess {
  /// Waits until it is known whose the guest is.
  ///
  /// - Parameter memory: stays here until it is there.
  /// - Parameter remoteName: the guest's name there, if its memory follows.
  /// - Returns: whether it is the other machine's.
  func hasMoved(
    _ letter: Mailbox.Letter, _ migration: String, to peer: String,
    lending memory: LentMemory? = nil, _ remoteName: String? = nil
  ) -> Bool {
    var state = SourceState.standing
    /// The request that has resolved the doubt.
    var resolver: Mailbox.Letter?
    /// The requests of those who share the guest's connections.
    var relays: [Mailbox.Letter] = []
    func note(_ event: SourceState.Event) {
      if let next = state.after(event, lends: memory != nil) { state = next }
    }
    while true {
      if case .decided(let verdict) = letter.progress {
        switch verdict {
        case .hold:
          note(.hold)
          doubt = MigrationDoubt(migration: migration, peer: peer, isArriving: false)
          letter.progress = .answered(.held)
        case .commit: note(.committed)
        case .abort, .goOn, .stop: note(.dropped)
        }
      }
      while state == .inDoubt, let other = mailbox.take(where: { $0.resolves(migration) }) {
        switch other.request {
        case .resolve(.keep): note(.keep)
        case .resolve(.drop): note(.drop)
        case .settle(_, isCommitted: true): note(.committed)
        default: note(.dropped)
        }
        letter.progress = .answered(.failed(error: "the doubt about it is resolved"))
        resolver = other
      }
      while let relay = mailbox.take(where: { $0 == .relay(migration: migration) }) {
        if handOver(to: relay, clients: letter.relaysConnections) { relays.append(relay) }
      }
      switch state {
      case .standing, .inDoubt: break
      case .kept:
        for relay in relays { relay.progress = .answered(.kept) }
        attachments.release()
        doubt = nil
        keptMigration = migration
        resolver?.progress = .answered(.done)
        return false
      case .lent:
        beginRelaying(relays)
        doubt = nil
        // Whoever is answered asks for the memory at once.
        exchange.memory = memory.map { .lent($0) }
        (resolver ?? letter).progress = .answered(.done)
        if let memory { lend(memory, to: peer, remoteName ?? name) }
        movedTo = peer
        return true
      case .gone:
        beginRelaying(relays)
        doubt = nil
        movedTo = peer
        farewell = resolver == nil ? letter : nil
        if let resolver {
          resolver.progress = .answered(.done)
          waitUntilSent(resolver)
        }
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
    while let other = mailbox.take(where: { $0 == .info || self.doubt?.holdsUp($0) == false }) {
      switch other.request {
      case .info: other.progress = .answered(.running(picoprocess: info))
      case .resolve, .settle: other.progress = .answered(resolve(other.request))
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
  func resolve(_ request: ControlRequest) -> ControlAnswer {
    guard case .settle(let migration, let isCommitted) = request else {
      return .failed(error: "no migration of it is in doubt")
    }
    // A source that missed the answer to its commit asks again.
    if isCommitted, migration == arrival { return .done }
    // And a receiver that fetches it may not know that it stayed.
    if migration == keptMigration { return .kept }
    return .failed(error: "it is not of this migration")
  }
}

extension Mailbox.Letter {
  /// Whether the guest's connections go on after the migration that it asks for.
  fileprivate var relaysConnections: Bool {
    if case .migrate(_, _, _, _, _, _, let relays, _, _, _, _) = request {
      relays ?? false
    } else {
      false
    }
  }
}

extension ControlRequest {
  /// Whether it resolves the doubt about this migration.
  func resolves(_ migration: String) -> Bool {
    switch self {
    case .resolve: true
    case .settle(migration, _): true
    default: false
    }
  }
}
