import Picoprocess

/// A `godwit run` whose options only name the guest, its files, its environment and its memory, as most do. The parser
/// describes each option that there is to itself before it looks for one, which takes longer than the rest of a short run.
///
/// Whatever else there may be in a command line, and whatever is wrong with it, is for `Run`.
struct PlainRun {
  private var program: ProgramOptions
  private var setup = PicoprocessOptions()

  /// - Parameter arguments: as `OptionalValues` has put them; nil if there is anything in them that `Run` is needed for.
  init?(_ arguments: [String]) {
    guard arguments.first == "run", let end = arguments.firstIndex(of: "--"), end % 2 == 1 else {
      return nil
    }
    var command = arguments[(end + 1)...]
    guard let name = command.popFirst() else { return nil }
    program = ProgramOptions(program: name, arguments: Array(command))
    for index in stride(from: 1, to: end, by: 2) {
      let value = arguments[index + 1]
      if value.hasPrefix("-") { return nil }
      switch arguments[index] {
      case "--name": setup.name = value
      case "--root": setup.root = value
      case "--cwd": program.workingDirectory = value
      case "--mount":
        guard let mount = MountOption(value) else { return nil }
        setup.mounts.append(mount)
      case "--memory-limit":
        guard let limit = ByteCount(value) else { return nil }
        setup.memoryLimit = limit.bytes
      case "--env", "-e":
        guard EnvironmentOptions.isSetting(value) else { return nil }
        program.environment.settings.append(value)
      case "--env-file": program.environment.files.append(value)
      default: return nil
      }
    }
  }

  /// Runs the guest, and ends this process as the guest ended.
  func run() throws(Failure) -> Never { try Picoprocess(program, setup).runToTheEnd() }
}
