import HostABI

// MARK: Text

extension ConformanceReport.Entry {
  /// One line; for what is news also the rule, and what was expected and seen.
  package var text: String {
    var remarks: [String] = []
    if !status.isBad, let reason { remarks.append(reason) }
    if isFlaky { remarks.append("flaky") }
    if isExpectedToFail { remarks.append(status == .pass ? "not expected to" : "as expected") }
    let remark = remarks.isEmpty ? "" : "  (\(remarks.joined(separator: ", ")))"
    var lines = ["\(status.rawValue)  \(name)\(remark)"]
    if status.isBad {
      lines.append("      the contract: \(rule)")
      lines += details.map { "      \($0)" }
    }
    return lines.map { printable($0) }.joined(separator: "\n")
  }

  /// What went wrong, in lines.
  var details: [String] { (reason.map { [$0] } ?? []) + failures.map(\.sentence) }
}

extension ConformanceReport.Observation {
  package var sentence: String { "\(what): expected \(expected), seen \(seen)" }
}

// MARK: Test Anything Protocol, version 14

extension ConformanceReport {
  package var tap: String {
    var lines = ["TAP version 14", "1..\(checks.count)"]
    for (index, entry) in checks.enumerated() {
      let result = entry.status.isBad ? "not ok" : "ok"
      var directive = ""
      if entry.isExpectedToFail { directive = " # TODO it is expected to fail" }
      if entry.status == .skip {
        directive = " # SKIP \(printable(entry.reason ?? ""))"
      }
      lines.append("\(result) \(index + 1) - \(entry.name)\(directive)")
      guard entry.status.isBad else { continue }
      lines += ["  ---", "  rule: \(Self.quoted(entry.rule))"]
      if entry.status != .fail { lines.append("  status: \(entry.status.rawValue)") }
      if entry.isFlaky { lines.append("  flaky: true") }
      if let reason = entry.reason { lines.append("  reason: \(Self.quoted(reason))") }
      if !entry.failures.isEmpty { lines.append("  failures:") }
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
    let expected = checks.count { $0.isExpectedToFail && $0.status.isBad }
    let known = (fail: known(.fail), error: known(.error) + known(.timeout))
    let counts =
      "tests=\"\(checks.count)\" failures=\"\(failed - known.fail)\" skipped=\"\(skipped + expected)\""
    let suite =
      "name=\"godwit.\(suite)\" \(counts) errors=\"\(errors + timeouts - known.error)\""
    var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>", "<testsuites>"]
    lines.append("  <testsuite \(suite)>")
    for entry in checks {
      let seconds = entry.microseconds / 1_000_000
      let fraction = String(1_000_000 + entry.microseconds % 1_000_000).dropFirst()
      let head =
        "    <testcase classname=\"godwit.\(self.suite).\(entry.group)\" name=\"\(entry.name)\" time=\"\(seconds).\(fraction)\""
      switch entry.status {
      case .pass: lines.append(head + "/>")
      case _ where entry.isExpectedToFail, .skip:
        let reason = entry.isExpectedToFail ? "it is expected to fail" : entry.reason ?? ""
        lines += [
          head + ">", "      <skipped message=\"\(escapedForXML(reason))\"/>", "    </testcase>",
        ]
      case .fail, .error, .timeout:
        let element = entry.status == .fail ? "failure" : "error"
        let type = entry.status == .timeout ? " type=\"timeout\"" : ""
        lines += [head + ">", "      <\(element)\(type) message=\"\(escapedForXML(entry.rule))\">"]
        lines += entry.details.map { escapedForXML($0) }
        lines += ["      </\(element)>", "    </testcase>"]
      }
    }
    lines += ["  </testsuite>", "</testsuites>"]
    return lines.joined(separator: "\n")
  }

  private func known(_ status: Status) -> Int {
    checks.count { $0.isExpectedToFail && $0.status == status }
  }
}

/// Text as it may stand in XML and HTML, between tags and in attributes.
func escapedForXML(_ text: String) -> String {
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
