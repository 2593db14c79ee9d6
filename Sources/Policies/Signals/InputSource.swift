/// What the supervisor knows by itself: the last input of each application, by its name.
package final class InputSource: SignalSource {
  /// Moments of `Observation.now`.
  package var lastInputs: [String: Int64] = [:]

  package init() {}

  package func read(into observation: inout Observation) {
    for index in observation.applications.indices {
      let application = observation.applications[index]
      guard let input = lastInputs[application.name] else { continue }
      observation.applications[index].lastInput = max(input, application.lastInput ?? input)
    }
  }

  package func nextReading(_ needs: SignalNeeds, _ observation: Observation) -> Int64? { nil }
}
