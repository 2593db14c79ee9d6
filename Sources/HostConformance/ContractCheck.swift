/// One rule of the contract, and how it is checked.
package struct ContractCheck: Sendable, CustomStringConvertible {
  /// Names the rule for good: an id that is given up is not used again.
  package let id: String
  /// The words of `Docs/HostABI.md` that state the rule.
  package let rule: String
  let body: @Sendable (Trial) throws -> Void

  package var description: String { id }

  /// Whether `name` is the id, or its first parts.
  package func isNamed(_ name: String) -> Bool { id == name || id.hasPrefix(name + ".") }

  /// Checks the host of `fixture`, which is not used for anything else.
  package func run(on fixture: any Fixture) -> CheckResult {
    let trial = Trial(fixture)
    var skipped: String?
    do {
      try body(trial)
    } catch let skip as Skip {
      skipped = skip.reason
    } catch {
      trial.record("what the check does besides", expected: "no error", seen: "\(error)", false)
    }
    return CheckResult(check: self, observations: trial.observations, skipped: skipped)
  }
}

/// Ends a check that this machine cannot do.
package struct Skip: Error {
  package let reason: String
  package init(_ reason: String) { self.reason = reason }
}

/// What came of a check.
package struct CheckResult {
  package enum Status: String { case pass, fail, skip }

  /// One thing that the check looked at.
  package struct Observation: Encodable {
    package let what: String
    package let expected: String
    package let seen: String
    package let holds: Bool
  }

  package let check: ContractCheck
  package let observations: [Observation]
  /// Why it could not be done.
  package let skipped: String?

  package var status: Status {
    // What failed before the skip has failed.
    !failures.isEmpty ? .fail : skipped != nil ? .skip : .pass
  }

  package var failures: [Observation] { observations.filter { !$0.holds } }
}
