/// What systemd-logind says of the machine and its user.
package struct LogindState: Hashable, Sendable {
  package var preparesForSleep = false
  package var preparesForShutdown = false
  /// How long it waits for those who hold it up, in microseconds.
  package var longestDelay: Int64 = 5_000_000
  package var lidIsClosed = false
  /// The user's sessions have had no input for a while; nil: there is no session.
  package var isIdle: Bool?
  /// Since when, in microseconds since 1970.
  package var idleSince: Int64?
  /// One of the user's sessions is in front.
  package var isActive: Bool?

  package init() {}
}

/// The way to logind.
package protocol Logind: AnyObject {
  /// Asks it; nil if it does not answer.
  func state() -> LogindState?
  /// Takes note of what it has said by itself since.
  ///
  /// - Returns: whether it said anything, so that it has to be asked.
  func hasNews() -> Bool
  /// Becomes readable when it says something; nil: it does not say anything by itself.
  var descriptor: Int32? { get }
}

/// Sleep, shutdown and the user's session, by logind.
package final class LogindSource: SignalSource {
  private let logind: any Logind
  private var state: LogindState?
  /// When it was seen that this machine is about to leave.
  private var departure: Departure?

  package init(_ logind: any Logind) { self.logind = logind }

  package func read(into observation: inout Observation) {
    _ = logind.hasNews()
    guard let state = logind.state() else {
      // Nobody knows of sleep or shutdown, and nobody waits for us.
      observation.departure = nil
      departure = nil
      return
    }
    self.state = state
    let kind: Departure.Kind? =
      state.preparesForShutdown ? .shutdown : state.preparesForSleep ? .sleep : nil
    if kind != departure?.kind {
      departure = kind.map {
        Departure($0, by: observation.now + max(0, min(state.longestDelay, 3_600_000_000)) * 1000)
      }
    }
    observation.departure = departure
    observation.user = user(state, observation)
  }

  private func user(_ state: LogindState, _ observation: Observation) -> User {
    guard let isIdle = state.isIdle else { return User(isActive: state.isActive) }
    guard isIdle else { return User(isActive: state.isActive, lastInput: observation.now) }
    let since = state.idleSince.map { since in
      observation.now - max(0, observation.wall.seconds - since / 1_000_000) * 1_000_000_000
    }
    return User(isActive: state.isActive, lastInput: since.map { max(0, $0) })
  }

  package var descriptor: Int32? { logind.descriptor }

  package func nextReading(_ needs: SignalNeeds, _ observation: Observation) -> Int64? {
    guard state != nil else { return nil }
    // It says by itself when a session becomes idle or not. Without that, a departure would be seen too late.
    if logind.descriptor != nil { return nil }
    return observation.after(needs.departures ? .seconds(1) : needs.idle)
  }
}
