/// Guest programs that fail for a reason that is named in `Docs/KnownGaps.md`. They run all the same, and
/// one that passes is a failure too: it must be taken off the list.
enum KnownGaps {
  private static let programs: Set<String> = []

  static func contains(_ name: String, _ isa: String) -> Bool { holds(programs, name, isa) }

  /// Programs whose deterministic run is another one, by its digests, when it is suspended on its way.
  private static let diverging: Set<String> = [
    "sockepoll", "sockstate", "tcp", "unixsock"
  ]

  static func divergesWhenSuspended(_ name: String, _ isa: String) -> Bool {
    holds(diverging, name, isa)
  }

  private static func holds(_ list: Set<String>, _ name: String, _ isa: String) -> Bool {
    list.contains(name) || list.contains("\(name).\(isa)")
  }
}
