import Picoprocess

/// A godwit with a hole: its guest may make any system call of the host. Only the confinement of the process
/// stops it.
///
///     broken-kernel MODE ROOT [HOST:GUEST[:ro] …] -- PROGRAM [ARGUMENT …]
@main
struct Main {
  static func main() {
    do {
      let words = Array(CommandLine.arguments.dropFirst())
      guard let end = words.firstIndex(of: "--"), end >= 2, end + 1 < words.count,
        let mode = SandboxMode(rawValue: words[0])
      else { throw Failure("usage: MODE ROOT [MOUNT …] -- PROGRAM [ARGUMENT …]") }
      var options = PicoprocessOptions()
      options.sandbox = mode
      options.root = words[1]
      options.mounts = words[2..<end].compactMap { MountOption($0) }
      options.additionalSyscalls = [RawCall.row]
      let program = ProgramOptions(
        program: words[end + 1], arguments: Array(words[(end + 2)...]))
      let picoprocess = try Picoprocess(program, options)
      Console.exit(try picoprocess.run().shellStatus)
    } catch {
      Console.complain("\(error)")
      Console.exit(125)
    }
  }
}
