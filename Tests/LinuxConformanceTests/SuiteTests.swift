import LinuxConformance
import Testing

/// What is read from a list of checks.
@Suite struct SuiteTests {
  @Test func checksAreRead() throws {
    let suite = try LinuxSuite(
      "# a list\ng.p.a\t1\t-\tx(2),y(7)\ta step\ng.p.b\t1\troot\tx(2)\t(retired)\n")
    #expect(suite.checks.map(\.id) == ["g.p.a", "g.p.b"])
    #expect(suite.checks[0].rule == "x(2), y(7): a step" && suite.checks[0].needs == [])
    #expect(suite.programs.map(\.name) == ["p"] && suite.programs[0].checks?.count == 1)
  }

  @Test func brokenListsAreRefused() throws {
    for line in [
      "a.b.c", "a.b\t1\t-\tx(2)\tstep", "a.b.c\t1\t-\t\tstep", "a.b.c\t1\t-\tx(2)\ts\ts",
    ] {
      let error = #expect(throws: LinuxSuite.Malformed.self) { try LinuxSuite("# list\n\(line)\n") }
      #expect(error?.line == 2)
    }
  }
}
