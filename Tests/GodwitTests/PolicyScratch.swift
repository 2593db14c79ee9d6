import Foundation
import Testing

/// Machines with policies, batteries, processors and logind of their own: see policies.sh.
enum PolicyScratch {
  /// Why there is no logind for tests on this machine; nil: there is one.
  fileprivate static let missingLogind: String? = {
    for program in ["busctl", "systemd-inhibit", "dbus-daemon"] {
      let found = try? execute(
        URL(fileURLWithPath: "/bin/sh"), ["-c", "command -v \(program)"], limit: 10)
      if found?.status != 0 { return program }
    }
    let python = try? execute(
      URL(fileURLWithPath: "/usr/bin/python3"), ["-c", "import dbus, dbusmock"], limit: 30)
    return python?.status == 0 ? nil : "python3-dbusmock"
  }()

  static func shell(_ script: String, limit: Int = 300) throws -> Outcome {
    try SupervisorScratch.shell(script, with: ["policies.sh"], limit: limit)
  }
}

extension Trait where Self == ConditionTrait {
  /// There is all that stands in for logind.
  static var hasLogind: Self {
    .enabled(
      if: PolicyScratch.missingLogind == nil, "\(PolicyScratch.missingLogind ?? "") is missing")
  }
}
