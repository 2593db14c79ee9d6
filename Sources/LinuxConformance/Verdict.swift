package import ConformanceReports

/// What came of a check, and why.
package struct Verdict: Sendable {
  package typealias Status = ConformanceReport.Status

  package let status: Status
  package let reason: String?

  init(_ status: Status, _ reason: String? = nil) {
    self.status = status
    self.reason = reason
  }
}

/// How a run of a program ended.
package struct ProgramEnd: Sendable {
  /// As a shell tells it; nil if the program had to be ended.
  package let status: Int32?
  /// How long a check may take.
  package let limit: Duration

  package init(status: Int32?, limit: Duration) {
    self.status = status
    self.limit = limit
  }

  /// The verdict on the check that ran when the time was over.
  var lateness: Verdict { Verdict(.timeout, "nothing for \(limit.components.seconds) s") }
}

extension ProgramOutput {
  /// What came of the checks that a list says the program makes.
  ///
  /// - Parameter checks: all of the program's, in the order of its source.
  package func verdicts(_ checks: [LinuxCheck], _ isa: String, _ end: ProgramEnd) -> [Verdict] {
    // What is missing: the first is the one that was checked when it came to an end.
    var isFirst = true
    return checks.map { check in
      guard check.isFor(isa) else {
        return Verdict(.skip, "it is for \(check.needs.joined(separator: ", "))")
      }
      if let verdict = verdict(check.step) { return verdict }
      let verdict = missing(check, end, isFirst: isFirst)
      if verdict.status.isBad { isFirst = false }
      return verdict
    }
  }

  /// Of a check that has told no result.
  private func missing(_ check: LinuxCheck, _ end: ProgramEnd, isFirst: Bool) -> Verdict {
    guard let status = end.status else {
      return isFirst
        ? end.lateness : Verdict(.error, "not reached: a check before it took too long")
    }
    if check.isStatus {
      return status == 0
        ? Verdict(.pass) : Verdict(.fail, "the program ended with status \(status)")
    }
    guard hasBegun else {
      let seen = lastLine.isEmpty ? "no output" : lastLine
      return Verdict(.error, "no results; status \(status): \(seen)")
    }
    if check.isEnd, status == 0 { return Verdict(.pass) }
    if isFirst, !loose.isEmpty { return Verdict(.fail, Self.text(loose)) }
    // The program has left it out.
    if !check.needs.isEmpty, status == 0 {
      return Verdict(.skip, "it needs \(check.needs.joined(separator: ", "))")
    }
    return Verdict(.error, "not reached: the program ended with status \(status)")
  }
}
