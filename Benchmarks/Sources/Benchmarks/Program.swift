/// A program of Debian's with its work, as `Scripts/bench-roots` provides them.
struct Program {
  /// Whether its own work counts, or only that it starts and ends.
  enum Kind: CaseIterable { case work, start }

  var name: String
  var kind: Kind
  /// Its path and arguments, the same for all runners. It starts in `/bench`.
  var words: [String]
  var environment: [String] = []
  var parts: Parts?

  /// Programs that it starts itself, and finds by a variable and perhaps an argument.
  struct Parts {
    var variable: String
    var folder: String
    var names: [String]
  }

  static func work(
    _ name: String, _ words: [String], environment: [String] = [], parts: Parts? = nil
  ) -> Program {
    Program(name: name, kind: .work, words: words, environment: environment, parts: parts)
  }

  static func start(_ name: String, _ words: [String]) -> Program {
    Program(name: name, kind: .start, words: words)
  }
}
