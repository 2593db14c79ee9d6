import ArgumentParser
import Disassembler
import JSONText
import Picoprocess

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show what a snapshot holds.")

  @Argument(help: "The snapshot.")
  var file: String

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var keys: KnownKeysOption

  @OptionGroup var sealKeys: KeyOptions

  @Flag(
    help: """
      Print the text that is signed instead: the digest. ssh-keygen -Y verify -n snapshot@godwit checks it \
      with the --signature.
      """)
  var message = false

  @Flag(help: "Print the signature instead, as ssh-keygen reads it.")
  var signature = false

  func validate() throws {
    guard [json, message, signature].count(where: { $0 }) <= 1 else {
      throw ValidationError("--json, --message and --signature exclude each other")
    }
  }

  func run() throws {
    let seal = try sealKeys.keys()
    if message { return Console.write(try SnapshotFile.signedMessage(file, seal)) }
    if signature { return Console.write(try SnapshotFile.armoredSignature(file, seal)) }
    let description = try SnapshotDescription(file, seal, knownKeys: keys.knownKeys)
    var unknown: Set<String> = []
    let report = description.report { bytes, address, name in
      guard let isa = DisassemblyISA(rawValue: name), disassembles(isa) else {
        unknown.insert(name)
        return []
      }
      return disassemble(bytes, at: address, isa: isa, count: 4).map { ($0.address, $0.text) }
    }
    if json { return Console.show(JSON.pretty(report)) }
    Console.show(report.text)
    for isa in unknown.sorted() {
      Console.complain("no instructions are shown: this machine's Capstone does not know \(isa)")
    }
  }
}

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check every byte of a snapshot.")

  @Argument(help: "The snapshot.")
  var file: String

  @OptionGroup var keys: KnownKeysOption

  @OptionGroup var sealKeys: KeyOptions

  @OptionGroup var progress: ProgressOption

  func run() throws {
    progress.begin()
    Console.show(
      try SnapshotFile.verify(file, try sealKeys.keys(), knownKeys: keys.knownKeys))
  }
}

struct Key: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "key",
    abstract: "Show the public key that your snapshots are signed with, for others' --known-keys.")

  func run() throws { Console.show(try KeyStore().publicLine()) }
}

struct KnownKeysOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Trust snapshots signed by the keys in this file, which has the form of authorized_keys or "
        + "allowed_signers.", valueName: "file"))
  var knownKeys: String?
}
