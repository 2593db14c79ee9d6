import HostABI
import PosixHost
package import Snapshot

/// Who made a snapshot, according to its signature.
package enum Provenance: Hashable, Sendable {
  case unsigned
  /// Signed by the user's own key.
  case own(PublicKey)
  /// Signed by a known key, with its name in the file of known keys.
  case known(PublicKey, name: String)
  /// Signed by another key. `fault` is the reason if the user's own key could not be read.
  case unknown(PublicKey, ownKeyFault: String?)
  case broken(SnapshotSignature.Fault)

  /// Checks the signature of `reader`.
  ///
  /// - Parameter knownKeys: a file in the form of authorized_keys or allowed_signers; see `KnownKeys`.
  package init(_ reader: SnapshotReader, knownKeys: String?) throws(Failure) {
    // A file that cannot be read is reported, even if it makes no difference this time.
    let known = try knownKeys.map { path throws(Failure) in try Provenance.read(path) }
    switch reader.signature {
    case .none: self = .unsigned
    case .broken(let fault): self = .broken(fault)
    case .valid(let signature):
      let key = signature.publicKey
      var fault: String?
      do throws(Failure) {
        if try KeyStore().load()?.publicKey == key {
          self = .own(key)
          return
        }
      } catch { fault = error.message }
      if let name = known?.names[key] {
        self = .known(key, name: name)
      } else {
        self = .unknown(key, ownKeyFault: fault)
      }
    }
  }

  private static func read(_ path: String) throws(Failure) -> KnownKeys {
    let text = try withFailure(path) { () throws(HostError) in
      try InputFile(path).contents(limit: 16 << 20)
    }
    do throws(KnownKeys.LineError) { return try KnownKeys(text) } catch {
      throw Failure("\(path):\(error.line): \(error.reason)")
    }
  }

  /// Whether the snapshot may use what it remembers of the host.
  package var isTrusted: Bool {
    switch self {
    case .own, .known: true
    case .unsigned, .unknown, .broken: false
    }
  }

  /// The fingerprint of the key that signed it.
  package var fingerprint: String? {
    switch self {
    case .own(let key), .known(let key, _), .unknown(let key, _): key.fingerprint
    case .unsigned, .broken: nil
    }
  }
}

extension Provenance: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unsigned: "not signed"
    case .own(let key): "signed by your own key \(key.fingerprint)"
    case .known(let key, let name):
      "signed by the known key \(key.fingerprint)" + (name.isEmpty ? "" : " (\(name))")
    case .unknown(let key, let fault):
      "signed by the unknown key \(key.fingerprint)" + (fault.map { " (\($0))" } ?? "")
    case .broken(let fault): "its signature is broken: \(fault)"
    }
  }
}
