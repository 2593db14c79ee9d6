/// Results of several systems side by side, as a page of HTML that needs nothing else.
package struct ConformanceMatrix {
  private struct Column {
    let system: String
    let form: String
    let entries: [String: ConformanceReport.Entry]
  }

  private let columns: [Column]
  /// All ids, in the order in which the reports have them, and what they check.
  private let checks: [(id: String, rule: String)]

  package init(_ reports: [ConformanceReport]) {
    var columns: [Column] = []
    var checks: [(id: String, rule: String)] = []
    var seen: Set<String> = []
    for report in reports {
      var forms: [String] = []
      var entries: [String: [String: ConformanceReport.Entry]] = [:]
      for entry in report.checks {
        let form = entry.form ?? ""
        if entries[form] == nil { forms.append(form) }
        entries[form, default: [:]][entry.id] = entry
        if seen.insert(entry.id).inserted { checks.append((entry.id, entry.rule)) }
      }
      columns += forms.map { Column(system: report.host, form: $0, entries: entries[$0] ?? [:]) }
    }
    self.columns = columns
    self.checks = checks
  }

  package var html: String {
    var lines = [
      "<!DOCTYPE html>", "<html lang=\"en\"><meta charset=\"utf-8\"><title>Conformance</title>",
      "<style>\(Self.style)</style>", "<table>", "<thead><tr><th>check</th>",
    ]
    lines += columns.map { "<th>\(escapedForXML($0.system))<br>\(escapedForXML($0.form))</th>" }
    lines.append("</tr></thead>")
    var group: Substring = ""
    for check in checks {
      let own = CheckID.group(of: check.id)
      if own != group {
        group = own
        lines.append(heading(of: group))
      }
      lines.append(
        "<tr><td title=\"\(escapedForXML(check.rule))\">\(escapedForXML(check.id))</td>"
          + columns.map { cell($0.entries[check.id]) }.joined() + "</tr>")
    }
    return (lines + ["</table>", "</html>"]).joined(separator: "\n")
  }

  /// How many checks of a group passed, of those that were not skipped.
  private func heading(of group: Substring) -> String {
    let cells = columns.map { column in
      let ran = column.entries.values.filter { $0.status != .skip && $0.group == group }
      return "<th>\(ran.count { $0.status == .pass })/\(ran.count)</th>"
    }
    return "<tr><th>\(escapedForXML(String(group)))</th>" + cells.joined() + "</tr>"
  }

  private func cell(_ entry: ConformanceReport.Entry?) -> String {
    guard let entry else { return "<td></td>" }
    let why = entry.details
    let title = why.isEmpty ? "" : " title=\"\(escapedForXML(why.joined(separator: "; ")))\""
    let status = entry.status.rawValue
    return "<td class=\"\(status)\"\(title)>\(status)\(entry.isFlaky ? ", flaky" : "")</td>"
  }

  private static let style = """
    body{font:14px sans-serif}table{border-collapse:collapse}td,th{padding:1px 8px;text-align:left}\
    thead th{position:sticky;top:0;background:#fff}tr:hover{background:#eee}\
    .pass{background:#cfc}.fail{background:#fbb}.error{background:#fcb}.timeout{background:#fd9}\
    .skip{color:#999}
    """
}
