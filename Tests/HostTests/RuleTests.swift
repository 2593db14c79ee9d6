import Foundation
import HostConformance
import Testing

/// The checks and the document that they check.
@Suite struct RuleTests {
  /// The words of each check can be found in the contract.
  @Test func rulesStandInTheContract() throws {
    let project = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let data = try #require(
      FileManager.default.contents(atPath: project.path + "/Docs/HostABI.md"))
    // Where lines are broken does not matter.
    let text = String(decoding: data, as: UTF8.self)
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    for check in HostSuite().checks {
      #expect(text.contains(check.rule), "\(check.id)")
    }
  }
}
