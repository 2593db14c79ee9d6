import Testing

/// Guest programs that fail for a reason named in `Docs/KnownGaps.md`. They run all the same, and one that
/// passes fails the tests, so that it is removed from the list.
enum KnownGaps {
  private static let programs: Set<String> = []

  static func contains(_ name: String, _ isa: String) -> Bool {
    programs.contains(name) || programs.contains("\(name).\(isa)")
  }

  /// Fail with their scratch directory in a `--mount`.
  static let inMounts: Set<String> = []
  /// Fail there at some moments of suspension.
  static let inMountsSuspended: Set<String> = []
  /// Take another course after a suspension in deterministic runs.
  static let inDeterministicRuns: Set<String> = []

  /// Runs `body`, whose failures are known issues if `isKnown`.
  static func expect(
    _ isKnown: Bool, isIntermittent: Bool = false, _ body: () throws -> Void
  ) throws {
    guard isKnown else { return try body() }
    withKnownIssue(isIntermittent: isIntermittent) { try body() }
  }
}
