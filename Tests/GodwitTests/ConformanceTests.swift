import Foundation
import Testing

/// `godwit conformance host` on this machine, and what it says when a check fails.
@Suite struct ConformanceTests {
  private func conformance(_ arguments: String...) throws -> Outcome {
    try godwit(["conformance", "host"] + arguments)
  }

  /// The same where no file may have more than 512 bytes, the one that has the output included.
  private func limited(_ arguments: String) throws -> Outcome {
    try execute(
      URL(fileURLWithPath: "/bin/sh"),
      ["-c", "ulimit -f 1; exec \"$0\" conformance host \(arguments)", Checkout.godwit.path])
  }

  private struct Report: Decodable {
    struct Check: Decodable {
      struct Observation: Decodable {
        var expected: String
        var seen: String
        var holds: Bool
      }
      var id: String
      var rule: String
      var status: String
      var observations: [Observation]
    }
    var version: String
    var passed: Int
    var failed: Int
    var checks: [Check]
  }

  @Test func thisMachineKeepsTheContract() throws {
    let outcome = try conformance()
    #expect(outcome.status == 0, "\(outcome.text)\(outcome.error)")
    let lines = outcome.text.split(separator: "\n")
    #expect(lines.count > 100 && lines.last?.contains(" 0 failed") == true)
    #expect(lines.contains("pass  file.read.past-end"))
  }

  @Test func machinesReadTheResults() throws {
    let report = try JSONDecoder().decode(
      Report.self, from: try conformance("--format", "json").output)
    #expect(report.version == "1.0" && report.failed == 0 && report.passed > 100)
    let check = report.checks.first { $0.id == "file.read.past-end" }
    #expect(check?.rule == "0 is the end, or an empty buffer.")
    #expect(check?.observations.allSatisfy { $0.holds && $0.expected == $0.seen } == true)

    let tap = try conformance("--format", "tap", "clock").text.split(separator: "\n")
    #expect(tap == ["TAP version 14", "1..2", "ok 1 - clock.forward", "ok 2 - clock.realtime"])

    let junit = try conformance("--format", "junit", "clock.forward").text
    #expect(junit.contains("tests=\"1\" failures=\"0\""))
    #expect(junit.contains("<testcase classname=\"godwit.host.clock\" name=\"clock.forward\""))
  }

  /// The host cannot write what the checks write.
  @Test func whatFailsIsShown() throws {
    let text = try limited("file")
    #expect(text.status == 1)
    #expect(text.text.contains("fail  file.punch-hole\n      the contract: `punchHole` makes"))
    #expect(text.text.contains("expected no error, seen fileTooLarge"))

    let tap = try limited("--format tap file.punch-hole")
    #expect(tap.status == 1)
    #expect(tap.text.contains("\nnot ok 1 - file.punch-hole\n  ---\n  rule: \"`punchHole`"))
    #expect(tap.text.contains("      expected: \"8192\"\n      seen: "))

    let junit = try limited("--format junit file.punch-hole")
    #expect(junit.status == 1)
    #expect(junit.text.contains("failures=\"1\"") && junit.text.contains("<failure message="))
  }

  @Test func badUsage() throws {
    for arguments in [
      ["file.nonsense"], ["--format", "xml"], ["--directory", "/nonexistent"], ["--more"],
    ] {
      let outcome = try godwit(["conformance", "host"] + arguments)
      #expect(outcome.status == 125 && outcome.output.isEmpty, "\(arguments)")
      #expect(
        outcome.error.hasPrefix("godwit: ") && outcome.error.split(separator: "\n").count == 1)
    }
  }

  @Test func checksAreListedAndChosen() throws {
    let list = try conformance("--list", "wait")
    #expect(list.status == 0)
    let ids = list.text.split(separator: "\n").map { $0.prefix { $0 != " " } }
    #expect(ids.contains("wait.hangup") && ids.allSatisfy { $0.hasPrefix("wait.") })
    #expect(try conformance("wait.hangup", "clock").text.contains("3 checks: 3 passed"))
  }
}
