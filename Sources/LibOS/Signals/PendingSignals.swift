package import LinuxABI

/// The pending signals of one thread, or of a whole process.
///
/// A standard signal is pending at most once, with the payload of the first one sent. Real-time signals
/// queue, each with its own payload (signal(7)).
package struct PendingSignals: Hashable, Sendable {
  /// The signals in `queue`.
  package private(set) var members = SignalSet()
  /// In the order of sending.
  package private(set) var queue: [Siginfo] = []

  package init() {}

  /// The pending signals of a snapshot.
  package init(restoring queue: [Siginfo]) {
    self.queue = queue
    for info in queue { members.insert(info.signal) }
  }

  package var isEmpty: Bool { members.isEmpty }
  package var count: Int { queue.count }

  /// Whether adding `signal` would have no effect: it is a standard signal and already pending.
  package func coalesces(_ signal: Signal) -> Bool {
    !signal.isRealTime && members.contains(signal)
  }

  package mutating func add(_ info: Siginfo) {
    guard info.signal.isValid, !coalesces(info.signal) else { return }
    members.insert(info.signal)
    queue.append(info)
  }

  /// Takes the signal of `wanted` that Linux takes first: a synchronous one, else the one with the lowest
  /// number; of several with that number, the oldest.
  package mutating func take(_ wanted: SignalSet) -> Siginfo? {
    guard let signal = members.intersection(wanted).next,
      let index = queue.firstIndex(where: { $0.signal == signal })
    else { return nil }
    let info = queue.remove(at: index)
    if !queue.contains(where: { $0.signal == signal }) { members.remove(signal) }
    return info
  }

  /// Removes all signals of `unwanted`.
  package mutating func remove(_ unwanted: SignalSet) {
    guard !members.intersection(unwanted).isEmpty else { return }
    queue.removeAll { unwanted.contains($0.signal) }
    members = members.subtracting(unwanted)
  }

  /// Changes the first entry that satisfies `condition` (a timer's overrun count); `false` if none does.
  package mutating func update(
    where condition: (Siginfo) -> Bool, _ change: (inout Siginfo) -> Void
  ) -> Bool {
    guard let index = queue.firstIndex(where: condition) else { return false }
    let signal = queue[index].signal
    change(&queue[index])
    precondition(queue[index].signal == signal, "an update may not change the signal")
    return true
  }

  /// Removes the entries that satisfy `condition` (those of a deleted timer).
  package mutating func removeAll(where condition: (Siginfo) -> Bool) {
    self = PendingSignals(restoring: queue.filter { !condition($0) })
  }
}
