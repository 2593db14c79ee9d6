import Policies
import PosixHost
import SupervisorMessages

// What supervisors tell each other, as the engine sees it. Ages become moments of this machine's clock.

extension Policies.Application {
  /// - Parameters:
  ///   - machine: where it runs.
  ///   - now: when its ages were true.
  init(_ running: RunningApplication, on machine: String, now: Int64) {
    func past(_ age: Int64) -> Int64 { now - max(0, min(age, now)) }
    let passport = Passport(running.passport)
    self.init(
      name: running.name, id: passport.id, home: passport.home,
      arrived: past(running.uptimeNanoseconds))
    generation = passport.generation ?? 0
    rules = passport.rules
    isPinned = passport.isPinned ?? false
    isBusy =
      running.isBusy == true || running.isSilent == true || running.movesTo != nil
      || running.doubt != nil || running.lending != nil
    leftHomeBy = passport.home == machine ? nil : passport.leftHomeBy
    let arrived = arrived
    departures = (passport.departures ?? []).map { arrived - $0 }
    // One that does not know displays means what is typed.
    let typed = running.displays == nil ? running.inputNanoseconds : running.typedNanoseconds
    lastTyped = typed.map(past)
    displays = (running.displays ?? []).compactMap { display in
      let place = display.isRelayed ? passport.viewer : machine
      return place.map { Display(at: $0, lastInput: display.inputNanoseconds.map(past)) }
    }
    lastInput = running.inputNanoseconds.map(past)
    attachments = (running.users ?? []).compactMap { user in
      let place = user.machine ?? (user.isRelayed ? passport.display : machine)
      return place.map { Attachment(at: $0, since: past(user.nanoseconds)) }
    }
    memory = UInt64(max(0, running.memoryBytes))
  }
}

extension MoveForecast {
  /// - Parameters:
  ///   - machine: where it would go.
  ///   - copy: the digest of the one that it keeps, to which what is sent would be an increment; nil: none.
  init(_ forecast: ApplicationForecast, to machine: String, copy: String?) {
    let hasCopy = copy != nil && copy == forecast.copy
    let rate = max(1, forecast.rate)
    self.init(
      to: machine,
      forecast.choices.filter { $0.usesCopy != true || hasCopy }.map { figures in
        Choice(
          figures.usesCopy == true ? .standby : .preCopy, frozen: figures.frozen,
          total: figures.total, bytes: figures.bytes,
          link: Int64(min(Double(figures.bytes) / rate * 1e9, 1e18)))
      })
  }
}

extension Policies.Peer {
  /// - Parameter answered: when it said that; nil: never.
  init(_ name: String, _ status: MachineStatus?, answered: Int64?, isReachable: Bool) {
    self.init(name, answered: answered)
    self.isReachable = isReachable
    guard let status, let answered else { return }
    power = PowerState(
      isOnMains: status.battery?.isOnMains ?? true,
      charge: status.battery.map { Percent(clamping: $0.percent) })
    load = status.load / Double(max(1, status.processors))
    memoryFree = status.memoryAvailable
    isLeaving = status.isLeaving ?? false
    successions = status.successions ?? [:]
    applications = (status.details ?? []).map {
      Policies.Application($0, on: name, now: answered)
    }
  }
}
