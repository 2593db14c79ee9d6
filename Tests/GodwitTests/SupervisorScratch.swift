import Foundation

/// Machines with supervisors: see supervisors.sh.
enum SupervisorScratch {
  private static let tests = Checkout.root.appendingPathComponent("Tests/GodwitTests").path

  /// Sources the files with what it is about, which are beside this one.
  static func shell(
    _ script: String, with files: [String] = [], isa: String = "x86_64", limit: Int = 300
  ) throws -> Outcome {
    let sources = (["supervisors.sh"] + files).map { "source \"$TESTS/\($0)\"\n" }.joined()
    return try MigrationScratch().shell(
      "TESTS='\(tests)'\n" + sources + script, isa: isa, limit: limit)
  }
}
