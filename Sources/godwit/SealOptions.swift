import Age
import ArgumentParser
import Picoprocess

/// The options of all commands that read snapshots.
struct KeyOptions: ParsableArguments {
  @Option(
    name: [.customShort("i"), .long],
    help: ArgumentHelp(
      "Open sealed snapshots with the keys in this file, as age-keygen makes them; repeatable.",
      valueName: "file"))
  var identity: [String] = []

  @Option(
    help: ArgumentHelp(
      "Open sealed snapshots with the passphrase in this file; checkpoint and suspend seal with it.",
      valueName: "file"))
  var passphraseFile: String?

  func keys() throws -> SealKeys {
    try SealKeys(identityFiles: identity, passphraseFile: passphraseFile)
  }
}

/// The options of all commands that write snapshots.
struct SealOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Seal the snapshot, so that only the holder of this age key can open it; repeatable.",
      valueName: "age1…"))
  var encryptTo: [String] = []

  @Option(
    help: ArgumentHelp(
      "Seal the snapshot to the keys in this file, one a line; repeatable.", valueName: "file"))
  var encryptToFile: [String] = []

  /// Empty if it is not to be sealed.
  func recipients() throws -> [X25519Recipient] {
    try SealRecipients.read(encryptTo, files: encryptToFile)
  }
}
