import Foundation
import Policies
import Testing

/// The examples in `Docs/Policies.md`.
@Suite struct DocumentTests {
  private static let document = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Docs/Policies.md")

  private static func examples() throws -> [String] {
    let text = try String(contentsOf: document, encoding: .utf8)
    return text.components(separatedBy: "```yaml\n").dropFirst().map {
      $0.components(separatedBy: "```")[0]
    }
  }

  @Test func examplesHaveNoMistakes() throws {
    let examples = try Self.examples()
    #expect(examples.count >= 11)
    for example in examples {
      #expect(mistakes(example) == [], "\(example)")
    }
  }

  /// Each rule has an example, which says that rule.
  @Test func everyRuleHasAnExample() throws {
    let rules = try Self.examples().map { try policy($0) }.flatMap { policy in
      [policy.defaults] + policy.applications.map(\.rules)
    }
    #expect(rules.contains { $0.idle != nil } && rules.contains { !$0.schedule.isEmpty })
    #expect(rules.contains { $0.power != nil } && rules.contains { $0.update != nil })
    #expect(rules.contains { $0.follow != nil } && rules.contains { $0.network != nil })
    #expect(rules.contains { $0.load?.above != nil } && rules.contains { $0.load?.below != nil })
    #expect(rules.contains { $0.memory != nil } && rules.contains { $0.protect != nil })
    #expect(rules.contains { $0.sleep?.standby != nil } && rules.contains { $0.isPinned })
  }

  @Test func pageNamesEveryRule() throws {
    let text = try String(contentsOf: Self.document, encoding: .utf8)
    for rule in Rule.allCases { #expect(text.contains("`\(rule)`")) }
  }

  @Test func reportsAreText() throws {
    let text =
      "applications:\n  editor: {home: laptop, idle: {after: 15m, to: server}}\n  \"db-*\": {pin: true}\n"
    let report = PolicyReport(Array(text.utf8), file: "policy.yaml")
    #expect(report.isValid)
    #expect(report.check == "policy.yaml: no mistakes, rules for 2 names\n")
    #expect(
      report.explain() == """
        editor:
          Its home is laptop.
          Without input for 15 min it goes to server, and comes home at the first input there.
          It stays for 5 min where a rule that can wait has sent it, and leaves at most 6 times in an hour.

        db-*:
          Its home is the machine where it is started.
          It is pinned: no rule moves it, nor its home.

        all others:
          Its home is the machine where it is started.
          No rule moves it.

        """)
    #expect(report.explain("db-1").hasPrefix("db-1, by \"db-*\":\n"))
    #expect(report.explain("mail").hasPrefix("mail, by the defaults:\n"))
    let bad = PolicyReport(Array("defaults:\n  pin: 1\n".utf8), file: "p.yaml")
    #expect(!bad.isValid)
    #expect(bad.check == "p.yaml:2: defaults.pin: must be true or false, and is \"1\"\n")
    #expect(bad.explain() == bad.check)
  }

  @Test func explanationsAreSentences() throws {
    for example in try Self.examples() {
      let policy = try policy(example)
      for rules in [policy.defaults] + policy.applications.map(\.rules) {
        for sentence in rules.sentences {
          #expect(sentence.hasSuffix(".") && !sentence.contains("  ") && !sentence.contains("\n"))
        }
      }
    }
  }
}
