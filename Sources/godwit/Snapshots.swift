import ArgumentParser
import JSONText
import Picoprocess
import PosixHost

struct ListSnapshots: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "List the snapshots in a directory.",
    discussion: """
      Increments stand behind what they are increments to; LINK is the place in the chain. Pages are not read: \
      godwit verify checks them.
      """)

  @Argument(help: "The directory.")
  var directory = "."

  @OptionGroup var keys: KeyOptions

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let path = StorePath.directory(directory)
    if try path != directory || StoreLayout.isStore(path) {
      return try ListStore.show(path, try keys.keys(), json: json)
    }
    let list = try SnapshotList(directory, try keys.keys())
    if json {
      Console.show(JSON.pretty(list.snapshots))
      return
    }
    let now = HostProcess.realTime / 1_000_000_000
    let titles = ["NAME", "SIZE", "AGE", "ISA", "HOST", "LINK", "PARENT", "PROGRAM"]
    Console.show(table([titles] + list.snapshots.map { row($0, now) }))
  }

  /// What is wrong stands where the program would.
  private func row(_ entry: SnapshotList.Entry, _ now: Int64) -> [String] {
    let size = "\((entry.size + 1023) / 1024)K"
    guard let content = entry.content else {
      return [entry.name, size] + repeatElement("-", count: 5) + [entry.fault ?? ""]
    }
    return [
      entry.name, size, age(content.created, now), content.isa,
      content.host.isEmpty ? "-" : content.host, content.link.map { "\($0)" } ?? "-",
      content.parent?.name ?? "-",
      content.program + (entry.fault.map { ": \($0)" } ?? ""),
    ]
  }
}

/// The whole part in the largest unit that fits; `-` of what lies in the future.
func age(_ created: Int64, _ now: Int64) -> String {
  let (seconds, overflow) = now.subtractingReportingOverflow(created)
  guard !overflow, seconds >= 0 else { return "-" }
  let units: [(Int64, String)] = [(86400, "d"), (3600, "h"), (60, "m")]
  for (length, letter) in units where seconds >= length { return "\(seconds / length)\(letter)" }
  return "\(seconds)s"
}

struct Diff: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Show how the state in one snapshot differs from that in another.",
    discussion: """
      Registers, memory by mappings, descriptors, and files of overlays and of filesystems in memory. Times of \
      access do not count.
      """)

  @Argument(help: "The earlier snapshot.")
  var before: String

  @Argument(help: "The later snapshot.")
  var after: String

  @OptionGroup var keys: KeyOptions

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let difference = try SnapshotDifference(before, after, try keys.keys())
    Console.show(json ? JSON.pretty(difference) : difference.text)
  }
}
