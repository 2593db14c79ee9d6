/// Guest programs that fail for a reason that is understood and named in `Docs/KnownGaps.md`.
enum KnownGaps {
  static let plain: Set<String> = []
  /// Pass in one go, fail with a suspension every 150 calls.
  static let suspended: Set<String> = []
}
