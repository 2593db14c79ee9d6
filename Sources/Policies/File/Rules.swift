/// The kinds of rules.
package enum Rule: String, Hashable, Sendable, Codable, CaseIterable {
  case idle, schedule, power, sleep, update, follow, network, load, memory, protect
}

/// The machine that a rule sends an application to.
package enum Target: Hashable, Sendable, Codable {
  case peer(String)
  /// The application's home.
  case home
}

extension Target: CustomStringConvertible {
  package var description: String {
    switch self {
    case .peer(let name): name
    case .home: "home"
    }
  }
}

/// The rules that hold for an application. They travel with it: what arrives from a peer is checked as it is decoded.
package struct Rules: Hashable, Sendable, Codable {
  /// The machine where it belongs; nil: where it was started.
  package var home: String?
  /// No rule moves it, nor its home.
  package var isPinned = false
  /// It stays on a machine for so long before a rule that can wait moves it again.
  package var minStay: Span = .minutes(5)
  /// Departures that are not for home.
  package var maxMoves = MoveLimit.perHour(6)
  /// Options of its moves; nil: none.
  package var moving: Moving?

  package var idle: Idle?
  package var schedule: [Window] = []
  package var power: Power?
  package var sleep: Sleep?
  package var update: Update?
  package var follow: Follow?
  package var network: Network?
  package var load: Load?
  package var memory: Memory?
  package var protect: Protect?

  package init() {}

  /// Those that say anything.
  package var kinds: [Rule] { Rule.allCases.filter { only($0) != only(nil) } }

  /// One rule by itself; nil: none.
  func only(_ rule: Rule?) -> Rules {
    var result = Rules()
    (result.home, result.isPinned) = (home, isPinned)
    (result.minStay, result.maxMoves) = (minStay, maxMoves)
    switch rule {
    case .idle: result.idle = idle
    case .schedule: result.schedule = schedule
    case .power: result.power = power
    case .sleep: result.sleep = sleep
    case .update: result.update = update
    case .follow: result.follow = follow
    case .network: result.network = network
    case .load: result.load = load
    case .memory: result.memory = memory
    case .protect: result.protect = protect
    case nil: break
    }
    return result
  }

  /// No input for a while.
  package struct Idle: Hashable, Sendable, Codable {
    package var after: Span
    package var to: [Target]
    /// It comes home at the first input there.
    package var backAtInput: Bool
    /// It comes home at these times.
    package var backAt: [TimeOfDay]
  }

  /// A time in which it is elsewhere.
  package struct Window: Hashable, Sendable, Codable {
    package var from: TimeOfDay
    package var until: TimeOfDay
    /// Those on which it begins.
    package var days: Set<Weekday>
    package var to: [Target]
    /// It does not leave while there was input in this time.
    package var quiet: Span
    package var comesBack: Bool
  }

  /// On battery.
  package struct Power: Hashable, Sendable, Codable {
    package var below: Percent
    /// From here on it comes back, though still on battery.
    package var backAbove: Percent
    package var to: [Target]
    /// It is suspended here if it could not leave.
    package var suspendBelow: Percent?
    package var comesBack: Bool
  }

  /// This machine is about to sleep.
  package struct Sleep: Hashable, Sendable, Codable {
    package enum Action: String, Hashable, Sendable, Codable, CaseIterable {
      case send
      case bringHome = "bring-home"
      case suspend
    }

    package var action: Action
    package var to: [Target]
    /// Peers that keep its pages as of the last increment.
    package var standby: String?
    package var every: Span
    package var comesBack: Bool
  }

  /// This machine is about to shut down or reboot.
  package struct Update: Hashable, Sendable, Codable {
    package var to: [Target]
    package var comesBack: Bool
  }

  /// To the machine at which its user attaches.
  package struct Follow: Hashable, Sendable, Codable {
    /// Attached for so long.
    package var after: Span
  }

  /// The quality of the radio link.
  package struct Network: Hashable, Sendable, Codable {
    package var below: Percent
    package var backAbove: Percent
  }

  /// The processors: spread above, consolidate below.
  package struct Load: Hashable, Sendable, Codable {
    package var above: Percent?
    package var below: Percent?
    package var span: Span
    package var to: [Target]
  }

  /// Memory in use.
  package struct Memory: Hashable, Sendable, Codable {
    package var above: Percent
    package var span: Span
    package var to: [Target]
  }

  /// A peer that goes on with it after this machine was lost.
  package struct Protect: Hashable, Sendable, Codable {
    package var on: String
    package var every: Span
    /// Silence for so long makes a machine missing.
    package var wait: Span
    /// A command that ends with 0 when it is sure that the machine, its last argument, runs nothing any more; nil: a person
    /// confirms that. It does not travel: no machine runs a command that another one names.
    package var fence: [String]?

    private enum CodingKeys: CodingKey { case on, every, wait }
  }
}

/// What a policy file says.
package struct Policy: Hashable, Sendable, Codable {
  package var defaults = Rules()
  /// In the file's order.
  package var applications: [Entry] = []

  package struct Entry: Hashable, Sendable, Codable {
    package var pattern: NamePattern
    package var rules: Rules
  }

  package init() {}

  package var hasRules: Bool {
    ([defaults] + applications.map(\.rules)).contains { !$0.kinds.isEmpty }
  }

  /// The rules of an application: those of its name, else those of the first pattern that fits, else the defaults.
  package func rules(for name: String) -> Rules {
    entry(for: name)?.rules ?? defaults
  }

  func entry(for name: String) -> Entry? {
    applications.first { $0.pattern.text == name }
      ?? applications.first { $0.pattern.matches(name) }
  }
}

/// The name of an application, or a pattern: `*` stands for any text, `?` for one character.
package struct NamePattern: Hashable, Sendable, Codable {
  package let text: String

  package init(_ text: String) { self.text = text }

  package func matches(_ name: String) -> Bool {
    let (pattern, name) = (Array(text.utf8), Array(name.utf8))
    var (i, j) = (0, 0)
    // Where to go on if what follows the last star does not fit: it takes one character more.
    var star: (pattern: Int, name: Int)?
    while j < name.count {
      if i < pattern.count, pattern[i] == UInt8(ascii: "*") {
        star = (i + 1, j)
        i += 1
      } else if i < pattern.count, pattern[i] == UInt8(ascii: "?") || pattern[i] == name[j] {
        i += 1
        j += 1
      } else if let last = star {
        star = (last.pattern, last.name + 1)
        (i, j) = (last.pattern, last.name + 1)
      } else {
        return false
      }
    }
    return pattern[i...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
