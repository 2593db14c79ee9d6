import ArgumentParser
import Picoprocess

struct Export: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write what a snapshot holds in another format.",
    discussion: """
      --core: an ELF core file, for gdb and other debuggers: registers, memory and mapped files of one process. \
      Pages of mapped files that the guest has not changed are in it if the snapshot's signer is known and this \
      host has the files; else a debugger must be given the program.

      --files: a directory, empty or not there yet, with the files that the guest made and changed: root is the \
      upper layer of its root as an OCI image has it (.wh.NAME stands for a file that was removed), and tmpfs has \
      each of its filesystems in memory. What they need of the root itself is copied if the snapshot's signer is \
      known and this host has it; else they are left out, and the status is 125.
      """)

  @Flag(help: "Write an ELF core file.")
  var core = false

  @Flag(help: "Write the guest's own files.")
  var files = false

  @Option(help: "With --core: the process, if there are several; else the first.")
  var pid: Int32?

  @Flag(help: "With --files: keep set-user-ID and set-group-ID bits, and file capabilities.")
  var setID = false

  @OptionGroup var keys: KnownKeysOption

  @OptionGroup var sealKeys: KeyOptions

  @OptionGroup var progress: ProgressOption

  @Argument(help: "The snapshot.")
  var file: String

  @Argument(help: "The file or directory to write.")
  var output: String

  func validate() throws {
    guard core != files else { throw ValidationError("export needs one of --core and --files") }
    guard core || pid == nil else { throw ValidationError("--pid needs --core") }
    guard files || !setID else { throw ValidationError("--set-id needs --files") }
  }

  func run() throws {
    progress.begin()
    let description = try SnapshotDescription(
      file, try sealKeys.keys(), knownKeys: keys.knownKeys)
    if core {
      Console.show(try description.exportCore(pid: pid, to: output))
    } else {
      let (lines, incomplete) = try description.exportFiles(to: output, keepsSetID: setID)
      Console.show(lines.joined(separator: "\n"))
      if let incomplete { throw incomplete }
    }
  }
}
