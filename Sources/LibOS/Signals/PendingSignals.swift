package import LinuxABI

/// Signals that were sent and not yet taken: those of one thread, or those of a whole process.
///
/// A standard signal waits here once at most, the first one sent; real-time signals queue, each
/// with what was sent along (signal(7)).
package struct PendingSignals: Hashable, Sendable {
  /// The signals that `queue` holds.
  package private(set) var members = SignalSet()
  /// In the order they were sent.
  package private(set) var queue: [Siginfo] = []

  package init() {}

  /// The same signals as a snapshot had them.
  package init(restoring queue: [Siginfo]) {
    self.queue = queue
    for info in queue { members.insert(info.signal) }
  }

  package var isEmpty: Bool { members.isEmpty }
  package var count: Int { queue.count }

  /// Whether adding `signal` would change nothing, because it is a standard one that waits already.
  package func coalesces(_ signal: Signal) -> Bool {
    !signal.isRealTime && members.contains(signal)
  }

  package mutating func add(_ info: Siginfo) {
    guard info.signal.isValid, !coalesces(info.signal) else { return }
    members.insert(info.signal)
    queue.append(info)
  }

  /// Takes the member of `wanted` that Linux takes first: a synchronous signal, else the lowest
  /// number; of equal ones the oldest.
  package mutating func take(_ wanted: SignalSet) -> Siginfo? {
    guard let signal = members.intersection(wanted).next,
      let index = queue.firstIndex(where: { $0.signal == signal })
    else { return nil }
    let info = queue.remove(at: index)
    if !queue.contains(where: { $0.signal == signal }) { members.remove(signal) }
    return info
  }

  /// Forgets all of `unwanted`.
  package mutating func remove(_ unwanted: SignalSet) {
    guard !members.intersection(unwanted).isEmpty else { return }
    queue.removeAll { unwanted.contains($0.signal) }
    members = members.subtracting(unwanted)
  }

  /// Changes the first entry that `condition` holds for (a timer's overrun count); `false` when
  /// there is none.
  package mutating func update(
    where condition: (Siginfo) -> Bool, _ change: (inout Siginfo) -> Void
  ) -> Bool {
    guard let index = queue.firstIndex(where: condition) else { return false }
    let signal = queue[index].signal
    change(&queue[index])
    precondition(queue[index].signal == signal, "an update may not change the signal")
    return true
  }

  /// Forgets the entries that `condition` holds for (those of a deleted timer).
  package mutating func removeAll(where condition: (Siginfo) -> Bool) {
    self = PendingSignals(restoring: queue.filter { !condition($0) })
  }
}
