/// What came of a run of checks; as JSON it is what `--format json` shows.
package struct ConformanceReport: Codable {
  package enum Status: String, Codable, CaseIterable, Sendable {
    case pass, fail
    /// It could not be told: the program or its runner came to grief before.
    case error
    case timeout, skip

    /// Whether the system has not been seen to do what it should.
    package var isBad: Bool { self == .fail || self == .error || self == .timeout }
  }

  /// One thing that a check looked at.
  package struct Observation: Codable, Sendable {
    package let what: String
    package let expected: String
    package let seen: String
    package let holds: Bool

    package init(what: String, expected: String, seen: String, holds: Bool) {
      self.what = what
      self.expected = expected
      self.seen = seen
      self.holds = holds
    }
  }

  package struct Entry: Codable, Sendable {
    package let id: String
    /// In which of several ways it was run: an ISA, say. Nil if there is one.
    package let form: String?
    /// What it checks.
    package let rule: String
    package let status: Status
    /// Why it was skipped, or what went wrong.
    package let reason: String?
    /// Whether runs of it ended in different ways.
    package let isFlaky: Bool
    /// Whether it was said beforehand that it would not pass.
    package let isExpectedToFail: Bool
    package let microseconds: Int64
    package let observations: [Observation]

    package init(
      id: String, form: String? = nil, rule: String, status: Status, reason: String? = nil,
      isFlaky: Bool = false, isExpectedToFail: Bool = false, took duration: Duration,
      observations: [Observation] = []
    ) {
      self.id = id
      self.form = form
      self.rule = rule
      self.status = status
      self.reason = reason
      self.isFlaky = isFlaky
      self.isExpectedToFail = isExpectedToFail
      microseconds = Int64(duration / .microseconds(1))
      self.observations = observations
    }

    /// The id, with the form if there are several.
    package var name: String { id + (form.map { " [\($0)]" } ?? "") }

    /// The first part of the id.
    package var group: Substring { CheckID.group(of: id) }

    package var failures: [Observation] { observations.filter { !$0.holds } }

    /// Whether this is news: it did not pass, and nobody said so, or it did, and somebody had said otherwise.
    package var isUnexpected: Bool { isExpectedToFail ? status == .pass : status.isBad }
  }

  /// Which suite it is, and its version.
  package let suite: String
  package let version: String
  /// What was checked.
  package let host: String
  package private(set) var checks: [Entry] = []
  package private(set) var passed = 0
  package private(set) var failed = 0
  package private(set) var errors = 0
  package private(set) var timeouts = 0
  package private(set) var skipped = 0
  package private(set) var flaky = 0
  /// How many went otherwise than they should.
  package private(set) var unexpected = 0

  /// - Parameter host: how the system that was checked is called.
  package init(suite: String, version: String, host: String) {
    self.suite = suite
    self.version = version
    self.host = host
  }

  package mutating func add(_ entry: Entry) {
    checks.append(entry)
    switch entry.status {
    case .pass: passed += 1
    case .fail: failed += 1
    case .error: errors += 1
    case .timeout: timeouts += 1
    case .skip: skipped += 1
    }
    if entry.isFlaky { flaky += 1 }
    if entry.isUnexpected { unexpected += 1 }
  }

  package var summary: String {
    var parts = ["\(passed) passed", "\(failed) failed"]
    for (count, what) in [(errors, "errors"), (timeouts, "timed out")] where count > 0 {
      parts.append("\(count) \(what)")
    }
    parts.append("\(skipped) skipped")
    if flaky > 0 { parts.append("\(flaky) flaky") }
    let expected = checks.count { $0.isExpectedToFail && $0.status.isBad }
    if expected > 0 { parts.append("\(expected) did not pass, as expected") }
    return "\(checks.count) checks: " + parts.joined(separator: ", ")
  }

  /// Numbers of checks by group: the names of the columns, and rows.
  package var groups: [[String]] {
    var names: [Substring] = []
    for entry in checks where !names.contains(entry.group) { names.append(entry.group) }
    let rows = names.map { name in
      let group = checks.filter { $0.group == name }
      return [String(name), "\(group.count)"]
        + Status.allCases.map { status in "\(group.count { $0.status == status })" }
    }
    return [["group", "checks"] + Status.allCases.map(\.rawValue)] + rows
  }
}
