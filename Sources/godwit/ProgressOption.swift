import ArgumentParser
import Picoprocess

/// For commands that may take long.
struct ProgressOption: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Do not show on the terminal how far it has come.")
  var quiet = false

  /// From now on progress is shown, unless the user does not want it.
  func begin() { Progress.isShown = !quiet }
}
