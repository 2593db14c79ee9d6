/// All that an engine knows of its machine, its peers and the applications at one moment. The supervisor fills it from signals
/// and from what peers tell.
///
/// Moments are nanoseconds of this machine's clock since it was booted, sleep included (CLOCK_BOOTTIME): nobody sets that clock.
package struct Observation: Hashable, Sendable, Codable {
  /// This machine's name among its peers.
  package var here: String
  package var now: Int64
  package var wall: WallTime
  package var user = User()
  package var power = PowerState()
  /// That can work at the same time.
  package var processors = 1
  /// Of the processors, from 0 to 1 and more; nil: not known.
  package var load: Double?
  /// Of the memory, from 0 to 1.
  package var memoryUsed: Double?
  /// Bytes that could be had.
  package var memoryFree: UInt64?
  package var network = NetworkState()
  /// This machine is about to sleep or to shut down.
  package var departure: Departure?
  /// This machine's clocks say that it slept until then.
  package var awakeSince: Int64 = 0
  /// Those that run here.
  package var applications: [Application] = []
  /// Those that an engine of this machine had suspended here.
  package var suspended: [SuspendedApplication] = []
  /// Copies that this machine keeps of peers' applications.
  package var standbys: [StandbyCopy] = []
  package var peers: [Peer] = []
  /// Applications that their homes want back.
  package var recalls: [Recall] = []
  /// What became of moves since the last step.
  package var outcomes: [MoveResult] = []
  /// Peers of which a person or a fencing command says that they run nothing any more.
  package var lossesConfirmed: Set<String> = []

  package init(here: String, now: Int64, wall: WallTime) {
    self.here = here
    self.now = now
    self.wall = wall
  }

  /// Before any source has been read.
  package init(here: String) {
    self.init(here: here, now: 0, wall: WallTime(seconds: 0, weekday: .mon, secondOfDay: 0))
  }
}

extension Observation {
  /// What peers tell of moments may be anything: none is later than now, nor so early that a sum overflows.
  var withoutFuture: Observation {
    func past(_ moment: Int64) -> Int64 { max(-1 << 60, min(moment, now)) }
    func checked(_ application: Application) -> Application {
      var result = application
      result.arrived = past(application.arrived)
      result.departures = application.departures.map(past)
      result.lastInput = application.lastInput.map(past)
      result.lastTyped = application.lastTyped.map(past)
      result.standbys = application.standbys.mapValues(past)
      for index in result.attachments.indices {
        result.attachments[index].since = past(result.attachments[index].since)
      }
      for index in result.displays.indices {
        result.displays[index].lastInput = result.displays[index].lastInput.map(past)
      }
      return result
    }
    var result = self
    result.wall.seconds = max(-1 << 60, min(wall.seconds, 1 << 60))
    result.applications = applications.map(checked)
    for index in peers.indices {
      result.peers[index].answered = peers[index].answered.map(past)
      result.peers[index].applications = peers[index].applications.map(checked)
    }
    return result
  }
}

/// The time on the wall.
package struct WallTime: Hashable, Sendable, Codable {
  /// Since 1970.
  package var seconds: Int64
  package var weekday: Weekday
  /// Since midnight, where this machine is.
  package var secondOfDay: Int

  package init(seconds: Int64, weekday: Weekday, secondOfDay: Int) {
    self.seconds = seconds
    self.weekday = weekday
    self.secondOfDay = secondOfDay
  }
}

/// The person at this machine.
package struct User: Hashable, Sendable, Codable {
  /// A session of theirs is in front of them; nil: nobody knows of sessions.
  package var isActive: Bool?
  /// The last input to the session, as far as logind tells: `now` while it is not idle.
  package var lastInput: Int64?

  package init(isActive: Bool? = nil, lastInput: Int64? = nil) {
    self.isActive = isActive
    self.lastInput = lastInput
  }
}

package struct PowerState: Hashable, Sendable, Codable {
  /// False: on battery.
  package var isOnMains = true
  /// Nil: no battery.
  package var charge: Percent?

  package init(isOnMains: Bool = true, charge: Percent? = nil) {
    self.isOnMains = isOnMains
    self.charge = charge
  }
}

