import ConformanceReports

/// Checks that are known not to pass.
///
/// A line names one by its id, or several by its first parts, and may go on with the form that it is about, such as
/// `x86_64` or `aarch64 saved`. What follows a `#` is a remark.
package struct ExpectedFailures: Sendable {
  private var lines: [(name: String, form: String)] = []

  package init() {}

  package init(_ text: String) {
    for line in text.split(separator: "\n") {
      let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
      guard let name = words.first else { continue }
      lines.append((String(name), words.dropFirst().joined(separator: " ")))
    }
  }

  /// Names that are no check's of `suite`.
  package func strangers(to suite: LinuxSuite) -> [String] {
    lines.map(\.name).filter { name in
      !suite.checks.contains { !$0.isRetired && $0.isNamed(name) }
    }
  }

  func contain(_ id: String, _ form: String) -> Bool {
    lines.contains { line in
      CheckID.matches(id, line.name)
        && (line.form.isEmpty || line.form == form || form.hasPrefix(line.form + " "))
    }
  }
}
