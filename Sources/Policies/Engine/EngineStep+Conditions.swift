/// What rules ask of this machine and its user.
extension EngineStep {
  /// The last input to an application, or to the session of the user here.
  func lastInput(_ application: Application) -> Int64? {
    guard let input = seen.user.lastInput else { return application.lastInput }
    return max(input, application.lastInput ?? input)
  }

  /// Somebody is at this machine.
  var userIsHere: Bool {
    guard let input = seen.user.lastInput else { return false }
    return seen.user.isActive != false && now - input < Span.minutes(1).nanoseconds
  }

  /// The battery is low, with hysteresis: mains must last for a minute.
  mutating func isLow(_ power: Rules.Power) -> Bool {
    let isSet =
      !seen.power.isOnMains && (seen.power.charge.map { $0 < power.below } ?? false)
    let isReset = hasMains() || (seen.power.charge.map { $0 >= power.backAbove } ?? false)
    return state.latch(
      "power/\(power.below.value)/\(power.backAbove.value)", isSet: isSet, isReset: isReset)
  }

  private mutating func hasMains() -> Bool {
    let isOnMains = seen.power.isOnMains
    return persists("mains", isOnMains, reset: !isOnMains, .minutes(1))
  }

  /// Much of the memory has been in use for a while.
  mutating func isFull(_ memory: Rules.Memory) -> Bool {
    guard let used = seen.memoryUsed else { return false }
    let limit = memory.above.share
    return persists(
      "memory/\(memory.above.value)/\(memory.span.nanoseconds)", used >= limit,
      reset: used < limit - Self.slack, memory.span)
  }

  /// The processors have had much to do for a while.
  mutating func isBusy(_ load: Rules.Load) -> Bool {
    guard let used = seen.load, let limit = load.above?.share else { return false }
    return persists(
      "load/above/\(limit)/\(load.span.nanoseconds)", used >= limit,
      reset: used < limit - Self.slack, load.span)
  }

  /// The processors have had little to do for a while.
  mutating func isQuiet(_ load: Rules.Load) -> Bool {
    guard let used = seen.load, let limit = load.below?.share else { return false }
    return persists(
      "load/below/\(limit)/\(load.span.nanoseconds)", used <= limit,
      reset: used > limit + Self.slack, load.span)
  }

  /// A value that comes back by less has not changed.
  private static let slack = 0.05

  private mutating func persists(
    _ name: String, _ condition: Bool, reset: Bool, _ span: Span
  ) -> Bool {
    let (holds, at) = state.holds(name, condition, reset: reset, for: span, now)
    wake(at: at)
    return holds
  }

  /// Looks at every condition that takes time, also if no application is asked about it in this step: it may end.
  mutating func noteConditions() {
    let away = seen.peers.flatMap(\.applications).filter { $0.home == here }
    let all = seen.applications.map(rules) + away.map { policy.rules(for: $0.name) }
    for rules in all {
      if let power = rules.power { _ = isLow(power) }
      if let network = rules.network { _ = isFalling(network) }
      if let memory = rules.memory { _ = isFull(memory) }
      if let load = rules.load { _ = (isBusy(load), isQuiet(load)) }
    }
  }

  /// The battery has so little that an application is suspended.
  func isCritical(_ rules: Rules) -> Bool {
    guard let limit = rules.power?.suspendBelow, let charge = seen.power.charge else {
      return false
    }
    return !seen.power.isOnMains && charge < limit
  }

  /// The link gets worse, with hysteresis.
  mutating func isFalling(_ network: Rules.Network) -> Bool {
    let quality = seen.network.quality
    return state.latch(
      "network/\(network.below.value)/\(network.backAbove.value)",
      isSet: quality.map { $0 < network.below } ?? false,
      isReset: quality.map { $0 >= network.backAbove } ?? seen.network.hasCarrier)
  }

  /// When the next window begins or ends.
  func nextWindow(_ windows: [Rules.Window]) -> Int64? {
    let times = windows.flatMap { [$0.from, $0.until] }
    return nextTime(times)
  }

  /// When the clock on the wall shows one of `times` next, if nobody sets it.
  func nextTime(_ times: [TimeOfDay]) -> Int64? {
    let waits = times.map { time in
      let seconds = (time.secondOfDay - seen.wall.secondOfDay + 86_400) % 86_400
      return Int64(seconds == 0 ? 86_400 : seconds)
    }
    return waits.min().map { now + $0 * 1_000_000_000 }
  }
}
