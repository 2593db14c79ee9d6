import ConformanceReports

/// The checks of the Linux conformance suite, as `Guests/checks.tsv` lists them.
package struct LinuxSuite: Sendable {
  /// Grows with what checks are added; `since` of a check is one of these.
  package static let version = "1"

  package let checks: [LinuxCheck]

  /// A line that is none of the list's.
  package struct Malformed: Error {
    package let line: Int
  }

  package init(_ text: String) throws(Malformed) {
    var checks: [LinuxCheck] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where !line.isEmpty && !line.hasPrefix("#") {
      guard let check = LinuxCheck(line) else { throw Malformed(line: index + 1) }
      checks.append(check)
    }
    self.checks = checks
  }

  /// The programs that have checks which are still in use, in the order of the list.
  package var programs: [SuiteProgram] {
    var order: [String] = []
    var checks: [String: [LinuxCheck]] = [:]
    for check in self.checks where !check.isRetired {
      if checks[check.program] == nil { order.append(check.program) }
      checks[check.program, default: []].append(check)
    }
    return order.map { SuiteProgram($0, checks: checks[$0] ?? []) }
  }
}

/// One check: what a guest program looks at between two steps.
package struct LinuxCheck: Sendable {
  /// `group.program.check`: names it for good.
  package let id: String
  package let since: String
  /// What a system may lack, and the check is skipped there: `root`, ISAs that it is for, or `model`, a processor of
  /// the model that Godwit emulates.
  package let needs: [String]
  /// Pages of the manual that state what it checks.
  package let manual: [String]
  /// What the program calls the step that ends it.
  package let step: String

  init?(_ line: Substring) {
    let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    guard fields.count == 5, fields.allSatisfy({ !$0.isEmpty }),
      fields[0].split(separator: ".", omittingEmptySubsequences: false).count == 3
    else { return nil }
    func list(_ field: String) -> [String] {
      field == "-" ? [] : field.split(separator: ",").map(String.init)
    }
    id = fields[0]
    since = fields[1]
    needs = list(fields[2])
    manual = list(fields[3])
    step = fields[4]
  }

  package var program: String { String(id.split(separator: ".")[1]) }

  /// Its id is not to be used again.
  package var isRetired: Bool { step == "(retired)" }

  /// What comes after the last step.
  var isEnd: Bool { step == "(end)" }

  /// The program tells no results: its status is all there is.
  var isStatus: Bool { step == "(status)" }

  /// What it expects differs between processors of an ISA.
  var isOfOneModel: Bool { needs.contains("model") }

  /// Whether programs for this ISA have it.
  func isFor(_ isa: String) -> Bool {
    let isas = needs.filter { LinuxSuite.isas.contains($0) }
    return isas.isEmpty || isas.contains(isa)
  }

  /// What it checks, in words.
  package var rule: String { manual.joined(separator: ", ") + ": " + step }

  /// Whether `name` is the id, or its first parts.
  package func isNamed(_ name: String) -> Bool { CheckID.matches(id, name) }
}

extension LinuxSuite {
  package static let isas = ["x86_64", "aarch64", "riscv64"]
}
