/// Puts the command line into the form that the parser takes.
///
/// The parser knows no options with an optional value, and would take a program's own options for ours. So
/// `--trace` alone becomes `--trace=-`, and what belongs to the program is set apart by `--`.
enum OptionalValues {
  /// Options of commands with guests that may stand without a value.
  private static let optional = [
    "--trace", "--stats", "--net", "--self-contained", "--carry-godwit",
  ]
  /// Options of `run` whose value is the next argument.
  private static let valued = [
    "--name", "--root", "--mount", "--tmpfs", "--env", "-e", "--env-file", "--cwd",
    "--memory-limit", "--max-tasks", "--suspend-at-syscall", "--suspend-every", "--suspend-mode",
    "--digest-every",
    "--digest-output", "--seed",
    "--host-page-size", "--jitdump",
    "--dns", "--publish", "--known-keys", "--notify", "--tcp", "--sandbox", "--output", "-o",
    "--compress", "--encrypt-to", "--encrypt-to-file", "--identity", "--passphrase-file",
    "--detach-keys", "--log-size",
    "--checkpoint-every", "--checkpoint-dir", "--keep", "--split", "--root-store",
    "--connections", "--forward-for", "--passport",
  ]

  /// The same of `resume` and `recover` only.
  private static let valuedOnResume = ["-i"]

  static func rewrite(_ arguments: [String]) -> [String] {
    guard let command = arguments.first,
      ["run", "resume", "recover", "fetch", "receive", "suspend", "checkpoint", "migrate"].contains(
        command)
    else {
      return arguments
    }
    var result = [command]
    var index = 1
    while index < arguments.count {
      let argument = arguments[index]
      if argument == "--" { return result + arguments[index...] }
      guard argument.hasPrefix("-"), argument != "-" else {
        if command == "run" { return result + ["--"] + arguments[index...] }
        result.append(argument)
        index += 1
        continue
      }
      result.append(optional.contains(argument) ? argument + "=-" : argument)
      index += 1
      let isValued =
        valued.contains(argument) || command != "run" && valuedOnResume.contains(argument)
      if isValued, index < arguments.count {
        result.append(arguments[index])
        index += 1
      }
    }
    return result
  }
}
