import ConformanceReports

/// Which checks of a suite are to be made: those with some ids, or with these first parts.
package struct CheckChoice: Sendable {
  /// Empty for all.
  private let names: [String]

  package init(_ names: [String]) { self.names = names }

  package func contains(_ id: String) -> Bool {
    names.isEmpty || names.contains { CheckID.matches(id, $0) }
  }

  /// Whether one of them may be among the checks of a program.
  package func concerns(_ program: SuiteProgram, _ isa: String) -> Bool {
    guard let checks = program.checks else {
      return contains(program.id) || names.contains { CheckID.matches($0, program.id) }
    }
    return checks.contains { $0.isFor(isa) && contains($0.id) }
  }
}
