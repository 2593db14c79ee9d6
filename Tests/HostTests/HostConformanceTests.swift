import ConformanceReports
import HostABI
import HostConformance
import PosixHost
import TestHost
import Testing

/// The checks of the contract, against every host.
@Suite struct HostConformanceTests {
  @Test(arguments: HostUnderTest.allCases, HostSuite().checks)
  func theContractIsKept(_ host: HostUnderTest, _ check: ContractCheck) throws {
    let fixture = try host.fixture()
    defer { fixture.tearDown() }
    let result = check.run(on: fixture)
    for failure in result.failures { Issue.record("\(check.rule)\n\(failure.sentence)") }
    #expect(!result.observations.isEmpty || result.status == .skip)
  }

  /// Each mistake is caught by a check, and each check catches one. A mistake may keep a check from preparing
  /// what it needs; that is not counted.
  @Test func mistakesAreCaught() throws {
    let checks = HostSuite().checks
    var catching: Set<String> = []
    var uncaught: [String] = []
    for mistake in Mistake.all {
      var isCaught = false
      for check in checks {
        let result = check.run(on: try WrongFixture(mistake))
        guard result.failures.contains(where: { $0.what != "what the check does besides" }) else {
          continue
        }
        isCaught = true
        catching.insert(check.id)
      }
      if !isCaught { uncaught.append("\(mistake)") }
    }
    #expect(uncaught == [])
    #expect(checks.map(\.id).filter { !catching.contains($0) } == [])
  }

  @Test func idsAreUnique() {
    let ids = HostSuite().checks.map(\.id)
    #expect(Set(ids).count == ids.count)
  }
}

/// The hosts that the checks are run on.
enum HostUnderTest: String, CaseIterable, CustomTestStringConvertible {
  /// The second goes down paths as a host without openat2(2) does.
  case posix, posixNameByName, test
  var testDescription: String { rawValue }

  func fixture() throws -> any Fixture {
    switch self {
    case .posix: try PosixFixture(.openat2)
    case .posixNameByName: try PosixFixture(.nameByName)
    case .test: try TestFixture()
    }
  }
}

final class TestFixture: Fixture {
  let testHost = TestHost()
  var host: any Host { testHost }
  let path = "/work"
  let root: HostHandle
  private var next: Int32 = 10

  init() throws {
    testHost.files.addDirectory(path)
    try testHost.grant(path)
    root = try testHost.open(StreamURI(.dir, path), [.read, .write])
  }

  func grant(_ path: String, isReadOnly: Bool) throws(HostError) {
    try testHost.grant(self.path + "/" + path, isReadOnly: isReadOnly)
  }

  private func inherit(_ what: Inherited) -> StreamURI {
    next += 1
    testHost.inherited[next] = what
    testHost.inheritable.insert(next)
    return StreamURI(.stdio, "\(next)")
  }

  func incoming() -> Incoming {
    let stream = TestStream(options: .read)
    return Incoming(
      uri: inherit(.stream(stream)), send: { stream.type($0) }, end: { stream.isEnded = true })
  }

  func outgoing() -> Outgoing {
    let stream = TestStream(options: .write)
    stream.room = 65536
    return Outgoing(
      uri: inherit(.stream(stream)),
      received: {
        defer {
          stream.output = []
          stream.room = 65536
        }
        return stream.output
      }, stopReading: { stream.isBroken = true })
  }

  func terminal() -> StreamURI { inherit(.stream(TestStream(isTerminal: true))) }

  func inheritedFile(_ text: String, position: UInt64) -> StreamURI {
    let node = testHost.files.addFile("/inherited\(next)", text)
    return inherit(.file(node, SharedPosition(position), [.read, .write]))
  }

  func allow(_ permission: NetworkPermission) { testHost.network.permission = permission }

  func log(_ message: String) -> [UInt8] { logged { testHost.log(message) } }

  /// What the host logs while `body` runs.
  func logged(_ body: () -> Void) -> [UInt8] {
    let count = testHost.logged.count
    body()
    return Array(testHost.logged[count...].map { $0 + "\n" }.joined().utf8)
  }

  func tearDown() {}
}
