import Snapshot

extension SnapshotFile {
  /// The text that a signature of the snapshot at `path` covers.
  package static func signedMessage(_ path: String, _ keys: SealKeys) throws(Failure) -> String {
    let digest = try reader(path, keys).contentDigest
    return String(decoding: SignatureBlock.message(for: digest), as: UTF8.self)
  }

  /// The signature of the snapshot at `path`, in the format of `ssh-keygen -Y verify`, whether it is valid or
  /// not.
  package static func armoredSignature(_ path: String, _ keys: SealKeys) throws(Failure) -> String {
    guard let bytes = try reader(path, keys).signatureBytes else {
      throw Failure("\(path): \(Provenance.unsigned)")
    }
    do throws(SSHSignature.FormatError) { return try SSHSignature(decoding: bytes).armored } catch {
      throw Failure("\(path): \(Provenance.broken(.malformed))")
    }
  }
}
