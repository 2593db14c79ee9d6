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

  @Test(arguments: Checkout.isas) func thePicoprocessKeepsTheContract(isa: String) throws {
    let surround = Checkout.root.appendingPathComponent("Guests/native/surround").path
    let plug = "\(surround) \(Checkout.godwit.path) \(Checkout.guest("native/plug", isa).path)"
    let outcome = try godwit(
      ["conformance", "host", "--format", "json", "--plug", plug], limit: 300)
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

  /// Without surroundings it answers over its standard streams.
  @Test func aPlugAnswersOverItsStandardStreams() throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(
      atPath: scratch.path("empty"), withIntermediateDirectories: true)
    let plug =
      "\(Checkout.godwit.path) run --mount \(scratch.path("empty")):/grant -- "
      + "\(Checkout.guest("native/plug", Checkout.nativeISA).path) /grant"
    let outcome = try godwit(["conformance", "host", "--plug", plug, "file", "alarm"])
    #expect(outcome.text.contains("pass  file.read.at\n"), "\(outcome.text) \(outcome.error)")
    #expect(outcome.text.contains("pass  alarm.repeats\n"))
    let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path("empty"))
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
