package import ConformanceReports

/// What a program has written, read as KTAP: results by their steps.
package struct ProgramOutput {
  /// More than this is not kept of lines that tell nothing.
  private static let lineLimit = 2000

  private var rest: [UInt8] = []
  /// Whether it has said that it tells results.
  private(set) var hasBegun = false
  /// How many results it has told.
  private(set) var resultCount = 0
  private var passes: [String: Bool] = [:]
  private var reasons: [String: [String]] = [:]
  /// What went wrong since the last result.
  private var loose: [String] = []
  /// The last line that tells nothing.
  private var lastLine = ""

  package init() {}

  package mutating func add(_ bytes: [UInt8]) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        end()
      } else if rest.count < Self.lineLimit {
        rest.append(byte)
      }
    }
  }

  /// The output has ended.
  package mutating func finish() { if !rest.isEmpty { end() } }

  private mutating func end() {
    let line = String(decoding: rest, as: UTF8.self)
    rest.removeAll()
    if line == "KTAP version 1" {
      hasBegun = true
    } else if line.hasPrefix("ok - ") {
      add(String(line.dropFirst(5)), true)
    } else if line.hasPrefix("not ok - ") {
      add(String(line.dropFirst(9)), false)
    } else if line.hasPrefix("# ") {
      if line != "# left" { loose.append(String(line.dropFirst(2))) }
    } else if !line.isEmpty {
      lastLine = line
    }
  }

  private mutating func add(_ step: String, _ isPass: Bool) {
    // Garbage may have any number of steps.
    guard passes[step] != nil || passes.count < Self.lineLimit else { return }
    resultCount += 1
    if !isPass { reasons[step, default: []] += loose }
    loose = []
    // A step that is made several times passes if each does.
    passes[step] = (passes[step] ?? true) && isPass
  }

  /// What came of a program's checks.
  ///
  /// - Parameters:
  ///   - checks: all of the program's, in the order of its source.
  ///   - status: how it ended; nil if it had to be ended.
  ///   - limit: how long a check may take.
  package func verdicts(_ checks: [LinuxCheck], _ isa: String, status: Int32?, limit: Duration)
    -> [Verdict]
  {
    // What is missing: the first is the one that was checked when it came to an end.
    var isFirst = true
    return checks.map { check in
      guard check.isFor(isa) else {
        return Verdict(.skip, "it is for \(check.needs.joined(separator: ", "))")
      }
      if let isPass = passes[check.step] {
        return Verdict(isPass ? .pass : .fail, isPass ? nil : text(reasons[check.step] ?? []))
      }
      let verdict = missing(check, status: status, limit: limit, isFirst: isFirst)
      if verdict.status.isBad { isFirst = false }
      return verdict
    }
  }

  /// Of a check that has told no result.
  private func missing(_ check: LinuxCheck, status: Int32?, limit: Duration, isFirst: Bool)
    -> Verdict
  {
    guard let status else {
      return isFirst
        ? Verdict(.timeout, "nothing for \(limit.components.seconds) s")
        : Verdict(.error, "not reached: a check before it took too long")
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
    if isFirst, !loose.isEmpty { return Verdict(.fail, text(loose)) }
    // The program has left it out.
    if !check.needs.isEmpty, status == 0 {
      return Verdict(.skip, "it needs \(check.needs.joined(separator: ", "))")
    }
    return Verdict(.error, "not reached: the program ended with status \(status)")
  }

  private func text(_ reasons: [String]) -> String {
    let shown = reasons.prefix(5).joined(separator: "; ")
    return reasons.count > 5 ? shown + "; and \(reasons.count - 5) more" : shown
  }
}

package struct Verdict {
  package let status: ConformanceReport.Status
  package let reason: String?

  init(_ status: ConformanceReport.Status, _ reason: String? = nil) {
    self.status = status
    self.reason = reason
  }
}
