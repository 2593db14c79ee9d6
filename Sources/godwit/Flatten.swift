import ArgumentParser
import Picoprocess
import Snapshot

struct Flatten: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a snapshot and its parents as one file.",
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

  func run() throws {
    let obstacle = try SnapshotFile.flatten(
      file, to: output, compression: compression.compress ?? .standard, knownKeys: keys.knownKeys)
    if let obstacle { Console.complain(obstacle) }
  }
}