package struct NetworkState: Hashable, Sendable, Codable {
  /// Of the best radio link; nil: there is a wire, or no link at all.
  package var quality: Percent?
  package var hasCarrier = true

  package init(quality: Percent? = nil, hasCarrier: Bool = true) {
    self.quality = quality
    self.hasCarrier = hasCarrier
  }
}

package struct Departure: Hashable, Sendable, Codable {
  package enum Kind: String, Hashable, Sendable, Codable { case sleep, shutdown }

  package var kind: Kind
  /// Nobody waits longer than until then.
  package var by: Int64

  package init(_ kind: Kind, by moment: Int64) {
    self.kind = kind
    by = moment
  }
}

/// An application that runs, here or at a peer.
package struct Application: Hashable, Sendable, Codable {
  package var name: String
  /// The same wherever it goes, and of no other.
  package var id: String
  /// Counts how often a peer went on with it from a copy.
  package var generation = 0
  /// Nil: it has not been given one yet.
  package var home: String?
  /// Those that travel with it; nil: none.
  package var rules: Rules?
  /// The user said so when it was started.
  package var isPinned = false
  /// It is being moved, suspended or resumed, or in doubt.
  package var isBusy = false
  /// When it began to run where it is.
  package var arrived: Int64 = 0
  /// The rule by which it left its home; nil: it is at home, or a person moved it.
  package var leftHomeBy: Rule?
  /// When rules had it leave a machine, not for its home. They travel with it.
  package var departures: [Int64] = []
  /// The last input, at a terminal that is attached or at a display.
  package var lastInput: Int64?
  /// The last one at a terminal.
  package var lastTyped: Int64?
  /// Where its user is attached.
  package var attachments: [Attachment] = []
  /// From where its displays are looked at, or were used since it came to where it is.
  package var displays: [Display] = []
  /// Bytes.
  package var memory: UInt64 = 0
  package var forecasts: [MoveForecast] = []
  /// When peers last got an increment of it.
  package var standbys: [String: Int64] = [:]

  package init(name: String, id: String? = nil, home: String? = nil, arrived: Int64 = 0) {
    self.name = name
    self.id = id ?? name
    self.home = home
    self.arrived = arrived
  }
}

extension Application {
  /// Without ways that need a copy which nobody has.
  var usableForecasts: [MoveForecast] {
    forecasts.map { forecast in
      var usable = forecast
      if standbys[forecast.to] == nil { usable.choices.removeAll { $0.way == .standby } }
      return usable
    }
  }

  func forecast(to machine: String) -> MoveForecast? {
    usableForecasts.first { $0.to == machine }
  }
}

package struct Attachment: Hashable, Sendable, Codable {
  package var machine: String
  package var since: Int64

  package init(at machine: String, since: Int64) {
    self.machine = machine
    self.since = since
  }
}

package struct Display: Hashable, Sendable, Codable {
  package var machine: String
  /// Nil: there was none.
  package var lastInput: Int64?

  package init(at machine: String, lastInput: Int64?) {
    self.machine = machine
    self.lastInput = lastInput
  }
}

