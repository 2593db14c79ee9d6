/// What a system did in an earlier run, which others are judged by in place of written expectations.
package struct Recording {
  private var entries: [String: [ConformanceReport.Entry]] = [:]

  package init(_ report: ConformanceReport) {
    for entry in report.checks { entries[entry.id, default: []].append(entry) }
  }

  /// The entry, judged by whether the recorded system did the same. What either of them skipped is not judged.
  package func judge(_ entry: ConformanceReport.Entry) -> ConformanceReport.Entry {
    if entry.status == .skip { return entry }
    guard let recorded = counterpart(of: entry) else {
      return entry.with(.skip, reason: "the recorded system was not checked")
    }
    if recorded.status == .skip {
      return entry.with(.skip, reason: "the recorded system skipped it")
    }
    let (expected, seen) = (recorded.outcome, entry.outcome)
    let observation = ConformanceReport.Observation(
      what: "what comes of it", expected: expected, seen: seen, holds: expected == seen)
    return entry.with(
      observation.holds ? .pass : .fail, reason: nil, observations: [observation])
  }

  /// The same form, or else the same ISA, or else any.
  private func counterpart(of entry: ConformanceReport.Entry) -> ConformanceReport.Entry? {
    let all = entries[entry.id] ?? []
    func isa(_ entry: ConformanceReport.Entry) -> Substring? { entry.form?.prefix { $0 != " " } }
    return all.first { $0.form == entry.form } ?? all.first { isa($0) == isa(entry) } ?? all.first
  }
}

extension ConformanceReport.Entry {
  fileprivate func with(
    _ status: ConformanceReport.Status, reason: String?,
    observations: [ConformanceReport.Observation] = []
  ) -> Self {
    Self(
      id: id, form: form, rule: rule, status: status, reason: reason, isFlaky: isFlaky,
      isExpectedToFail: isExpectedToFail, took: .microseconds(microseconds),
      observations: observations)
  }

  /// The status and why, without what differs from run to run and from machine to machine: the places in sources, and
  /// numbers that are addresses, processes or times. Error numbers stay.
  package var outcome: String {
    status.rawValue + (reason.map { ": " + normalized($0) } ?? "")
  }
}

private func normalized(_ text: String) -> String {
  // A failure begins with `file.c:LINE: `.
  let parts = text.split(separator: "; ", omittingEmptySubsequences: false).map { part in
    let words = part.split(separator: " ", maxSplits: 1)
    guard words.count == 2, words[0].hasSuffix(":"), words[0].contains(".c:") else { return part }
    return words[1]
  }
  var result = ""
  var rest = parts.joined(separator: "; ")[...]
  while let first = rest.first {
    guard first.isHexDigit || first == "x" else {
      result.append(first)
      rest.removeFirst()
      continue
    }
    let word = rest.prefix { $0.isHexDigit || $0 == "x" }
    // 99,999 is the largest number that is thought to mean something by itself.
    let isLong = first.isNumber && word.count > (word.hasPrefix("0x") ? 7 : 5)
    result += isLong ? "N" : word
    rest.removeFirst(word.count)
  }
  return result
}
