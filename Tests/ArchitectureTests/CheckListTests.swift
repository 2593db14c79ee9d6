import Foundation
import Testing

/// `Guests/checks.tsv`, the list of the conformance suite's checks, and the programs whose steps it names.
@Suite struct CheckListTests {
  private struct Check {
    var id: String
    var since: String
    var needs: [String]
    var manual: [String]
    var step: String
    var parts: [String]
  }

  private static let guests = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Guests")

  private static func text(_ name: String) -> String {
    let data = FileManager.default.contents(atPath: guests.appendingPathComponent(name).path)
    return String(decoding: data ?? Data(), as: UTF8.self)
  }

  private static let list = text("checks.tsv")

  private static let checks: [Check] = list.split(separator: "\n")
    .filter { !$0.hasPrefix("#") }
    .map { line in
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      precondition(fields.count == 5, "not five fields: \(line)")
      func words(_ text: String) -> [String] {
        text == "-" ? [] : text.split(separator: ",").map(String.init)
      }
      return Check(
        id: fields[0], since: fields[1], needs: words(fields[2]), manual: words(fields[3]),
        step: fields[4], parts: fields[0].split(separator: ".").map(String.init))
    }

  /// The formats of the steps of a program, once each, in order.
  private func steps(_ program: String) -> [String] {
    var steps: [String] = []
    for part in Self.text("\(program).c").components(separatedBy: "STEP(\"").dropFirst() {
      // No step has a quote in its text.
      let step = String(part.prefix { $0 != "\"" })
      if !steps.contains(step) { steps.append(step) }
    }
    return steps
  }

  /// Of each program, in the order of its source: a reader of results can tell what comes next.
  @Test func eachStepHasAnID() throws {
    let programs = try FileManager.default.contentsOfDirectory(atPath: Self.guests.path)
      .filter { $0.hasSuffix(".c") }.map { String($0.dropLast(2)) }
    let checks = Self.checks.filter { $0.step != "(retired)" }
    #expect(Set(checks.map { $0.parts[1] }) == Set(programs))
    for program in programs {
      let listed = checks.filter { $0.parts[1] == program }.map(\.step)
      #expect(Array(listed.dropLast()) == steps(program), "\(program)")
      #expect(["(end)", "(status)"].contains(listed.last), "\(program)")
    }
  }

  /// An id that is given up is not used again, and stays in the list, which says how many lines it has.
  @Test func idsAreUsedOnce() throws {
    let ids = Self.checks.map(\.id)
    #expect(Set(ids).count == ids.count)
    let count = try #require(Self.list.firstMatch(of: /# lines: ([0-9]+)/)?.1)
    #expect(Int(count) == ids.count, "a line was taken away, or the number was not changed")
  }

  @Test func checksSayWhatTheyCheckAndNeed() {
    let groups: Set = [
      "start", "memory", "code", "processor", "thread", "process", "signal", "file", "wait",
      "system", "socket", "state",
    ]
    let needs: Set = ["root", "model", "vsyscall", "x86_64", "aarch64", "riscv64"]
    let processors: Set = ["SDM", "Arm-ARM", "RISCV-ISA"]
    for check in Self.checks {
      #expect(check.parts.count == 3 && groups.contains(check.parts[0]), "\(check.id)")
      #expect(check.id.wholeMatch(of: /[a-z0-9.-]+/) != nil, "\(check.id)")
      #expect(needs.isSuperset(of: check.needs), "\(check.id)")
      #expect(
        check.manual.allSatisfy { $0.hasSuffix(")") || processors.contains($0) }
          && !check.manual.isEmpty, "\(check.id)")
      #expect(check.since == "1", "\(check.id)")
    }
  }
}
