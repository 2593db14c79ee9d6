internal import HostABI

/// What an engine wants done, with its reason.
package struct Decision: Hashable, Sendable, Codable {
  package enum Action: Hashable, Sendable, Codable {
    /// Move the application there; nil: in the way that is best by then.
    case move(to: String, way: MoveForecast.Way?)
    /// Suspend it to a file of this machine.
    case suspend
    /// Resume it from that file.
    case resume
    /// Have a peer keep its pages as of now.
    case standby(on: String)
    /// Ask a peer to send it home, which is here.
    case bringHome(from: String, way: MoveForecast.Way?)
    /// Run a command that makes sure that the peer runs nothing any more.
    case fence(peer: String, command: [String])
    /// Go on with it from the last increment that is here.
    case takeOver(from: String)
    /// Nothing, though a rule asks for something.
    case stay
  }

  package var application: String
  package var action: Action
  /// Nil: no rule, but its home or a person.
  package var rule: Rule?
  /// It has to be over by then.
  package var by: Int64?
  /// How it moves.
  package var moving = Moving()
  /// One sentence.
  package var reason: String

  init(
    _ application: String, _ action: Action, _ rule: Rule?, by deadline: Int64? = nil,
    _ why: String
  ) {
    self.application = application
    self.action = action
    self.rule = rule
    by = deadline
    reason = printable("\(application) \(action.words): \(why).")
  }
}

extension Decision.Action {
  /// What it does, for a sentence that has the application as its subject.
  var words: String {
    switch self {
    case .move(let machine, let way):
      "goes to \(machine)" + (way == .standby ? ", which has most of it" : "")
    case .suspend: "is suspended here"
    case .resume: "goes on here"
    case .standby(let machine): "is copied to \(machine)"
    case .bringHome(let machine, _): "comes home from \(machine)"
    case .fence(let peer, _): "waits until it is sure that \(peer) is gone"
    case .takeOver(let machine): "goes on here in place of \(machine)"
    case .stay: "stays where it is"
    }
  }
}

extension Decision: CustomStringConvertible {
  package var description: String { reason }
}
