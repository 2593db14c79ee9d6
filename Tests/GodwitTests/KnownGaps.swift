/// Guest programs that fail for a reason that is named in `Docs/KnownGaps.md`. They run all the same.
enum KnownGaps {
  static let plain: Set<String> = ["fp.x86_64", "sigsync.x86_64", "x87.x86_64"]
  /// Pass in one go, fail with a suspension every 150 calls.
  static let suspended: Set<String> = []
}
