package import ConformanceReports

/// One rule of the contract, and how it is checked.
package struct ContractCheck: Sendable, CustomStringConvertible {
  /// Names the rule for good: an id that is given up is not used again.
  package let id: String
  /// The words of `Docs/HostABI.md` that state the rule.
  package let rule: String
  let body: @Sendable (Trial) throws -> Void

  package var description: String { id }

  /// Whether `name` is the id, or its first parts.
  package func isNamed(_ name: String) -> Bool { CheckID.matches(id, name) }

  /// What comes of it for a host that can't be checked.
  package func result(_ trouble: Trouble) -> CheckResult {
    CheckResult(check: self, observations: [], skipped: nil, trouble: trouble)
  }

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
    return CheckResult(
      check: self, observations: trial.observations, skipped: skipped, trouble: fixture.trouble)
  }
}

/// Ends a check that this machine cannot do.
package struct Skip: Error {
  package let reason: String
  package init(_ reason: String) { self.reason = reason }
}

/// What came of a check.
package struct CheckResult {
  package typealias Observation = ConformanceReport.Observation

  package let check: ContractCheck
  package let observations: [Observation]
  /// Why it could not be done.
  package let skipped: String?
  let trouble: Trouble?

  package var status: ConformanceReport.Status {
    switch trouble {
    case .late: return .timeout
    case .other: return .error
    // What failed before the skip has failed.
    case nil: return !failures.isEmpty ? .fail : skipped != nil ? .skip : .pass
    }
  }

  private var reason: String? {
    switch trouble {
    case .late: "it took too long"
    case .other(let what): what
    case nil: skipped
    }
  }

  package var failures: [Observation] { observations.filter { !$0.holds } }

  package func entry(took duration: Duration) -> ConformanceReport.Entry {
    ConformanceReport.Entry(
      id: check.id, rule: check.rule, status: status, reason: reason, took: duration,
      observations: observations)
  }
}
