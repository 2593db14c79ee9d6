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
  /// When it was asked last.
  private var asked: Int64?
  /// It is asked again after so long in any case: it may have spoken before anybody listened.
  private static let pause = Span.seconds(55)

  package init(_ logind: any Logind) { self.logind = logind }

  package func read(into observation: inout Observation) {
    let hasNews = logind.hasNews()
    if hasNews || isDue(observation.now) {
      asked = observation.now
      state = logind.state()
    }
    guard let state else {
      // Nobody knows of sleep or shutdown, and nobody waits for us.
      observation.departure = nil
      departure = nil
      return
    }
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

  /// Whether it has to be asked though it has not said anything.
  private func isDue(_ now: Int64) -> Bool {
    guard let asked else { return true }
    return state != nil && logind.descriptor == nil || now - asked >= Self.pause.nanoseconds
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
