import ConformanceReports
import LinuxConformance
import Testing

/// What is made of what a program writes, and how it ends.
@Suite struct ProgramOutputTests {
  private static let list = """
    g.p.one\t1\t-\tx(2)\tone
    g.p.two\t1\t-\tx(2)\ttwo: %d
    g.p.root\t1\troot\tx(2)\tthree
    g.p.arm\t1\taarch64\tx(2)\tfour
    g.p.end\t1\t-\tx(2)\t(end)
    """

  private func statuses(_ text: String, _ status: Int32?) throws -> [ConformanceReport.Status] {
    try verdicts(text, status).map(\.status)
  }

  private func verdicts(_ text: String, _ status: Int32?) throws -> [Verdict] {
    var output = ProgramOutput()
    // A byte at a time, as pipes may give it.
    for byte in text.utf8 { output.add([byte]) }
    output.finish()
    let checks = try LinuxSuite(Self.list).checks
    return output.verdicts(checks, "x86_64", ProgramEnd(status: status, limit: .seconds(5)))
  }

  private static let head = "KTAP version 1\n"

  @Test func allIsWell() throws {
    let text = Self.head + "ok - one\nsome words\nok - two: %d\nok - three\nok - (end)\n"
    #expect(try statuses(text, 0) == [.pass, .pass, .pass, .skip, .pass])
    // It left out what needs root, and ended by exit_group(2).
    #expect(
      try statuses(Self.head + "ok - one\nok - two: %d\n", 0) == [
        .pass, .pass, .skip, .skip, .pass,
      ]
    )
  }

  @Test func aFailureHidesNothing() throws {
    let text =
      Self.head + "# p.c:1: x is 1\nnot ok - one\nok - two: %d\nok - three\nok - (end)\n"
    let verdicts = try verdicts(text, 1)
    #expect(verdicts.map(\.status) == [.fail, .pass, .pass, .skip, .pass])
    #expect(verdicts[0].reason == "p.c:1: x is 1")
  }

  @Test func stepsThatAreMadeOftenPassIfAllDo() throws {
    let text = Self.head + "ok - one\n# bad\nnot ok - one\nok - one\nok - two: %d\nok - three\n"
    #expect(try statuses(text, 0) == [.fail, .pass, .pass, .skip, .pass])
  }

  /// A call failed that the rest of the part needs.
  @Test func aPartThatIsLeft() throws {
    let verdicts = try verdicts(Self.head + "# p.c:3: open: no\n# left\n", 1)
    #expect(verdicts.map(\.status) == [.fail, .error, .error, .skip, .error])
    #expect(verdicts[0].reason == "p.c:3: open: no")
  }

  @Test func programsThatDie() throws {
    let verdicts = try verdicts(Self.head + "ok - one\n", 139)
    #expect(verdicts.map(\.status) == [.pass, .error, .error, .skip, .error])
    #expect(verdicts[1].reason == "not reached: the program ended with status 139")
  }

  @Test func programsThatHang() throws {
    #expect(
      try statuses(Self.head + "ok - one\n", nil) == [.pass, .timeout, .error, .skip, .error])
    #expect(try statuses("", nil) == [.timeout, .error, .error, .skip, .error])
  }

  @Test func runnersThatWriteGarbage() throws {
    for text in ["", "what?\n", "\0\u{ff}\u{1b}[31m", String(repeating: "x", count: 1 << 20)] {
      let verdicts = try verdicts(text, 0)
      #expect(verdicts.map(\.status) == [.error, .error, .error, .skip, .error])
      #expect((verdicts[0].reason ?? "").utf8.count < 5000)
    }
    // Results of another program.
    #expect(
      try statuses(Self.head + "ok - other\n", 0) == [.error, .error, .skip, .skip, .pass])
  }
}
