/// What differs between two runs of a suite.
package struct ConformanceComparison {
  package struct Change {
    package let name: String
    /// Nil where one run had no such check.
    package let before: ConformanceReport.Status?
    package let after: ConformanceReport.Status?
  }

  package let changes: [Change]

  package init(_ before: ConformanceReport, _ after: ConformanceReport) {
    func statuses(_ report: ConformanceReport) -> [String: ConformanceReport.Status] {
      Dictionary(report.checks.map { ($0.name, $0.status) }) { first, _ in first }
    }
    let (old, new) = (statuses(before), statuses(after))
    var changes: [Change] = []
    for entry in before.checks where old[entry.name] != new[entry.name] {
      changes.append(
        Change(name: entry.name, before: old[entry.name], after: new[entry.name]))
    }
    for entry in after.checks where old[entry.name] == nil {
      changes.append(Change(name: entry.name, before: nil, after: new[entry.name]))
    }
    self.changes = changes
  }

  /// Whether something passed that no longer does.
  package var isWorse: Bool {
    changes.contains { $0.before == .pass && $0.after?.isBad == true }
  }

  /// Rows for a table.
  package var rows: [[String]] {
    changes.map { change in
      [change.name, change.before?.rawValue ?? "absent", change.after?.rawValue ?? "absent"]
    }
  }
}
