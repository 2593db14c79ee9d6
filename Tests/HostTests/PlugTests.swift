import ConformanceReports
import Foundation
import HostABI
import HostConformance
import PosixHost
import Testing

/// Hosts behind a plug, and plugs that are none.
@Suite struct PlugTests {
  /// A right host passes all checks over a link, too.
  @Test(arguments: HostSuite().checks)
  func theContractIsKept(_ check: ContractCheck) throws {
    let fixture = try PluggedFixture.start { try PosixFixture() }
    defer { fixture.tearDown() }
    let result = check.run(on: fixture)
    for failure in result.failures { Issue.record("\(check.rule)\n\(failure.sentence)") }
    #expect(result.status == .pass || result.status == .skip)
  }

  /// A mistake in each call is seen over the link, too.
  @Test func mistakesAreCaught() throws {
    func catches(_ check: ContractCheck, _ fixture: any Fixture) -> Bool {
      defer { fixture.tearDown() }
      let result = check.run(on: fixture)
      return result.status == .fail
        && result.failures.contains { $0.what != "what the check does besides" }
    }
    let checks = HostSuite().checks
    var uncaught: [String] = []
    var calls: Set<String> = []
    for mistake in Mistake.all where calls.insert(mistake.call).inserted {
      // Which check it is, is found out without a link: some wait long for a host that is wrong.
      let check = try checks.first { catches($0, try WrongFixture(mistake)) }
      let isCaught = try check.map { check in
        catches(check, try PluggedFixture.start { try WrongFixture(mistake) })
      }
      if isCaught != true { uncaught.append("\(mistake)") }
    }
    #expect(uncaught == [])
    // The version counts as one.
    #expect(calls.count == 45)
  }

  private static let begin =
    "read x; echo '{\"result\":{\"root\":3,\"path\":\"/\",\"version\":{\"major\":1,\"minor\":0}}}'"

  /// What is no plug, or stops being one: the check says why, and does not wait for ever.
  @Test(
    arguments: [
      ("exit 0", .error, "it ended"), ("read x; echo what", .error, "no message"),
      ("exec sleep 100", .timeout, "too long"), ("\(begin); exit 0", .error, "it ended"),
      ("\(begin); read x; exec sleep 100", .timeout, "too long"),
      ("\(begin); read x; echo '{\"result\": \"five\"}'; exec sleep 100", .error, "no number"),
      ("\(begin); read x; echo '{\"error\": \"tired\"}'; exec sleep 100", .error, "name: tired"),
      ("\(begin); read x; echo '{\"result\": 5, \"alarms\": [7]}'; read x", .error, "alarm"),
      ("\(begin); cat /dev/zero", .error, "no message"),
    ] as [(String, ConformanceReport.Status, String)])
  func whatIsNoPlug(script: String, status: ConformanceReport.Status, reason: String) throws {
    let check = try #require(HostSuite().checks.first { $0.id == "file.read.past-end" })
    let entry: ConformanceReport.Entry
    do {
      let fixture = try PlugFixture(
        starting: ["sh", "-c", script], timeLimit: 2_000_000_000)
      defer { fixture.tearDown() }
      entry = check.run(on: fixture).entry(took: .zero)
    } catch {
      entry = check.result(error.trouble).entry(took: .zero)
    }
    #expect(entry.status == status, "\(entry.reason ?? "")")
    #expect(entry.reason?.contains(reason) == true, "\(entry.reason ?? "")")
  }

  @Test func programsThatAreMissing() throws {
    #expect(throws: PlugFixture.Unusable.self) {
      try PlugFixture(starting: ["/nonexistent/plug"], timeLimit: 1_000_000_000)
    }
  }
}

/// A host that another thread of this process answers for.
enum PluggedFixture {
  static func start(_ make: @escaping @Sendable () throws -> any Fixture) throws -> PlugFixture {
    let (here, there) = try ByteLink.pair()
    nonisolated(unsafe) let end = there
    let thread = Thread {
      // SAFETY: only the thread uses it.
      let link = unsafe end
      guard let fixture = try? make() else { return link.close() }
      PlugServer(link, fixture).run()
      link.close()
    }
    thread.stackSize = 1 << 20
    thread.start()
    return try PlugFixture(here, timeLimit: 600_000_000_000)
  }
}
