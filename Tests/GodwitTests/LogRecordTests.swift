import Picoprocess
import Testing

@Suite struct LogRecordTests {
  private func records(_ bytes: [UInt8]) -> [LogRecord?] {
    bytes.split(separator: 10).map { LogRecord($0) }
  }

  @Test func linesComeAsTheyWent() {
    let time = LogTime.text(1_795_898_385_123_456_789)
    #expect(time == "2026-11-28T20:39:45.123456789Z")
    let found = records(LogRecord.lines(Array("one\n\n a  b \npart".utf8), .error, at: time))
    #expect(found.compactMap { $0?.text } == ["one", "", " a  b ", "part"].map { Array($0.utf8) })
    #expect(found.map { $0?.isWhole } == [true, true, true, false])
    #expect(found.allSatisfy { $0?.time == time && $0?.stream == .error })
  }

  @Test(arguments: [
    "", "x", "2026-11-28T20:39:45.123456789Z stdout X y",
    "2026-11-28T20:39:45Z stdout F y", "2026-11-28T20:39:45.123456789Z stdin F y",
  ])
  func otherLinesAreNone(line: String) {
    #expect(LogRecord(Array(line.utf8)[...]) == nil)
  }

  @Test func timesAreGivenInPart() {
    for text in ["2026-11-28", "2026-11-28T20", "2026-11-28T20:39:45Z", "10m"] {
      #expect(LogStart(text) != nil, "\(text)")
    }
    for text in ["2026", "2026-11-28 20:39", "yesterday", "10", "", "2026-11-28T20:39:45+01:00"] {
      #expect(LogStart(text) == nil, "\(text)")
    }
  }

  @Test func headsAreRead() {
    let head = LogHead(run: .max, number: 7)
    #expect(LogHead(head.line + [1, 2]) == head)
    #expect(LogHead(Array(head.line.dropLast())) == nil)
    #expect(LogHead(Array("godwit-log-2 1 2\n".utf8)) == nil)
  }
}
