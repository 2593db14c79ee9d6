import ArgumentParser
import Picoprocess

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write what a snapshot holds in another format.",
    discussion: """
      An ELF core file, for gdb and other debuggers: registers, memory and mapped files of one process. Pages of \
      mapped files that the guest has not changed are in it if the snapshot's signer is known and this host has \
      the files; else a debugger must be given the program.
      """)

  @Flag(help: "Write an ELF core file.")
  var core = false

  @Option(help: "The process, if there are several; else the first.")
  var pid: Int32?

  @OptionGroup var keys: KnownKeysOption

  @OptionGroup var sealKeys: KeyOptions

  @Argument(help: "The snapshot.")
  var file: String

  @Argument(help: "The file to write.")
  var output: String

  func validate() throws {
    guard core else { throw ValidationError("export needs --core") }
  }

  func run() throws {
    let description = try SnapshotDescription(
      file, try sealKeys.keys(), knownKeys: keys.knownKeys)
    Console.show(try description.exportCore(pid: pid, to: output))
  }
}