/// What `godwit migrate --dry-run` says of a move to a machine.
package struct MoveForecast: Hashable, Sendable, Codable {
  package enum Way: String, Hashable, Sendable, Codable {
    case preCopy = "pre-copy"
    case compressed = "pre-copy, compressed"
    case postCopy = "post-copy"
    /// Only what has changed since the last increment.
    case standby
  }

  package struct Choice: Hashable, Sendable, Codable {
    package var way: Way
    /// Nanoseconds in which it runs nowhere.
    package var frozen: Int64
    /// Nanoseconds until all is there.
    package var total: Int64
    package var bytes: UInt64
    /// The part of `total` in which the link is busy, so that no other move can use it.
    package var link: Int64

    /// - Parameter link: nil: all of `total`.
    package init(_ way: Way, frozen: Int64, total: Int64, bytes: UInt64, link: Int64? = nil) {
      self.way = way
      self.frozen = frozen
      self.total = total
      self.bytes = bytes
      self.link = max(0, min(link ?? total, total))
    }
  }

  package var to: String
  package var choices: [Choice]

  package init(to machine: String, _ choices: [Choice]) {
    to = machine
    self.choices = choices
  }

  /// The longest stop that is not worth a longer move.
  private static let usualPause: Int64 = 50_000_000

  /// The way to go when there is time: of those that stand no longer than usual the shortest. Post-copy never, since it needs
  /// both machines to the end.
  var best: Choice? {
    let ways = choices.filter { $0.way != .postCopy && $0.isPossible }
    return ways.filter { $0.frozen <= Self.usualPause }.min { $0.total < $1.total }
      ?? ways.min { $0.frozen < $1.frozen }
  }

  /// The way that is over first.
  var shortest: Choice? {
    choices.filter { $0.way != .postCopy && $0.isPossible }.min { $0.total < $1.total }
  }
}

extension MoveForecast.Choice {
  /// A year, in nanoseconds.
  private static let longest: Int64 = 365 * 86_400 * 1_000_000_000

  fileprivate var isPossible: Bool {
    (0...Self.longest).contains(frozen) && (0...Self.longest).contains(total)
  }
}

package struct SuspendedApplication: Hashable, Sendable, Codable {
  package var name: String
  package var home: String?
  /// The rule that had it suspended.
  package var by: Rule
  /// As of `Application`.
  package var id: String
  package var generation = 0
  /// Nil: as the policy here says.
  package var protect: Rules.Protect?

  package init(name: String, id: String? = nil, home: String? = nil, by rule: Rule) {
    self.name = name
    self.id = id ?? name
    self.home = home
    by = rule
  }
}

/// A copy of an application that runs at a peer.
package struct StandbyCopy: Hashable, Sendable, Codable {
  package var name: String
  package var id: String
  /// Where it ran when the copy was made.
  package var runs: String
  package var home: String?
  /// When the copy was made.
  package var made: Int64
  package var protect: Rules.Protect?

  package init(
    name: String, id: String? = nil, runs machine: String, home: String?, made: Int64,
    protect: Rules.Protect?
  ) {
    self.name = name
    self.id = id ?? name
    runs = machine
    self.home = home
    self.made = made
    self.protect = protect
  }
}

/// Another machine, by what its supervisor tells. It may err or lie.
package struct Peer: Hashable, Sendable, Codable {
  package var name: String
  /// When it last answered; nil: never since this machine was booted.
  package var answered: Int64?
  package var isReachable = true
  package var power = PowerState()
  package var load: Double?
  package var memoryFree: UInt64?
  /// It is about to sleep or to shut down.
  package var isLeaving = false
  package var applications: [Application] = []
  /// The generations of applications with which it went on in place of a machine that was lost, by their ids, wherever they are now.
  package var successions: [String: Int] = [:]

  package init(_ name: String, answered: Int64?) {
    self.name = name
    self.answered = answered
    isReachable = answered != nil
  }
}

package struct Recall: Hashable, Sendable, Codable {
  package var application: String
  /// The peer that asks.
  package var by: String
  /// When it has to be over, since that machine is about to sleep; nil: there is time.
  package var deadline: Int64?

  package init(_ application: String, by peer: String, deadline: Int64? = nil) {
    self.application = application
    by = peer
    self.deadline = deadline
  }
}

/// What became of a move from or to here.
package struct MoveResult: Hashable, Sendable, Codable {
  package var application: String
  /// The other machine.
  package var peer: String
  package var succeeded: Bool
  /// Nanoseconds; nil: it was not foretold.
  package var foretold: Int64?
  package var total: Int64

  package init(
    _ application: String, _ peer: String, succeeded: Bool, foretold: Int64? = nil, total: Int64
  ) {
    self.application = application
    self.peer = peer
    self.succeeded = succeeded
    self.foretold = foretold
    self.total = total
  }
}
