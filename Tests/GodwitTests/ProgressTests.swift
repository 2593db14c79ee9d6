import Foundation
import Picoprocess
import PosixHost
import Testing

@Suite struct ProgressTests {
  private static let mib: UInt64 = 1 << 20
  private static let second: Int64 = 1_000_000_000

  struct Case: Sendable, CustomTestStringConvertible {
    var done: UInt64
    var total: UInt64?
    /// In nanoseconds.
    var time: Int64
    var text: String
    var testDescription: String { text }
  }

  @Test(arguments: [
    Case(done: 0, total: nil, time: second, text: "writing 0 B"),
    Case(done: 0, total: 5 * mib, time: second, text: "writing 0 B of 5.0 MiB"),
    Case(done: 1023, total: nil, time: second, text: "writing 1023 B, 1023 B/s"),
    Case(
      done: 300 * mib, total: 1024 * mib, time: 2 * second,
      text: "writing 300 MiB of 1.0 GiB, 150 MiB/s, 5 s left"),
    Case(
      done: 10 * mib, total: 10_000 * mib, time: 2 * second,
      text: "writing 10 MiB of 9.7 GiB, 5.0 MiB/s, 33 min left"),
    Case(
      done: mib, total: 100_000 * mib, time: 2 * second,
      text: "writing 1.0 MiB of 97 GiB, 512 KiB/s, 55 h left"),
    Case(
      done: 1, total: .max, time: 2 * second, text: "writing 1 B of 15 EiB"),
    Case(done: 7, total: .max, time: second, text: "writing 7 B of 15 EiB, 7 B/s"),
    // More than was expected.
    Case(done: 2 * mib, total: mib, time: second, text: "writing 2.0 MiB, 2.0 MiB/s"),
    Case(
      done: mib, total: mib, time: second,
      text: "writing 1.0 MiB of 1.0 MiB, 1.0 MiB/s, 0 s left"),
    Case(done: .max, total: .max, time: 0, text: "writing 15 EiB of 15 EiB"),
    Case(done: 5000, total: nil, time: -1, text: "writing 4.8 KiB, 4.5 TiB/s"),
  ])
  func theLine(_ test: Case) {
    let line = ProgressLine(title: "writing", done: test.done, total: test.total, time: test.time)
    #expect(line.text == test.text)
  }

  @Test func itIsRewrittenNowAndThen() {
    var time: Int64 = 5_000_000_000
    var lines: [String] = []
    let progress = Progress("checking", of: 8192, now: { time }, draw: { lines.append($0) })
    progress.advance(by: 1024)
    time += 999_999_999
    progress.advance(by: 1024)
    #expect(lines == [])
    time += 1
    progress.advance(by: 2048)
    #expect(lines == ["checking 4.0 KiB of 8.0 KiB, 4.0 KiB/s, 1 s left"])
    for _ in 0..<100 { progress.advance(by: 0) }
    #expect(lines.count == 1)
    time += 200_000_000
    progress.tick()
    #expect(lines.count == 2)
    // What others say can be anything.
    time += Self.second
    progress.note(done: .max, of: 3)
    progress.advance(by: .max)
    #expect(lines.count == 3)
  }

  /// Another process says that it has not begun, nothing, how far it has come, and nothing again.
  @Test func whatIsWaitedForIsShown() {
    var time: Int64 = 5_000_000_000
    var (lines, complaints): ([String], [String]) = ([], [])
    let progress = Progress(
      "writing", of: nil, by: "web", now: { time }, draw: { lines.append($0) },
      complain: { complaints.append($0) })
    func pass(_ time10: Int, _ word: () -> Void = {}) -> String? {
      for _ in 0..<time10 {
        time += 100_000_000
        word()
        progress.tick()
      }
      defer { lines = [] }
      return lines.last
    }
    let silent = "waiting for the picoprocess web, which does not answer"
    #expect(pass(9) == nil)
    #expect(pass(1) == silent)
    let idle = "waiting for the picoprocess web, which has not begun"
    #expect(pass(50) { progress.hear(done: 0, of: 0) } == idle)
    #expect(complaints == [])
    #expect(pass(40) == silent)
    #expect(complaints == [silent])
    let line = pass(20) { progress.hear(done: 1 << 20, of: 2 << 20) }
    #expect(line?.hasPrefix("writing 1.0 MiB of 2.0 MiB, ") == true)
    #expect(pass(200) == silent)
    #expect(complaints == [silent])
  }

  /// The guest's process is stopped, so that its clients wait.
  @Test func itIsShownOnTerminalsOnly() throws {
    let scratch = try Scratch()
    let run = try scratch.begin("hold 3000000 >out 2>&1")
    try scratch.wait(for: "ready")
    let process = try scratch.shell("$G ps | sed -n 's/^guest  *\\([0-9]*\\).*/\\1/p'").text
      .trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(try scratch.shell("kill -STOP \(process)").status == 0)
    let environment = ["XDG_RUNTIME_DIR": scratch.folder.path]
    func command(_ options: String...) -> [String] {
      [Checkout.godwit.path, "checkpoint", "guest"] + options
    }
    let quiet = try Terminal()
    try quiet.start(
      command("--quiet", "--output", scratch.path("quiet")), environment: environment)
    let piped = try scratch.begin("$G checkpoint guest --output piped 2>errors")
    let loud = try Terminal()
    try loud.start(command("--output", scratch.path("loud")), environment: environment)
    try loud.expect("\rgodwit: waiting for the picoprocess guest, which does not answer\u{1b}[K")
    #expect(try scratch.shell("kill -CONT \(process)").status == 0)
    #expect(try loud.wait() == 0)
    #expect(try quiet.wait() == 0)
    piped.wait()
    // It is erased at the end.
    let rest = loud.screen.components(separatedBy: "\r\u{1b}[K").last!
    #expect(!["writing", "waiting", "checking"].contains { rest.contains($0) })
    #expect(!quiet.screen.contains("writing") && !quiet.screen.contains("\u{1b}"))
    let errors = try String(contentsOfFile: scratch.path("errors"), encoding: .utf8)
    #expect(!errors.contains("writing") && !errors.contains("\u{1b}"))
    #expect(try scratch.shell("touch go; $G verify piped && $G verify loud").status == 0)
    run.wait()
  }

  /// A client that does not take the snapshot from its pipe hears how far it has come, if it asks.
  @Test(arguments: ["checkpoint", "suspend"]) func thePicoprocessTells(_ request: String) throws {
    let scratch = try Scratch()
    let run = try scratch.begin("hold 3000000 >out 2>&1")
    try scratch.wait(for: "ready")
    do {
      let connection = try ControlDirectory(scratch.path("godwit")).connect(to: "guest")
      let pipe = try BytePipe()
      try connection.send(Array("{\"\(request)\":{\"reports\":true}}".utf8), handing: pipe)
      // It may not have begun.
      var (done, total): (UInt64, UInt64) = (0, 0)
      while total == 0 {
        let line = try #require(try connection.receive(timeout: 60_000_000_000))
        let answer = try JSONDecoder().decode(ControlAnswer.self, from: Data(line))
        guard case .progress(let some, let all) = answer else {
          Issue.record("\(answer)")
          return
        }
        (done, total) = (some, all)
      }
      #expect(done <= total && total > 3_000_000)
    }
    // The client has gone, and the guest goes on.
    try Data().write(to: URL(fileURLWithPath: scratch.path("go")))
    run.wait()
    #expect(try String(contentsOfFile: scratch.path("out"), encoding: .utf8).contains("True"))
  }
}
