import ConformanceReports

/// Results of a program whose checks no list names.
extension ProgramOutput {
  /// What it told by name, and last, with an empty name, what is to be said of the program itself.
  package func results(_ end: ProgramEnd) -> [(name: String, verdict: Verdict)] {
    names.compactMap { name in verdict(name).map { (name, $0) } } + [("", ownVerdict(end))]
  }

  /// Whether the program told all that it was going to tell; of one that tells no results, what its exit status says.
  private func ownVerdict(_ end: ProgramEnd) -> Verdict {
    guard let status = end.status else { return end.lateness }
    if let givenUp { return Verdict(.error, "it gave up: \(givenUp)") }
    guard hasBegun else { return Self.verdict(status, complaints, lastLine) }
    if let plan, plan > resultCount {
      return Verdict(.error, "\(resultCount) results of \(plan); status \(status)")
    }
    let hasFailures = names.contains { verdict($0)?.status == .fail }
    // Who tells of failures may end with any status that is no signal's.
    guard status == 0 || hasFailures && status < 126 else {
      // The kernel's own tests end so if all is skipped.
      if status == 4, !names.contains(where: { verdict($0)?.status == .pass }) {
        return Verdict(.skip, loose.last)
      }
      return Verdict(.error, "the program ended with status \(status)")
    }
    return plan == 0 ? Verdict(.skip, "it has no results") : Verdict(.pass)
  }

  /// The Linux Test Project's exit statuses: a bit for each kind of result.
  private static func verdict(_ status: Int32, _ complaints: [String], _ lastLine: String)
    -> Verdict
  {
    let reason =
      "status \(status): " + (complaints.isEmpty ? lastLine : text(complaints))
    switch status {
    case 0: return Verdict(.pass)
    // Both a failure and warnings are failures.
    case 1...63 where status & 1 != 0: return Verdict(.fail, reason)
    // TCONF alone: the system lacks what the program needs.
    case 32: return Verdict(.skip, reason)
    // TBROK, TWARN, no status of theirs, or a signal.
    default: return Verdict(.error, reason)
    }
  }
}
