/// Guest programs that fail for a reason that is named in `Docs/KnownGaps.md`. They run all the same, and
/// one that passes is a failure too: it must be taken off the list.
enum KnownGaps {
  private static let programs: Set<String> = []

  static func contains(_ name: String, _ isa: String) -> Bool {
    programs.contains(name) || programs.contains("\(name).\(isa)")
  }
}
