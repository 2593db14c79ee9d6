/// Why an engine could not be made.
package struct EngineError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was being done.
  package var operation: String
  /// Unicorn's explanation, or ours.
  package var reason: String

  package var description: String { "cannot \(operation): \(reason)" }
}
