import ConformanceReports

/// What runs the programs.
package enum LinuxRunner: Sendable {
  /// The kernel of this machine, in namespaces of their own.
  case native
  /// Godwit: the command.
  case godwit(String)
  /// A command in which `{}` stands for the program, and `{isa}` for its ISA.
  case template([String])

  /// - Parameters:
  ///   - text: `native`, `godwit`, or a template.
  ///   - command: this command.
  /// - Returns: nil if it is none.
  package init?(_ text: String, command: String) {
    switch text {
    case "native": self = .native
    case "godwit": self = .godwit(command)
    default:
      let words = text.split(separator: " ").map(String.init)
      guard words.contains(where: { $0.contains("{}") }) else { return nil }
      self = .template(words)
    }
  }

  /// What a kernel has no part in is not its fault: a processor of another model than the one whose results are
  /// expected.
  func excuse(_ program: SuiteProgram, _ outcomes: [CheckOutcome]) -> [CheckOutcome] {
    guard case .native = self, let checks = program.checks else { return outcomes }
    return zip(checks, outcomes).map { check, outcome in
      guard check.isOfOneModel, outcome.verdict.status == .fail || outcome.verdict.status == .error
      else { return outcome }
      return CheckOutcome(
        id: outcome.id, rule: outcome.rule,
        verdict: Verdict(.skip, "it differs between processors: \(outcome.verdict.reason ?? "")"))
    }
  }

  /// The ISAs whose programs it may be able to run.
  ///
  /// - Parameter machine: this machine's.
  package func isas(machine: String) -> [String] {
    if case .native = self { return [machine] }
    return LinuxSuite.isas
  }

  /// How a program may be run: as it is, and saved and restored all along.
  package var forms: [ProgramForm] {
    if case .godwit = self { return [.plain, .saved] }
    return [.plain]
  }

  /// The command that runs a program.
  ///
  /// - Parameters:
  ///   - needsNothing: it does without the files of this machine.
  ///   - command: this command, which makes namespaces.
  func words(
    _ program: String, needsNothing: Bool, _ isa: String, _ form: ProgramForm, command: String
  ) -> [String] {
    // For the program; env(1) also says what is wrong with a runner that is missing.
    let asked = "GUEST_KTAP=1"
    switch self {
    case .native: return ["env", asked, command, "conformance", "isolated", "--", program]
    case .godwit(let godwit):
      let saving = form == .saved ? ["--suspend-every", "7"] : []
      let parts = program.split(separator: "/", omittingEmptySubsequences: false)
      // A small root: what searches the filesystem, as open_by_handle_at(2) does, would take long in this machine's.
      let guest =
        needsNothing
        ? ["--root", parts.dropLast().joined(separator: "/"), "--", "/\(parts.last ?? "")"]
        : ["--", program]
      return ["env", godwit, "run", "--env", asked] + saving + guest
    case .template(let words):
      return ["env", asked]
        + words.map { $0.replacing("{}", with: program).replacing("{isa}", with: isa) }
    }
  }
}

/// How a program is run.
package enum ProgramForm: String, CaseIterable, Sendable {
  case plain
  /// Saved, and restored by another library OS, after every few system calls.
  case saved
}
