package import HostABI
internal import Synchronization

extension TestHost {
  /// Moves the clock on to whatever comes first: something scheduled, the alarm, the deadline. Traps
  /// when nothing can ever end the wait.
  package func wait(_ items: [WaitItem], until deadline: Int64?) -> [Readiness] {
    while true {
      let ready = items.map { readiness(of: $0) }
      if let deadline, deadline <= clock.now { return ready }
      let wasInterrupted = isInterrupted.exchange(false, ordering: .acquiringAndReleasing)
      if wasInterrupted || ready.contains(where: { !$0.isEmpty }) { return ready }
      let next = clock.nextTime
      guard deadline != nil || clock.hasEvents else {
        fatalError("TestHost: this wait would never end")
      }
      advance(to: min(next ?? .max, deadline ?? .max))
    }
  }

  private func readiness(of item: WaitItem) -> Readiness {
    guard let stream = open[item.handle.rawValue] else { return .error }
    switch stream.target {
    case .file: return item.interest.intersection([.readable, .writable])
    case .stream(let stream):
      return stream.readiness.intersection(item.interest.union([.hangup, .error]))
    case .connection, .connecting, .listener, .datagrams:
      return networkReadiness(stream.target).intersection(item.interest.union([.hangup, .error]))
    }
  }

  package func interrupt() { isInterrupted.store(true, ordering: .releasing) }

  /// The alarm's action is called on the caller's own thread, in `wait` and `advance`.
  package func setAlarm(at deadline: Int64?, _ action: (@Sendable () -> Void)?) {
    clock.setAlarm(at: deadline, action)
  }

  package func now(_ clock: HostClock) -> HostTime {
    switch clock {
    case .monotonic, .processorTime: HostTime(nanoseconds: self.clock.now)
    case .realtime: self.clock.wallTime
    }
  }

  /// Moves the clock by `nanoseconds`; what is scheduled meanwhile happens at its time.
  package func advance(by nanoseconds: Int64) { advance(to: clock.now + nanoseconds) }

  /// Has `action` done when the monotonic clock reaches `time`: input arriving, say.
  package func schedule(at time: Int64, _ action: @escaping () -> Void) {
    clock.add(at: time, action)
    runDue()
  }

  private func advance(to time: Int64) {
    while let next = clock.nextTime, next <= time {
      clock.move(to: next)
      runDue()
    }
    clock.move(to: time)
    files.now = clock.wallTime
  }

  private func runDue() {
    files.now = clock.wallTime
    while let action = clock.takeDue() { action() }
  }
}
