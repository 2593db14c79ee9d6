import Foundation

/// Machines with networks, supervisors, batteries and logind of their own, and a visitor: see scenarios.sh.
struct ScenarioScratch: ~Copyable {
  private let scratch: Scratch
  private let tests = Checkout.root.appendingPathComponent("Tests/GodwitTests").path

  init() throws { scratch = try Scratch() }

  /// What a script has printed.
  struct Story {
    var text: String
    /// What differs from run to run: how long the guest stood, and what its visitor saw.
    var figures: [String]
    var error: String
  }

  /// - Parameters:
  ///   - machines: their names.
  ///   - arm64: which of them is an ARM64 one: the ARM64 build, played by qemu-user. On an ARM64 machine all are.
  func shell(
    _ script: String, on machines: [String], arm64: String, isa: String, limit: Int = 400
  ) throws -> Story {
    let isPlayed = HostBuild.all.contains(.arm64)
    for program in [Checkout.godwitForARM64, Checkout.supervisorForARM64] where isPlayed {
      guard FileManager.default.isExecutableFile(atPath: program.path) else {
        throw Failed("\(program.path) is missing: make arm64-supervisor")
      }
    }
    let sources = ["supervisors.sh", "policies.sh", "networks.sh", "scenarios.sh"]
    let outcome = try scratch.shell(
      """
      TESTS='\(tests)'; SCRIPTS='\(Checkout.root.path)/Scripts'
      MACHINES=(\(machines.joined(separator: " "))); ARM64=\(isPlayed ? arm64 : "")
      BUILD='\(Checkout.godwitForARM64.deletingLastPathComponent().path)'
      SYSROOT='\(Checkout.root.path)/.deps/arm64/sysroot'
      \(MigrationScratch.functions)

      """ + sources.map { "source \"$TESTS/\($0)\"\n" }.joined() + script, isa: isa,
      within: Machines.namespaces, limit: limit)
    let lines = outcome.text.split(separator: "\n", omittingEmptySubsequences: false)
    return Story(
      text: lines.filter { !$0.hasPrefix("= ") }.joined(separator: "\n"),
      figures: lines.filter { $0.hasPrefix("= ") }.map { String($0.dropFirst(2)) },
      error: outcome.error)
  }
}
