import Foundation
import Testing

/// The conformance suite of the host ABI, asked by a guest of it: a picoprocess keeps the contract as the host of its guests.
@Suite struct NativeConformanceTests {
  private struct Report: Decodable {
    struct Check: Decodable {
      var id: String
      var status: String
    }
    var checks: [Check]
  }

  private static func expectedFailures() throws -> Set<String> {
    let file = Checkout.root.appendingPathComponent("Guests/native/expected-failures")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    return Set(lines.map(String.init).filter { !$0.hasPrefix("#") })
  }

  /// Runs the suite with what a line of the shell does as its plug. `--plug` takes spaces for the ends of words, and there may
  /// be some in the checkout's path.
  private static func conformance(
    _ arguments: [String] = [], _ scratch: borrowing Scratch, plug line: String
  ) throws -> Outcome {
    try Data("exec \(line)\n".utf8).write(to: scratch.folder.appendingPathComponent("plug"))
    return try godwit(
      ["conformance", "host", "--plug", "/bin/sh \(scratch.path("plug"))"] + arguments, limit: 300)
  }

  @Test(arguments: Checkout.isas) func thePicoprocessKeepsTheContract(isa: String) throws {
    let scratch = try Scratch()
    let surround = Checkout.root.appendingPathComponent("Guests/native/surround").path
    let guest = Checkout.guest("native/plug", isa).path
    let outcome = try Self.conformance(
      ["--format", "json"], scratch, plug: "'\(surround)' '\(Checkout.godwit.path)' '\(guest)'")
    let report = try JSONDecoder().decode(Report.self, from: outcome.output)
    #expect(report.checks.count > 140)
    let others = report.checks.filter { $0.status != "pass" }
    // One that passes after all is to be taken off the list.
    let expected = try Self.expectedFailures()
    #expect(
      Set(others.map(\.id)) == expected,
      "\(others.map { "\($0.status) \($0.id)" }.joined(separator: "\n")) \(outcome.error)")
    #expect(others.allSatisfy { $0.status == "fail" }, "none ended it, and none took too long")
  }

  /// Without surroundings it answers over its standard streams, and leaves nothing behind.
  @Test func aPlugAnswersOverItsStandardStreams() throws {
    let scratch = try Scratch()
    let folder = scratch.path("empty")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let guest = Checkout.guest("native/plug", Checkout.nativeISA).path
    let outcome = try Self.conformance(
      ["file.read", "alarm", "beneath"], scratch,
      plug: "'\(Checkout.godwit.path)' run --mount \(folder):/grant -- '\(guest)' /grant")
    #expect(outcome.status == 0, "\(outcome.text) \(outcome.error)")
    #expect(outcome.text.contains("pass  alarm.repeats\n"))
    let left = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(left == [])
  }

  /// What is no message is told, and ends the plug.
  @Test(arguments: [
    "", "{", "[1,2", "nul", "01", "1.5", "18446744073709551616", "-9223372036854775809", #""\x""#,
    #""\ud800""#, "\"\t\"", "{\"call\":1}", #"{"call":"facts"} {}"#, #"{"call":"none"}"#,
    #"{"call":"close(_:)","arguments":{"handle":"3"}}"#,
    String(repeating: "[", count: 1000),
  ])
  func badMessagesAreRefused(_ message: String) throws {
    let scratch = try Scratch()
    try Data((message + "\n").utf8).write(to: scratch.folder.appendingPathComponent("message"))
    let outcome = try scratch.shell(
      "$G run -- '\(Checkout.guest("native/plug", Checkout.nativeISA).path)' / <message")
    #expect(
      outcome.text.hasPrefix(#"{"error":"mismatch: "#) && outcome.status == 1,
      "\(outcome.text) \(outcome.error)")
  }
}
