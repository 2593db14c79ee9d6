import ArgumentParser
import JSONText
import Picoprocess

struct Digest: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "digest", abstract: "Show the digest of the guest's state in a snapshot.",
    discussion: """
      Equal digests mean that the guest is in the same state: registers, memory and the library OS's objects. \
      Where and by whom the snapshot was written makes no difference.
      """)

  @Argument(help: "The snapshot.")
  var file: String

  @Flag(
    name: .shortAndLong,
    help: "Show the digest of each part too, to find where two snapshots differ.")
  var verbose = false

  @OptionGroup var keys: KeyOptions

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var progress: ProgressOption

  func run() throws {
    progress.begin()
    let report = try SnapshotFile.digest(file, try keys.keys())
    Console.show(json ? JSON.pretty(report) : verbose ? report.text : report.digest)
  }
}
