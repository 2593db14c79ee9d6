import Age
import ArgumentParser
import JSONText
import Picoprocess
import PosixHost

struct Store: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "store",
    abstract: "Look after a directory in which many snapshots share their pages.",
    discussion: """
      A store is made by the first snapshot that goes there: godwit checkpoint NAME --output store:DIR/SNAPSHOT, or \
      by init. To remove a snapshot, remove DIR/snapshots/SNAPSHOT; gc frees what it alone needed.
      """,
    subcommands: [InitStore.self, ListStore.self, CollectStore.self, VerifyStore.self])
}

struct StoreArgument: ParsableArguments {
  @Argument(help: "The store's directory.")
  var directory: String

  var path: String { StorePath.directory(directory) }
}

struct InitStore: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Make a store.",
    discussion: """
      With --encrypt-to or --passphrase-file the store is sealed: all in it is encrypted with a key of the store, which \
      those can open who are named now. Whoever writes or reads a snapshot there says --identity or --passphrase-file.
      """)

  @OptionGroup var store: StoreArgument

  @OptionGroup var seal: SealOptions

  @Option(
    help: ArgumentHelp("Seal the store with the passphrase in this file.", valueName: "file"))
  var passphraseFile: String?

  func run() throws {
    guard try !StoreLayout.isThere(store.path) else {
      throw Failure("\(store.path): there is a store already")
    }
    let keys = try SealKeys(identityFiles: [], passphraseFile: passphraseFile)
    _ = try StoreLayout.create(store.path, sealedTo: try seal.sealing(keys))
  }
}

struct ListStore: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "List the snapshots in a store.",
    discussion: "SIZE is what a file would take, OWN what no other snapshot of the store needs.")

  @OptionGroup var store: StoreArgument

  @OptionGroup var keys: KeyOptions

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws { try Self.show(store.path, try keys.keys(), json: json) }

  static func show(_ path: String, _ keys: SealKeys, json: Bool) throws {
    let report = try StoreReport(path, keys)
    for fault in report.faults { Console.complain(fault) }
    if json { return Console.show(JSON.pretty(report)) }
    let now = HostProcess.realTime / 1_000_000_000
    let titles = ["NAME", "SIZE", "OWN", "AGE", "ISA", "HOST", "PROGRAM"]
    Console.show(table([titles] + report.snapshots.map { row($0, now) }))
    Console.show(
      "\(size(report.storedSize)) stored in \(report.packs) packs, \(size(report.unusedSize)) of it unused; "
        + "\(size(report.separateSize)) as files")
  }

  private static func size(_ bytes: UInt64) -> String { "\((bytes + 1023) / 1024)K" }

  private static func row(_ entry: StoreReport.Entry, _ now: Int64) -> [String] {
    guard let content = entry.content else {
      return [entry.name, size(entry.size), size(entry.ownSize), "-", "-", "-", entry.fault ?? ""]
    }
    return [
      entry.name, size(entry.size), size(entry.ownSize), age(content.created, now), content.isa,
      content.host.isEmpty ? "-" : content.host, content.program,
    ]
  }
}

struct CollectStore: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gc", abstract: "Free what no snapshot of a store needs any more.",
    discussion: """
      It waits until nobody writes to the store, and others wait for it. It needs no key of a sealed store.
      """)

  @OptionGroup var store: StoreArgument

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var progress: ProgressOption

  func run() throws {
    progress.begin()
    let outcome = try StoreCollector.collect(store.path)
    for fault in outcome.faults { Console.complain(fault) }
    if json { return Console.show(JSON.pretty(outcome)) }
    Console.show(
      "\(outcome.removedPacks) packs removed, \(outcome.rewrittenPacks) rewritten, "
        + "\(outcome.freedBytes) bytes freed")
  }
}

struct VerifyStore: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check every byte of a store.",
    discussion: """
      Without the key of a sealed store, it is checked whether the bytes are those that were written, and not what is \
      in them.
      """)

  @OptionGroup var store: StoreArgument

  @OptionGroup var keys: KeyOptions

  @OptionGroup var progress: ProgressOption

  func run() throws {
    progress.begin()
    Console.show(try StoreCheck.run(store.path, try keys.keys()) { Console.complain($0) })
  }
}
