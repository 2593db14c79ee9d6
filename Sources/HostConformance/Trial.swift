import ConformanceReports
import HostABI

/// What a check works with: the host and its surroundings, and a record of what was seen.
package final class Trial {
  package let fixture: any Fixture
  private(set) var observations: [CheckResult.Observation] = []

  init(_ fixture: any Fixture) { self.fixture = fixture }

  var host: any Host { fixture.host }

  // MARK: Observations

  func record(_ what: String, expected: String, seen: String, _ holds: Bool) {
    func short(_ text: String) -> String {
      text.utf8.count <= 200 ? text : String(text.prefix(200)) + "…"
    }
    observations.append(
      .init(what: what, expected: short(expected), seen: short(seen), holds: holds))
  }

  /// Records whether `seen` is what was expected.
  func equal<T: Equatable>(_ what: String, _ seen: T, _ expected: T) {
    record(what, expected: "\(expected)", seen: "\(seen)", seen == expected)
  }

  /// Records whether something `holds` of what was seen.
  func holds(_ what: String, _ holds: Bool, expected: String = "it holds", seen: String? = nil) {
    record(what, expected: expected, seen: seen ?? (holds ? "it holds" : "it does not"), holds)
  }

  /// Records whether `call` fails with `error`.
  func fails<R>(_ what: String, _ error: HostError, _ call: () throws -> R) {
    let seen = outcome(call)
    record(what, expected: "\(error)", seen: seen.map { "\($0)" } ?? "success", seen == error)
  }

  /// The error that `call` ends with; nil if it succeeds.
  func outcome<R>(_ call: () throws -> R) -> HostError? {
    do {
      _ = try call()
      return nil
    } catch { return error as? HostError ?? .io }
  }

  // MARK: The host

  func name(_ path: String) -> HostName { fixture.name(path) }

  /// Opens what lies at `path` beneath the root.
  func open(_ path: String, _ options: OpenOptions, permissions: UInt16 = 0o600) throws(HostError)
    -> HostHandle
  {
    try host.open(name(path), options, permissions: permissions)
  }

  /// Makes a directory, and gives a handle for names in it.
  @discardableResult
  func directory(_ path: String) throws(HostError) -> HostHandle {
    try host.makeDirectory(at: name(path), permissions: 0o755)
    return try open(path, [.path, .directory])
  }

  func link(_ path: String, to target: String) throws(HostError) {
    try host.makeSymbolicLink(at: name(path), to: bytes(target))
  }

  /// The names in a directory beneath the root.
  func entries(_ path: String) throws(HostError) -> [String] {
    let name = path.isEmpty ? HostName(fixture.root) : name(path)
    return try host.entries(of: name).map { String(decoding: $0.name, as: UTF8.self) }
  }

  /// What is ready of `handle` now.
  func look(_ handle: HostHandle, _ interest: Readiness) -> Readiness {
    host.wait([WaitItem(handle: handle, interest: interest)], until: 0).first ?? []
  }

  /// Waits until `handle` is ready; what it is then, or nothing after ten seconds.
  @discardableResult
  func wait(_ handle: HostHandle, _ interest: Readiness) -> Readiness {
    let deadline = now + 10_000_000_000
    // A wait may return early.
    for _ in 0..<patience {
      let ready = host.wait([WaitItem(handle: handle, interest: interest)], until: deadline)
      if let ready = ready.first, !ready.isEmpty { return ready }
      if now >= deadline { break }
    }
    return []
  }

  /// The monotonic clock, in nanoseconds.
  var now: Int64 { host.now(.monotonic).totalNanoseconds }

  /// Lets `nanoseconds` pass.
  func sleep(_ nanoseconds: Int64) {
    let end = now + nanoseconds
    for _ in 0..<patience {
      if now >= end { return }
      _ = host.wait([], until: end)
    }
  }

  /// Lets time pass until `condition` holds, but not more than ten seconds.
  func sleep(until condition: () -> Bool) {
    for _ in 0..<10_000 {
      let start = now
      if condition() { return }
      sleep(1_000_000)
      // A clock that stands still will not go on.
      if now == start { return }
    }
  }

  /// How often a call is made again before a host whose clock stands still, or that always says the same, is
  /// given up.
  private var patience: Int { 10_000 }
}
