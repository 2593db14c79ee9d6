import Age
import ArgumentParser
import Picoprocess

/// The options of all commands that read snapshots.
struct KeyOptions: ParsableArguments {
  @Option(name: [.customShort("i"), .long], help: Self.identityHelp)
  var identity: [String] = []

  @OptionGroup var passphrase: PassphraseOption

  fileprivate static let identityHelp = ArgumentHelp(
    "Open sealed snapshots and stores with the keys in this file, as age-keygen makes them; repeatable.",
    valueName: "file")

  func keys() throws -> SealKeys { try passphrase.keys(with: identity) }
}

/// The same for `run`, whose `-i` is --interactive.
struct RunKeyOptions: ParsableArguments {
  @Option(help: KeyOptions.identityHelp)
  var identity: [String] = []

  @OptionGroup var passphrase: PassphraseOption

  var areGiven: Bool { !identity.isEmpty || passphrase.passphraseFile != nil }

  func keys() throws -> SealKeys { try passphrase.keys(with: identity) }
}

struct PassphraseOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Open sealed snapshots and stores with the passphrase in this file; what writes one seals with it.",
      valueName: "file"))
  var passphraseFile: String?

  fileprivate func keys(with identity: [String]) throws -> SealKeys {
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

  var isGiven: Bool { !encryptTo.isEmpty || !encryptToFile.isEmpty }

  /// Who can open what is written; nil: whoever has it.
  func sealing(_ keys: SealKeys) throws -> Recipients? {
    let recipients = try recipients()
    guard let passphrase = keys.passphrase else {
      return recipients.isEmpty ? nil : .keys(recipients)
    }
    guard recipients.isEmpty else {
      throw ValidationError("--encrypt-to and --passphrase-file exclude each other")
    }
    return .passphrase(passphrase)
  }

  /// Empty if it is not to be sealed.
  func recipients() throws -> [X25519Recipient] {
    try SealRecipients.read(encryptTo, files: encryptToFile)
  }
}
