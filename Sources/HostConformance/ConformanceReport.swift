import HostABI

/// What came of a run of the suite; as JSON it is what `--format json` shows.
package struct ConformanceReport: Encodable {
  package struct Entry: Encodable {
    package let id: String
    package let rule: String
    package let status: String
    /// Why it was skipped.
    package let reason: String?
    package let microseconds: Int64
    package let observations: [CheckResult.Observation]

    var failures: [CheckResult.Observation] { observations.filter { !$0.holds } }
  }

  package let suite = "host"
  /// The version of the contract.
  package let version = HostABIVersion.current.description
  package let host: String
  package private(set) var checks: [Entry] = []
  package private(set) var passed = 0
  package private(set) var failed = 0
  package private(set) var skipped = 0

  /// - Parameter host: how the host that was checked is called.
  package init(host: String) { self.host = host }

  /// Adds a result, and returns its entry.
  @discardableResult
  package mutating func add(_ result: CheckResult, took duration: Duration) -> Entry {
    let entry = Entry(
      id: result.check.id, rule: result.check.rule, status: result.status.rawValue,
      reason: result.skipped, microseconds: Int64(duration / .microseconds(1)),
      observations: result.observations)
    checks.append(entry)
    switch result.status {
    case .pass: passed += 1
    case .fail: failed += 1
    case .skip: skipped += 1
    }
    return entry
  }

  package var summary: String {
    "\(checks.count) checks: \(passed) passed, \(failed) failed, \(skipped) skipped"
  }
}

// MARK: Text

extension ConformanceReport.Entry {
  /// One line; for a failure also the rule, and what was expected and seen.
  package var text: String {
    var lines = ["\(status)  \(id)" + (reason.map { "  (\($0))" } ?? "")]
    if status == CheckResult.Status.fail.rawValue {
      lines.append("      the contract: \(rule)")
      lines += failures.map { "      \($0.sentence)" }
    }
    return lines.map { printable($0) }.joined(separator: "\n")
  }
}

extension CheckResult.Observation {
  package var sentence: String { "\(what): expected \(expected), seen \(seen)" }
}

// MARK: Test Anything Protocol, version 14

extension ConformanceReport {
  package var tap: String {
    var lines = ["TAP version 14", "1..\(checks.count)"]
    for (index, entry) in checks.enumerated() {
      let isFailure = entry.status == CheckResult.Status.fail.rawValue
      let directive = entry.reason.map { " # SKIP \(printable($0))" } ?? ""
      lines.append(
        "\(isFailure ? "not ok" : "ok") \(index + 1) - \(entry.id)\(isFailure ? "" : directive)")
      guard isFailure else { continue }
      lines += ["  ---", "  rule: \(Self.quoted(entry.rule))", "  failures:"]
      for failure in entry.failures {
        lines += [
          "    - what: \(Self.quoted(failure.what))",
          "      expected: \(Self.quoted(failure.expected))",
          "      seen: \(Self.quoted(failure.seen))",
        ]
      }
      lines.append("  ...")
    }
    return lines.joined(separator: "\n")
  }

  /// A string of YAML, which has the escapes of `printable`.
  private static func quoted(_ text: String) -> String {
    let escaped = text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
    return "\"\(printable(escaped))\""
  }
}

// MARK: JUnit XML

extension ConformanceReport {
  package var junit: String {
    let suite =
      "name=\"godwit.host\" tests=\"\(checks.count)\" failures=\"\(failed)\" skipped=\"\(skipped)\" errors=\"0\""
    var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites>"]
    lines.append("  <testsuite \(suite)>")
    for entry in checks {
      let seconds = entry.microseconds / 1_000_000
      let fraction = String(1_000_000 + entry.microseconds % 1_000_000).dropFirst()
      let group = entry.id.prefix { $0 != "." }
      let head =
        "    <testcase classname=\"godwit.host.\(group)\" name=\"\(entry.id)\" time=\"\(seconds).\(fraction)\""
      switch entry.status {
      case CheckResult.Status.fail.rawValue:
        lines += [head + ">", "      <failure message=\"\(Self.escaped(entry.rule))\">"]
        lines += entry.failures.map { Self.escaped($0.sentence) }
        lines += ["      </failure>", "    </testcase>"]
      case CheckResult.Status.skip.rawValue:
        lines += [
          head + ">", "      <skipped message=\"\(Self.escaped(entry.reason ?? ""))\"/>",
          "    </testcase>",
        ]
      default: lines.append(head + "/>")
      }
    }
    lines += ["  </testsuite>", "</testsuites>"]
    return lines.joined(separator: "\n")
  }

  private static func escaped(_ text: String) -> String {
    printable(text).map { character in
      switch character {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\"": "&quot;"
      default: "\(character)"
      }
    }.joined()
  }
}
