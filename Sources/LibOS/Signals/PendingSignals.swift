package import LinuxABI

/// The pending signals of one thread, or of a whole process.
///
/// A standard signal is pending at most once, with the payload of the first one sent. Real-time signals
/// queue, each with its own payload (signal(7)).
package struct PendingSignals: Hashable, Sendable {
  private struct Entry: Sendable {
    var info: Siginfo
    /// Its place among all that were sent.
    var sequence: UInt64
  }

  /// The signals that wait here.
  package private(set) var members = SignalSet()
  package private(set) var count = 0
  /// Of each signal, oldest first.
  private var queues: [Signal: Queue<Entry>] = [:]
  private var sequence: UInt64 = 0
  /// How many signals of each POSIX timer wait here, by its id.
  private var timers: [Int32: Int] = [:]

  package init() {}

  /// The pending signals of a snapshot.
  package init(restoring queue: [Siginfo]) {
    for info in queue { enqueue(info) }
  }

  package var isEmpty: Bool { members.isEmpty }

  /// In the order they were sent.
  package var queue: [Siginfo] {
    queues.values.flatMap(\.elements).sorted { $0.sequence < $1.sequence }.map(\.info)
  }

  package static func == (a: Self, b: Self) -> Bool {
    a.members == b.members && a.count == b.count && a.queue == b.queue
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(queue) }

  /// Whether adding `signal` would have no effect: it is a standard signal and already pending.
  package func coalesces(_ signal: Signal) -> Bool {
    !signal.isRealTime && members.contains(signal)
  }

  /// Whether a signal of the POSIX timer `id` waits here.
  package func holdsSignal(ofTimer id: Int32) -> Bool { timers[id] != nil }

  package var hasTimerSignals: Bool { !timers.isEmpty }

  package mutating func add(_ info: Siginfo) {
    guard info.signal.isValid, !coalesces(info.signal) else { return }
    enqueue(info)
  }

  private mutating func enqueue(_ info: Siginfo) {
    members.insert(info.signal)
    sequence += 1
    queues[info.signal, default: Queue()].append(Entry(info: info, sequence: sequence))
    count += 1
    if let id = info.timer { timers[id, default: 0] += 1 }
  }

  /// Takes the signal of `wanted` that Linux takes first: a synchronous one, else the one with the lowest
  /// number; of several with that number, the oldest.
  package mutating func take(_ wanted: SignalSet) -> Siginfo? {
    guard let signal = members.intersection(wanted).next,
      let info = queues[signal]?.removeFirst().info
    else { return nil }
    if queues[signal]?.isEmpty ?? true {
      queues[signal] = nil
      members.remove(signal)
    }
    count -= 1
    if let id = info.timer { timers[id] = timers[id].flatMap { $0 > 1 ? $0 - 1 : nil } }
    return info
  }

  /// Removes all signals of `unwanted`.
  package mutating func remove(_ unwanted: SignalSet) {
    guard !members.intersection(unwanted).isEmpty else { return }
    self = PendingSignals(restoring: queue.filter { !unwanted.contains($0.signal) })
  }

  /// Forgets the signals of a POSIX timer that is deleted.
  package mutating func removeSignals(ofTimer id: Int32) {
    guard holdsSignal(ofTimer: id) else { return }
    self = PendingSignals(restoring: queue.filter { $0.timer != id })
  }

  /// Forgets the signals of all POSIX timers.
  package mutating func removeTimerSignals() {
    guard !timers.isEmpty else { return }
    self = PendingSignals(restoring: queue.filter { $0.timer == nil })
  }
}

extension Siginfo {
  /// The id of the POSIX timer that sent it.
  fileprivate var timer: Int32? { si_code == SignalCode.SI_TIMER ? si_timerid : nil }
}
