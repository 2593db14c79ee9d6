import ConformanceReports
import LinuxConformance
import Testing

/// What is made of programs whose checks no list names.
@Suite struct UnlistedResultsTests {
  private func results(_ text: String, _ status: Int32?) -> [String: ConformanceReport.Status] {
    var output = ProgramOutput()
    output.add(Array(text.utf8))
    output.finish()
    let results = output.results(ProgramEnd(status: status, limit: .seconds(5)))
    return Dictionary(results.map { ($0.name, $0.verdict.status) }) { first, _ in first }
  }

  @Test func resultsInTAP() {
    let text = """
      TAP version 13
      1..5
      ok 1 - one
      # why
      not ok 2 two
      ok 3 # SKIP no such device
      not ok 4 - four # TODO known
          ok 1 - part of the next
      ok 5
      """
    #expect(
      results(text, 1) == [
        "one": .pass, "two": .fail, "3": .skip, "four": .skip, "5": .pass, "": .pass,
      ])
    #expect(results("1..2\nok 1 - one\n", 0)[""] == .error)
    #expect(results("ok 1 - one\n", 139)[""] == .error)
    #expect(results("ok 1 - one\n", nil)[""] == .timeout)
    #expect(results("ok 1 - one\nBail out! no memory\n", 0)[""] == .error)
    #expect(results("TAP version 13\n1..0 # SKIP no IPv6\n", 4) == ["": .skip])
  }

  /// The statuses with which the Linux Test Project's programs end.
  @Test(
    arguments: [
      (0, .pass), (1, .fail), (2, .error), (3, .fail), (4, .error), (32, .skip), (33, .fail),
      (127, .error), (139, .error),
    ] as [(Int32, ConformanceReport.Status)])
  func statuses(status: Int32, result: ConformanceReport.Status) {
    #expect(results("x.c:1: TINFO: hello\n", status) == ["": result])
  }
}
