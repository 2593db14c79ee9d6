/// Machines with supervisors that have consoles: see consoles.sh.
enum ConsoleScratch {
  static func shell(_ script: String, limit: Int = 300) throws -> Outcome {
    try SupervisorScratch.shell(script, with: ["consoles.sh"], limit: limit)
  }
}
