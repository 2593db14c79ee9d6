import Foundation
import Synchronization

/// Debian's programs under Godwit.
enum Emulated {
  struct Run: Sendable {
    var outcome: Outcome
    var syscallCount: Int
    var status: Int32 { outcome.status }
    var error: String { outcome.error }
  }

  /// Options for the guest's files on this host.
  static func places(_ isa: String) -> [String] {
    ["--root", Checkout.rootfs(isa).path, "--mount", "\(TestData.folder.path):/mnt:ro"]
  }

  static func arguments(_ program: DebianProgram, _ isa: String) -> [String] {
    places(isa) + ["--"] + program.commandLine
  }

  /// An uninterrupted run; done once.
  static func outcome(of program: DebianProgram, _ isa: String) throws -> Run {
    let key = "\(isa) \(program.name)"
    if let run = known.withLock({ $0[key] }) { return run }
    let statistics = FileManager.default.temporaryDirectory
      .appendingPathComponent("godwit-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: statistics) }
    let outcome = try godwit(
      ["run", "--stats=\(statistics.path)"] + arguments(program, isa), limit: 900)
    let report = try JSONDecoder().decode(
      Statistics.self, from: try Data(contentsOf: statistics))
    let run = Run(outcome: outcome, syscallCount: report.syscallCount)
    known.withLock { $0[key] = run }
    return run
  }

  private struct Statistics: Decodable {
    var syscallCount: Int
  }

  private static let known = Mutex<[String: Run]>([:])
}
