import ArgumentParser
import Picoprocess

/// What the file of a snapshot has in it, and how it is cut.
struct ShapeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Put the files into the snapshot that the guest has in use of its root and of read-only mounts, so that \
      resuming it takes nothing else; with --self-contained=root all files of its root.
      """, valueName: "root"))
  var selfContained: CarriedScope?

  @Option(
    help: ArgumentHelp(
      """
      Write the snapshot in parts of this size, as in 4095M for FAT. Its file then names the parts, which lie \
      beside it.
      """, valueName: "size"))
  var split: ByteCount?

  /// A snapshot has no more than 1,000 parts.
  private static let leastPart = 64 << 10

  var isGiven: Bool { selfContained != nil || split != nil }

  func validate() throws {
    guard split.map({ $0.bytes >= Self.leastPart }) ?? true else {
      throw ValidationError("--split takes 64K or more")
    }
  }

  var shape: OutputShape {
    var shape = OutputShape()
    shape.carries = selfContained
    shape.partSize = split?.bytes
    return shape
  }
}

extension CarriedScope: ExpressibleByArgument {
  /// `-` is what stands for no value.
  package init?(argument: String) {
    switch argument {
    case "-": self = .inUse
    case "root": self = .root
    default: return nil
    }
  }
}

/// The option of all commands to which a guest's root may come.
struct RootStoreOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where to put files that came with a guest; default: godwit/roots in XDG_DATA_HOME, or in ~/.local/share.",
      valueName: "dir"))
  var rootStore: String?
}
