/// Copies that peers keep: for a quick departure, and for the loss of a machine.
extension EngineStep {
  /// Has peers take the increments that are due.
  mutating func keepCopies() {
    for application in seen.applications where !application.isBusy && !isWaiting(application.name) {
      let rules = rules(application)
      var keepers: [(peer: String, every: Span, rule: Rule)] = []
      if let sleep = rules.sleep, let peer = sleep.standby {
        keepers.append((peer, sleep.every, .sleep))
      }
      if let protect = rules.protect {
        if rules.moving?.withMounts == true {
          noteMissingFiles(application.name, protect.on)
        } else {
          keepers.append((protect.on, protect.every, .protect))
        }
      }
      for keeper in keepers where keeper.peer != here {
        keepCopy(application, on: keeper.peer, every: keeper.every, keeper.rule)
      }
    }
  }

  /// Said once a day.
  private mutating func noteMissingFiles(_ name: String, _ peer: String) {
    let mark = "files/\(name)"
    guard !isWaiting(mark) else { return }
    state.waits[mark] = now + Span.hours(24).nanoseconds
    decisions.append(
      Decision(
        name, .stay, .protect,
        "copies have no files of mounts, which it has with it, so that \(peer) could not go on with it"
      ))
  }

  private mutating func keepCopy(
    _ application: Application, on name: String, every: Span, _ rule: Rule
  ) {
    let mark = "copy/\(application.name)/\(name)"
    guard let peer = peer(name), peer.isReachable, !peer.isLeaving, !isWaiting(mark) else { return }
    if let end = state.failure(application.name, name)?.until, end > now {
      wake(at: end)
      return
    }
    let due = application.standbys[name].map { $0 + every.nanoseconds } ?? now
    guard due <= now else {
      wake(at: due)
      return
    }
    state.waits[mark] = now + EngineState.patience
    add(
      Decision(
        application.name, .standby(on: name), rule, "\(name) is to have it as of every \(every)"))
  }

  /// Goes on with applications of machines that are lost. Silence alone is no loss: the link may be.
  mutating func replaceLost() {
    for copy in seen.standbys {
      guard let protect = copy.protect, protect.on == here, !isWaiting(copy.name),
        !runsSomewhere(copy.id)
      else { continue }
      let lost = copy.runs
      if let end = state.failure(copy.name, lost)?.until, end > now {
        wake(at: end)
        continue
      }
      let silence = max(peer(lost)?.answered ?? 0, seen.awakeSince)
      let due = silence + protect.wait.nanoseconds
      guard !(peer(lost)?.isReachable ?? false), due <= now else {
        wake(at: due)
        continue
      }
      if seen.lossesConfirmed.contains(lost) {
        decide(
          Decision(copy.name, .takeOver(from: lost), .protect, "the loss of \(lost) is confirmed"))
      } else if isAlone(but: lost) {
        stay(copy.name, .protect, "\(lost) does not answer, but neither does anybody else")
      } else if let command = policy.rules(for: copy.name).protect?.fence {
        let mark = "fence/\(copy.name)"
        guard !isWaiting(mark) else { continue }
        decide(
          Decision(
            copy.name, .fence(peer: lost, command: command), .protect,
            "\(lost) has not answered for \(protect.wait)"))
        // It may take a while; what it confirms counts at once.
        state.waits[copy.name] = nil
        state.waits[mark] = now + Span.minutes(5).nanoseconds
      } else {
        stay(
          copy.name, .protect,
          "\(lost) has not answered for \(protect.wait), and somebody has to confirm that it is lost"
        )
      }
    }
  }

  private func runsSomewhere(_ id: String) -> Bool {
    seen.applications.contains { $0.id == id }
      || seen.peers.contains { $0.isReachable && $0.applications.contains { $0.id == id } }
  }

  /// It may be this machine whose link is broken.
  private func isAlone(but lost: String) -> Bool {
    let others = seen.peers.filter { $0.name != lost }
    return !seen.network.hasCarrier || !others.isEmpty && !others.contains { $0.isReachable }
  }
}
