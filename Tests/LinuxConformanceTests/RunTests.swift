import ConformanceReports
import Foundation
import LinuxConformance
import Testing

/// Runs of a small suite, whose programs are shell scripts.
@Suite struct RunTests {
  private static let list = """
    g.good.one\t1\t-\tx(2)\tone
    g.good.end\t1\t-\tx(2)\t(end)
    g.bad.one\t1\t-\tx(2)\tone
    g.bad.end\t1\t-\tx(2)\t(end)
    """
  private static let good = "echo KTAP version 1; echo ok - one; echo ok - '(end)'"

  /// - Parameter bad: what the program `bad` does.
  private func entries(
    bad: String = good, runner: String = "sh {}", _ change: (inout LinuxRun) -> Void = { _ in }
  ) throws -> [ConformanceReport.Entry] {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("godwit-suite-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: directory) }
    let programs = directory.appendingPathComponent("x86_64")
    try FileManager.default.createDirectory(at: programs, withIntermediateDirectories: true)
    for (name, script) in [("good", Self.good), ("bad", bad)] {
      let path = programs.appendingPathComponent(name).path
      try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(fileURLWithPath: path))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }
    let linuxRunner = try #require(LinuxRunner(runner, command: "/nonexistent/godwit"))
    var run = LinuxRun(
      runner: linuxRunner, command: "/nonexistent/godwit", programs: directory.path,
      isas: ["x86_64"], forms: [.plain], timeLimit: .seconds(20), jobs: 2)
    change(&run)
    var entries: [ConformanceReport.Entry] = []
    run.run(try LinuxSuite(Self.list).programs, CheckChoice([])) { entries.append($0) }
    return entries
  }

  private func statuses(_ entries: [ConformanceReport.Entry], _ program: String)
    -> [ConformanceReport.Status]
  {
    entries.filter { $0.id.hasPrefix("g.\(program).") }.map(\.status)
  }

  @Test func programsAreAskedForResults() throws {
    let entries = try entries(bad: "test \"$GUEST_KTAP\" = 1 || exit 1; \(Self.good)")
    #expect(entries.count == 4 && entries.allSatisfy { $0.status == .pass })
    #expect(entries.allSatisfy { $0.form == "x86_64" && $0.rule.hasPrefix("x(2): ") })
  }

  /// What goes wrong with one program does not touch the others.
  @Test func theRunGoesOn() throws {
    let ways: [(String, [ConformanceReport.Status])] = [
      ("echo what", [.error, .error]),
      ("head -c 300000 /dev/urandom", [.error, .error]),
      ("kill -KILL $$", [.error, .error]),
      ("echo KTAP version 1; echo ok - one; kill -SEGV $$", [.pass, .error]),
      (
        "echo KTAP version 1; echo '# why'; echo not ok - one; echo ok - '(end)'; exit 1",
        [.fail, .pass]
      ),
    ]
    for (bad, expected) in ways {
      let entries = try entries(bad: bad)
      #expect(statuses(entries, "bad") == expected, "\(bad)")
      #expect(statuses(entries, "good") == [.pass, .pass], "\(bad)")
      #expect(entries.allSatisfy { !$0.status.isBad || $0.reason?.isEmpty == false })
    }
  }

  /// A check has its time anew, and what it leaves behind is ended.
  @Test func whatHangsIsEnded() throws {
    let entries = try entries(bad: "echo KTAP version 1; echo ok - one; sleep 1000 & sleep 1000") {
      $0.timeLimit = .seconds(1)
    }
    #expect(statuses(entries, "bad") == [.pass, .timeout])
    #expect(statuses(entries, "good") == [.pass, .pass])
  }

  @Test func runnersThatAreMissing() throws {
    let entries = try entries(runner: "/nonexistent/emulator {}")
    #expect(entries.count == 4 && entries.allSatisfy { $0.status == .error })
    #expect(entries.allSatisfy { $0.reason?.contains("/nonexistent/emulator") == true })
    #expect(LinuxRunner("emulator", command: "") == nil)
  }

