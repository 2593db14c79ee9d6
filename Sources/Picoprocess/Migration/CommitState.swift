// The two-phase commit of a migration, as state machines: `Docs/MigrationProtocol.md`, "Commit". What holds the guest
// at the source and at the receiver changes its state by these alone. `CommitModelTests` exhausts them.

/// The guest as its source holds it, once it has been stopped for the rest of its pages.
package enum SourceState: Hashable, Sendable, CaseIterable {
  /// It stands; the receiver may not run it yet.
  case standing
  /// It stands; the receiver may run it from now on.
  case inDoubt
  /// It runs here.
  case kept
  /// It is the receiver's, which still takes its memory from here.
  case lent
  /// It is the receiver's.
  case gone

  package enum Event: Hashable, Sendable, CaseIterable {
    /// The receiver is prepared, and will be told to run the guest.
    case hold
    /// The receiver has said that it runs the guest.
    case committed
    /// The receiver can't take the guest, or has said that it never will.
    case dropped
    /// The client that migrates has gone.
    case lost
    /// The user has resolved the doubt.
    case keep, drop
    /// The receiver has all of the memory, or needs no more of it.
    case returned
  }

  /// The state after `event`; nil if it makes no sense here.
  ///
  /// - Parameter lends: the memory follows after the commit (post-copy).
  package func after(_ event: Event, lends: Bool = false) -> SourceState? {
    switch (self, event) {
    case (.standing, .hold): .inDoubt
    case (.standing, .dropped), (.standing, .lost): .kept
    case (.inDoubt, .committed): lends ? .lent : .gone
    case (.inDoubt, .dropped): .kept
    case (.inDoubt, .lost): .inDoubt
    case (.inDoubt, .keep): .kept
    case (.inDoubt, .drop): lends ? .lent : .gone
    case (.lent, .lost): .lent
    case (.lent, .returned), (.lent, .drop): .gone
    default: nil
    }
  }
}

/// The guest as its receiver holds it.
package enum ReceiverState: Hashable, Sendable, CaseIterable {
  /// It is not all there.
  case loading
  /// It is loaded, and stands.
  case prepared
  /// The same, but nobody is there who would say whether to run it.
  case inDoubt
  case running
  /// It is forgotten.
  case dropped

  package enum Event: Hashable, Sendable, CaseIterable {
    case loaded
    case commit, abort
    /// The link has broken.
    case lost
    /// The user has resolved the doubt.
    case keep, drop
  }

  /// The state after `event`; nil if it makes no sense here.
  package func after(_ event: Event) -> ReceiverState? {
    switch (self, event) {
    case (.loading, .loaded): .prepared
    case (.loading, .abort), (.loading, .lost): .dropped
    case (.prepared, .commit), (.inDoubt, .commit), (.inDoubt, .keep): .running
    case (.prepared, .abort), (.inDoubt, .abort), (.inDoubt, .drop): .dropped
    case (.prepared, .lost), (.inDoubt, .lost): .inDoubt
    // A source that lost the answer asks again.
    case (.running, .commit), (.running, .lost): .running
    default: nil
    }
  }
}

/// A migration that has neither succeeded nor failed for all that is known here.
package struct MigrationDoubt: Sendable, Hashable, Codable {
  /// The migration, in hexadecimal digits.
  package var migration: String
  /// The other machine, as this one knows it.
  package var peer: String
  /// Whether the guest came from there; else it was to go there.
  package var isArriving: Bool
  /// The link is there over which it will be ended.
  package var willEnd: Bool?

  /// Whether a request waits for its end: who is attached to a guest that arrives sees it from the start.
  func holdsUp(_ request: ControlRequest) -> Bool {
    if case .attach = request { isArriving && willEnd == true } else { false }
  }

  /// What a request of the user's is told.
  var refusal: String {
    isArriving
      ? "its arrival from \(peer) is in doubt: see godwit resolve"
      : "its migration to \(peer) is in doubt: see godwit resolve"
  }
}

/// How a doubt ends: the guest lives here, or not.
package enum Resolution: String, Sendable, Hashable, Codable, CaseIterable {
  case keep, drop
}
