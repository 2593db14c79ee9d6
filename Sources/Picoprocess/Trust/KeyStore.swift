import HostABI
import PosixHost
package import Snapshot

/// The user's own signing key: an OpenSSH private key file, created at first use.
package struct KeyStore: Sendable {
  package let path: String

  /// `$XDG_CONFIG_HOME/godwit/id_ed25519`, or below `~/.config`.
  package init() throws(Failure) {
    guard let folder = HostProcess.userDirectory("XDG_CONFIG_HOME", or: ".config") else {
      throw Failure("there is no place for a key: neither XDG_CONFIG_HOME nor HOME is set")
    }
    path = folder + "/godwit/id_ed25519"
  }

  /// Loads the key; nil if there is none yet. A file that others can read or write is refused, as by ssh.
  package func load() throws(Failure) -> SigningKey? {
    let text: [UInt8]
    do throws(PrivateFile.ReadError) { text = try PrivateFile.read(path) } catch {
      switch error {
      case .host(.notFound), .host(.notDirectory): return nil
      case .host(let error): throw Failure(path, error)
      case .notOwned: throw Failure("\(path): the key belongs to another user")
      case .tooOpen(let mode):
        throw Failure("\(path): others can use the key: its mode is 0\(String(mode, radix: 8))")
      case .notASecret: throw Failure("\(path): not a key file")
      }
    }
    do throws(SigningKey.FileError) { return try SigningKey(file: text) } catch {
      throw Failure("\(path): \(error)")
    }
  }

  /// Loads the key, creating it if there is none.
  package func loadOrCreate() throws(Failure) -> SigningKey {
    if let key = try load() { return key }
    try withFailure(path) { () throws(HostError) in
      try PrivateFile.create(path, Array(SigningKey().file(comment: Self.comment).utf8))
    }
    // Another process may have been first.
    guard let key = try load() else { throw Failure(path, HostError.notFound) }
    return key
  }
}

extension KeyStore {
  /// The comment in the key file and its public part.
  private static let comment = "godwit"

  /// The public key, in the format of a file of known keys.
  package func publicLine() throws(Failure) -> String {
    try loadOrCreate().publicKey.line + " " + Self.comment
  }
}

/// How snapshots are signed.
package enum SnapshotSigner: Sendable {
  case key(SigningKey)
  /// Not at all, for this reason (one line).
  case none(reason: String)

  /// The user's own key.
  package init() {
    do throws(Failure) { self = .key(try KeyStore().loadOrCreate()) } catch {
      self = .none(reason: error.message)
    }
  }

  /// The signature block to append to the snapshot with this digest; empty if snapshots are not signed.
  func block(for contentDigest: Digest) -> [UInt8] {
    guard case .key(let key) = self else { return [] }
    return SignatureBlock.sign(contentDigest, by: key)
  }

  /// Why snapshots are not signed.
  var obstacle: String? {
    guard case .none(let reason) = self else { return nil }
    return reason
  }
}
