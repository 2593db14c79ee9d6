import Foundation
import Testing

/// `godwit conformance linux`, `portable` and `cpu` with the real programs.
@Suite struct LinuxConformanceTests {
  private static let programs = Checkout.root.appendingPathComponent(".deps/guests").path

  private func linux(_ arguments: String...) throws -> Outcome { try linux(arguments) }

  private func linux(_ arguments: [String]) throws -> Outcome {
    try godwit(["conformance", "linux", "--programs", Self.programs] + arguments, limit: 120)
  }

  private struct Report: Decodable {
    struct Check: Decodable {
      var id: String
      var form: String
      var status: String
    }
    var suite: String
    var host: String
    var checks: [Check]
  }

  private func report(_ outcome: Outcome) throws -> Report {
    try JSONDecoder().decode(Report.self, from: outcome.output)
  }

  @Test func godwitPassesInAllForms() throws {
    let outcome = try linux("--runner", "godwit", "--format", "json", "socket.udp", "wait.eventfd")
    #expect(outcome.status == 0, "\(outcome.text)")
    let report = try report(outcome)
    #expect(report.suite == "linux" && report.host.hasPrefix("godwit on Linux "))
    #expect(
      Set(report.checks.map(\.form))
        == Set(["x86_64", "aarch64", "riscv64"].flatMap { [$0, $0 + " saved"] }))
    #expect(report.checks.count == 6 * (5 + 4) && report.checks.allSatisfy { $0.status == "pass" })
  }

  /// In namespaces of their own, where they see no process and no network of the host's.
  @Test func thisKernelPasses() throws {
    let outcome = try linux("--format", "json", "socket.tcp", "memory.mmap", "process.fork")
    #expect(outcome.status == 0, "\(outcome.text)")
    #expect(try report(outcome).checks.count == 9 + 12 + 9)
  }

  /// A system is judged by what another did; one that is wrong in the same way passes, and one that is right does not.
  @Test func recordsAreJudgedBy() throws {
    let directory = try Scratch()
    let (right, wrong) = (directory.path("right"), directory.path("wrong"))
    let checks = ["memory.mmap", "wait.eventfd"]
    #expect(try linux(["--record", right] + checks).status == 0)
    let failing = ["--runner", "false {}", "--isa", Checkout.nativeISA]
    #expect(try linux(failing + ["--record", wrong] + checks).status == 1)
    #expect(try linux(["--runner", "godwit", "--against", right] + checks).status == 0)
    #expect(try linux(failing + ["--against", wrong] + checks).status == 0)
    let other = try linux(["--against", wrong] + checks)
    #expect(other.status == 1 && other.text.contains("expected error: no results; status 1"))
    let worse = try linux(["--compare", right, wrong])
    #expect(worse.status == 1 && worse.text.contains("memory.mmap.end [\(Checkout.nativeISA)]"))
    #expect(try linux(["--compare", wrong, right]).status == 0)
    let matrix = try godwit(["conformance", "matrix", right, wrong])
    #expect(matrix.status == 0 && matrix.text.hasPrefix("<!DOCTYPE html>\n"))
    let cells = "<td class=\"pass\">pass</td><td class=\"error\" title=\"no results"
    #expect(matrix.text.contains(cells))
  }

  /// Any suite whose programs tell results as KTAP, or as the Linux Test Project's do.
  @Test func suitesOfOthers() throws {
    let directory = try Scratch()
    let programs = [
      "net/tap": "echo TAP version 13; echo 1..2; echo ok 1 - one; echo not ok 2 - two; exit 1",
      "ltp01": "echo 'x.c:1: TFAIL: no such call'; exit 1", "ltp02": "exit 32", "plain": "",
    ]
    for (name, script) in programs {
      let file = directory.folder.appendingPathComponent(name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("#!/bin/sh\n\(script)\n".utf8).write(to: file)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    }
    try Data("no program\n".utf8).write(to: URL(fileURLWithPath: directory.path("README")))
    let suite = ["--suite", directory.folder.path]
    let outcome = try linux(suite + ["--format", "json"])
    let checks = try report(outcome).checks
    #expect(
      Dictionary(uniqueKeysWithValues: checks.map { ($0.id, $0.status) }) == [
        "net.tap.one": "pass", "net.tap.two": "fail", "net.tap": "pass", "ltp01": "fail",
        "ltp02": "skip", "plain": "pass",
      ])
    #expect(outcome.status == 1)
    let some = try linux(suite + ["--runner", "sh {}", "net", "plain"])
    #expect(some.status == 1 && some.text.contains("4 checks: 3 passed, 1 failed"))
  }

  @Test func checksAreListed() throws {
    let list = try linux("--list", "system.accounting", "process.accounting")
    #expect(list.status == 125 && list.error.contains("no check system.accounting"))
    let lines = try linux("--list", "process.accounting").text.split(separator: "\n")
    #expect(lines.count > 1 && lines.allSatisfy { $0.hasPrefix("process.accounting.") })
    #expect(lines.first?.hasPrefix("process.accounting.refused  1  root") == true)
  }

  @Test func badUsage() throws {
    for arguments in [
      ["--runner", "qemu"], ["--isa", "sparc"], ["--shard", "3/2"], ["--jobs", "0"],
      ["--time-limit", "0"], ["--form", "saved"], ["--programs", "/nonexistent"],
      ["--compare", "a"], ["--expected-failures", "/nonexistent"],
    ] {
      let outcome = try godwit(
        ["conformance", "linux", "--programs", Self.programs] + arguments)
      #expect(outcome.status == 125 && outcome.output.isEmpty, "\(arguments)")
      #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
    }
  }

  /// The runner of the bundle says the same.
  @Test func theBundlesRunnerAgrees() throws {
    let run = Checkout.root.appendingPathComponent("Guests/run-checks")
    let outcome = try execute(
      run, ["--programs", Self.programs, "--runner", "{}", "memory.mmap", "wait.eventfd"])
    #expect(outcome.status == 0, "\(outcome.text)")
    let lines = outcome.text.split(separator: "\n")
    #expect(lines.first == "TAP version 14" && lines.last == "1..16")
    #expect(lines.contains("ok 1 - wait.eventfd.counting-limits"))
    let missing = try execute(run, ["--programs", "/nonexistent", "wait.eventfd"])
    #expect(missing.status == 1 && missing.text.contains("# error: no results: status 127"))
  }

  @Test func thisCommandIsAPlug() throws {
    let outcome = try godwit([
      "conformance", "host", "--plug", "\(Checkout.godwit.path) conformance plug", "file", "log",
    ])
    #expect(outcome.status == 0, "\(outcome.text)")
    let missing = try godwit(["conformance", "host", "--plug", "/nonexistent", "log"])
    #expect(missing.status == 1 && missing.text.hasPrefix("error  log.line"), "\(missing.text)")
    let late = try godwit([
      "conformance", "host", "--plug", "sleep 100", "--time-limit", "1", "log",
    ])
    #expect(late.status == 1 && late.text.hasPrefix("timeout  log.line"), "\(late.text)")
  }

  @Test func coursesAreCompared() throws {
    let guest = Checkout.guest("pipe", Checkout.nativeISA)
    let root = guest.deletingLastPathComponent().path
    let portable = ["conformance", "portable", "--every", "10", "--hosts"]
    let same = try godwit(portable + ["godwit,godwit", "--", "--root", root, "--", "/pipe"])
    #expect(same.status == 0 && same.text.hasPrefix("the same: "), "\(same.text)\(same.error)")
    // A host that takes another seed.
    let wrapper = FileManager.default.temporaryDirectory
      .appendingPathComponent("godwit-seed-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: wrapper) }
    try Data("shift; exec \(Checkout.godwit.path) run --seed 7 \"$@\"\n".utf8).write(to: wrapper)
    let other = try godwit(
      portable + ["godwit,sh \(wrapper.path)", "--", "--root", root, "--", "/pipe"])
    #expect(
      other.status == 1 && other.text.hasPrefix("different after 10 system calls: "),
      "\(other.text)\(other.error)")
    let missing = try godwit(portable + ["godwit,/nonexistent", guest.path])
    #expect(missing.status == 125 && missing.error.contains("/nonexistent"), "\(missing.error)")
  }

  @Test func theHarnessIsNeeded() throws {
    let outcome = try godwit(["conformance", "cpu", "--harness", "/nonexistent/cpu-test"])
    #expect(outcome.status == 125 && outcome.error.contains("/nonexistent/cpu-test"))
  }
}
