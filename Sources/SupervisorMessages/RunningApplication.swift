/// An application that runs on a machine, as `godwit ps --json` shows it and as supervisors tell each other.
package struct RunningApplication: Sendable, Hashable, Codable {
  package var name: String
  package var memoryBytes: Int
  /// Since it came to the machine where it runs.
  package var uptimeNanoseconds: Int64
  package var isDetached: Bool?
  /// Those that are attached to it.
  package var users: [AttachedUser]?
  /// Since the last input, by somebody who is attached or at a display.
  package var inputNanoseconds: Int64?
  /// Since somebody who is attached typed something.
  package var typedNanoseconds: Int64?
  /// By which ways its displays are looked at; nil: by none, or it is of an older godwit, which knows only what is typed.
  package var displays: [LookedAtDisplay]?
  /// What travels with it, as JSON.
  package var passport: String?
  package var isSilent: Bool?
  /// Its supervisor does something with it.
  package var isBusy: Bool?
  /// The machine that it is being sent to.
  package var movesTo: String?
  package var doubt: Presence?
  package var lending: Presence?
  /// It is no application, but an end of a relay.
  package var relay: Relay?

  /// What an end of a relay is for.
  package struct Relay: Sendable, Hashable, Codable {
    package var guest: String
    /// Those that come from other machines, or go there.
    package var linkedConnections: Int?
  }

  /// One that does not answer.
  package init(silent name: String) {
    self.name = name
    (memoryBytes, uptimeNanoseconds) = (0, 0)
    isSilent = true
  }

  /// Something is there, whatever it is.
  package struct Presence: Sendable, Hashable, Codable {
    private enum Key: CodingKey {}

    package init(from decoder: any Decoder) {}

    package func encode(to encoder: any Encoder) { _ = encoder.container(keyedBy: Key.self) }
  }
}

/// What every picoprocess is asked over its control socket by who wants to know what runs.
package enum StateQuestion {
  package static let line = #"{"info":{}}"#

  /// What it says; nil: it is of another version.
  package struct Answer: Decodable {
    package struct Running: Decodable {
      package let picoprocess: RunningApplication
    }

    package let running: Running?
  }
}

/// Somebody who is attached to an application.
package struct AttachedUser: Sendable, Hashable, Codable {
  /// The peer at which they are, as the supervisor here calls it; nil: this machine, or `isRelayed`.
  package var machine: String?
  /// By way of a machine where the application was before.
  package var isRelayed: Bool
  /// For so long.
  package var nanoseconds: Int64

  package init(machine: String?, isRelayed: Bool, nanoseconds: Int64) {
    (self.machine, self.isRelayed, self.nanoseconds) = (machine, isRelayed, nanoseconds)
  }
}

/// Viewers of an application's displays that come by one way.
package struct LookedAtDisplay: Sendable, Hashable, Codable {
  /// By way of a machine where the application was before.
  package var isRelayed: Bool
  /// Since their last input; nil: there was none.
  package var inputNanoseconds: Int64?

  package init(isRelayed: Bool, inputNanoseconds: Int64?) {
    (self.isRelayed, self.inputNanoseconds) = (isRelayed, inputNanoseconds)
  }
}

/// What `godwit run` knows of passports, which are the supervisor's.
package enum PassportText {
  /// That of an application that no rule moves.
  package static let pinned = #"{"isPinned":true}"#
}
