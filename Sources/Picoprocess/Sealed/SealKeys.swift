package import Age
import HostABI
import PosixHost

/// What sealed snapshots are opened with: keys and a passphrase of the user.
///
/// They are only for opening. A process that will run a guest lets go of them before.
package struct SealKeys {
  /// In the order in which they are tried.
  let identities: [Identity]
  /// The passphrase among them, with which a snapshot can be sealed, too.
  package let passphrase: Passphrase?

  /// For snapshots that are not sealed.
  package static var none: SealKeys { SealKeys(identities: [], passphrase: nil) }

  private init(identities: [Identity], passphrase: Passphrase?) {
    self.identities = identities
    self.passphrase = passphrase
  }

  /// Reads the files that the user names.
  ///
  /// - Parameter identityFiles: as age-keygen(1) writes them.
  /// - Parameter passphraseFile: has one line.
  package init(identityFiles: [String], passphraseFile: String?) throws(Failure) {
    var identities: [Identity] = []
    for path in identityFiles { identities += try Self.identities(path) }
    let passphrase = try passphraseFile.map { path throws(Failure) in try Self.passphrase(path) }
    if let passphrase { identities.append(.passphrase(passphrase)) }
    self.init(identities: identities, passphrase: passphrase)
  }

  private static func identities(_ path: String) throws(Failure) -> [Identity] {
    var secret = try read(path)
    defer { wipe(&secret) }
    do throws(KeyFile.FormatError) {
      return try KeyFile.identities(secret).map { .x25519($0) }
    } catch { throw Failure("\(path): \(error)") }
  }

  private static func passphrase(_ path: String) throws(Failure) -> Passphrase {
    var secret = try read(path)
    defer { wipe(&secret) }
    let line = secret.prefix { $0 != UInt8(ascii: "\n") }
    guard secret.count - line.count <= 1 else {
      throw Failure("\(path): a passphrase is one line, and there are several")
    }
    guard let passphrase = Passphrase(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
    else { throw Failure("\(path): the passphrase is empty") }
    return passphrase
  }

  /// Reads a secret, and warns if it is none.
  private static func read(_ path: String) throws(Failure) -> [UInt8] {
    let secret = try SecretFile.named(path)
    if let mode = secret.openMode {
      Console.complain("warning: others can read \(path): its mode is 0\(String(mode, radix: 8))")
    }
    return secret.bytes
  }
}