  @Test func flakyChecksAreToldAsSuch() throws {
    let marker = FileManager.default.temporaryDirectory
      .appendingPathComponent("godwit-marker-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: marker) }
    // mkdir(1) succeeds once.
    let entries = try entries(bad: "mkdir \(marker) && exit 1; \(Self.good)") { $0.turns = 3 }
    let bad = entries.filter { $0.id.hasPrefix("g.bad.") }
    #expect(bad.allSatisfy { $0.isFlaky && $0.status == .error })
    #expect(bad.first?.reason?.hasPrefix("passed 2 times of 3") == true)
    #expect(entries.filter { $0.id.hasPrefix("g.good.") }.allSatisfy { !$0.isFlaky })
  }

  @Test func shardsAreTheWhole() throws {
    var ids: [String] = []
    for part in 1...3 {
      ids += try entries {
        $0.shard = (part, 3)
        $0.seed = 7
      }.map(\.id)
    }
    #expect(ids.sorted() == ["g.bad.end", "g.bad.one", "g.good.end", "g.good.one"])
  }

  @Test func expectedFailures() throws {
    let entries = try entries(bad: "exit 1") {
      $0.expectedFailures = ExpectedFailures("g.bad  # known\ng.good.end aarch64\n")
    }
    #expect(entries.allSatisfy { !$0.isUnexpected })
    let better = try self.entries { $0.expectedFailures = ExpectedFailures("g.bad.one x86_64") }
    #expect(better.filter(\.isUnexpected).map(\.id) == ["g.bad.one"])
    #expect(
      ExpectedFailures("g\nh.x\n").strangers(to: try LinuxSuite(Self.list)) == ["h.x"])
  }

  @Test func resultsAreCompared() throws {
    func report(_ entries: [ConformanceReport.Entry]) -> ConformanceReport {
      var report = ConformanceReport(suite: "linux", version: "1", host: "a test")
      entries.forEach { report.add($0) }
      return report
    }
    let good = report(try entries())
    let bad = report(try entries(bad: "exit 1"))
    let worse = ConformanceComparison(good, bad)
    #expect(worse.isWorse)
    #expect(worse.changes.map(\.name).sorted() == ["g.bad.end [x86_64]", "g.bad.one [x86_64]"])
    #expect(!ConformanceComparison(bad, good).isWorse)
    #expect(ConformanceComparison(good, good).changes.isEmpty)
    // As it is written and read again.
    let again = try JSONDecoder().decode(
      ConformanceReport.self, from: JSONEncoder().encode(bad))
    #expect(ConformanceComparison(bad, again).changes.isEmpty && again.errors == 2)
    #expect(bad.tap.contains("  status: error\n  reason: \"no results"))
    #expect(
      bad.junit.contains("errors=\"2\"") && bad.junit.contains("<error message=\"x(2): one\">"))
  }

  @Test func whatIsRecordedIsExpected() throws {
    func entry(_ form: String, _ status: ConformanceReport.Status, _ reason: String? = nil)
      -> ConformanceReport.Entry
    {
      .init(id: "g.p.x", form: form, rule: "x(2)", status: status, reason: reason, took: .zero)
    }
    var report = ConformanceReport(suite: "linux", version: "1", host: "a test")
    report.add(entry("x86_64", .fail, "p.c:17: open() is -1, errno 2, not 0x7fff12345678"))
    let recording = Recording(report)
    let same = entry("aarch64 saved", .fail, "p.c:18: open() is -1, errno 2, not 0x7ffe00000000")
    #expect(recording.judge(same).status == .pass)
    let other = recording.judge(entry("x86_64", .fail, "p.c:17: open() is -1, errno 3, not 0x1"))
    #expect(other.status == .fail && other.failures.first?.expected.contains("errno 2") == true)
    #expect(recording.judge(entry("x86_64", .pass)).status == .fail)
    #expect(recording.judge(entry("x86_64", .skip)).status == .skip)
    let unknown = ConformanceReport.Entry(id: "g.p.y", rule: "", status: .fail, took: .zero)
    #expect(recording.judge(unknown).status == .skip)
  }
}
