import JSONText
import Policies
import PosixHost
import SupervisorMessages

/// What travels with an application from machine to machine, in its picoprocess, and is written anew for each move by the
/// supervisor that it leaves. What came from a peer may be anything.
struct Passport: Codable, Sendable {
  /// The same wherever it goes, and of no other.
  var id: String?
  /// Counts how often a peer went on with it from a copy.
  var generation: Int?
  var home: String?
  var isPinned: Bool?
  /// Those of its home.
  var rules: Rules?
  /// See `Policies.Application`.
  var leftHomeBy: Rule?
  /// When rules had it leave: nanoseconds before it came to where it is.
  var departures: [Int64]?
  /// The machine at which its user was attached when it left.
  var display: String?
  /// The machine from which its displays were looked at when it left.
  var viewer: String?

  private static let departureLimit = 1000
  /// In nanoseconds: more than any limit of moves looks back.
  private static let longest: Int64 = 7 * 86_400 * 1_000_000_000

  /// - Parameter text: as JSON; whatever is no passport counts as none.
  init(_ text: String?) {
    let decoded = text.flatMap { JSON.decode(Passport.self, from: Array($0.utf8)) }
    guard let decoded else { return }
    self = decoded
    for name in [\Passport.home, \.display, \.viewer] {
      if let machine = self[keyPath: name], !ControlDirectory.isValid(name: machine) {
        self[keyPath: name] = nil
      }
    }
    departures = departures?.suffix(Self.departureLimit).filter { (0...Self.longest).contains($0) }
  }

  var text: String { JSON.line(self) }
}

extension Passport {
  /// That of an application which is about to leave.
  ///
  /// - Parameters:
  ///   - running: where it is.
  ///   - here: this machine.
  ///   - peer: where it goes.
  ///   - policy: this machine's.
  ///   - rule: by which it leaves; nil: its home or a person wants it.
  init(
    of running: RunningApplication, from here: String, to peer: String, _ policy: Policy,
    by rule: Rule?
  ) {
    self.init(staying: running, at: here, policy)
    if home == here { leftHomeBy = rule }
    if peer == home { leftHomeBy = nil }
    let earlier = (departures ?? []).map { $0 + running.uptimeNanoseconds }
    departures = (earlier + (rule == nil || peer == home ? [] : [0])).suffix(Self.departureLimit)
    let newest = running.users?.min { $0.nanoseconds < $1.nanoseconds }
    display = newest.map { $0.machine ?? ($0.isRelayed ? display ?? here : here) }
    // One where there was no input counts last.
    let used = running.displays?.min {
      ($0.inputNanoseconds ?? .max) < ($1.inputNanoseconds ?? .max)
    }
    viewer = used.map { $0.isRelayed ? viewer ?? here : here }
  }

  /// That of an application which stays where it is, and of which a copy goes.
  init(staying running: RunningApplication, at here: String, _ policy: Policy) {
    self.init(running.passport)
    let own = policy.rules(for: running.name)
    id = id ?? Self.newID()
    home = home ?? own.home ?? here
    if home == here { rules = own }
  }

  private static func newID() -> String {
    (0..<2).map { _ in String(UInt64.random(in: 0 ... .max), radix: 36) }.joined()
  }
}
