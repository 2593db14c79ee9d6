import Synchronization

/// The one door from other threads into a picoprocess.
///
/// Other threads raise it; the run loop looks at it between system calls. It carries no data: what
/// was asked lies in the asker's own mailbox.
package final class InterruptToken: Sendable {
  private let raised = Atomic<Bool>(false)

  package init() {}

  /// Asks the run loop to come to its top.
  package func raise() { raised.store(true, ordering: .releasing) }

  package var isRaised: Bool { raised.load(ordering: .relaxed) }

  /// Whether the token was raised since the last call; lowers it.
  package func lower() -> Bool { raised.exchange(false, ordering: .acquiring) }
}
