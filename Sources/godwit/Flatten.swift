import Age
import ArgumentParser
import Picoprocess
import Snapshot

struct Flatten: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flatten", abstract: "Write a snapshot and its parents as one file.",
    discussion: """
      The new file has the same state and id, and needs no parents. It is signed with your key if the old one was \
      signed by a key that you know.
      """)

  @Argument(help: "The snapshot.")
  var file: String

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write.", valueName: "file"))
  var output: String

  @OptionGroup var compression: CompressionOption

  @OptionGroup var keys: KnownKeysOption

  @OptionGroup var seal: SealOptions

  @OptionGroup var sealKeys: KeyOptions

  @OptionGroup var progress: ProgressOption

  func run() throws {
    progress.begin()
    let recipients = try seal.recipients()
    let notices = try SnapshotFile.flatten(
      file, try sealKeys.keys(), to: output,
      sealedTo: recipients.isEmpty ? nil : .keys(recipients),
      compression: compression.compress ?? .standard, knownKeys: keys.knownKeys)
    for notice in notices { Console.complain(notice) }
  }
}
