/// Why a file in the age format can't be decrypted.
package enum AgeError: Error, Hashable, Sendable {
  /// It does not begin with a version line of the format.
  case notAge
  /// It is in the textual form, which can't be read at random.
  case armored
  case unsupportedVersion(String)
  /// The header breaks a rule of the format; the text says which.
  case malformedHeader(String)
  /// No end of the header within so many bytes.
  case headerTooLarge(limit: Int)
  /// Deriving the key would take 2^`found` steps.
  case workFactorTooHigh(found: Int, limit: Int)
  /// There is not enough memory to derive the key from a passphrase.
  case outOfMemory
  /// It is for recipients of these kinds, and no identity was given.
  case needsIdentity(kinds: [String])
  case needsPassphrase
  /// None of the identities is one of its recipients, which are of these kinds.
  case noMatch(kinds: [String])
  case wrongPassphrase
  /// The header is not the one that was written with the file key.
  case wrongHeaderMAC
  /// The file ends at byte `at`, where more was promised.
  case truncated(at: UInt64)
  /// The chunk (the first is 0) is not what was encrypted in this place.
  case damagedChunk(UInt64)
  /// The last chunk is not what was encrypted as the last one: something was cut off, added or altered.
  case wrongLastChunk
  /// The last chunk is empty, and not the only one.
  case emptyLastChunk
  /// The source can't be read; the text is the host's reason.
  case readFailed(String)
}

extension AgeError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notAge: "not encrypted in the age format"
    case .armored: "an armored age file can't be read at random: remove the armor first"
    case .unsupportedVersion(let version):
      "encrypted in version \(version.debugDescription) of the age format; v1 is supported"
    case .malformedHeader(let reason): "its age header is malformed: \(reason)"
    case .headerTooLarge(let limit): "its age header has more than \(limit) bytes"
    case .workFactorTooHigh(let found, let limit):
      "its passphrase has a work factor of 2^\(found), more than the limit of 2^\(limit)"
    case .outOfMemory: "there is not enough memory to derive the key from the passphrase"
    case .needsIdentity(let kinds): "encrypted to \(Self.list(kinds))"
    case .needsPassphrase: "encrypted with a passphrase"
    case .noMatch(let kinds):
      "encrypted to \(Self.list(kinds)), and to none of the identities given"
    case .wrongPassphrase: "the passphrase is wrong"
    case .wrongHeaderMAC: "its age header is damaged: wrong MAC"
    case .truncated(let at): "the encrypted file is truncated at byte \(at)"
    case .damagedChunk(let index): "the encrypted file is damaged: its chunk \(index) is wrong"
    case .wrongLastChunk:
      "the encrypted file was cut off or is damaged: its last chunk is wrong"
    case .emptyLastChunk: "the encrypted file is damaged: its last chunk is empty"
    case .readFailed(let reason): "the encrypted file can't be read: \(reason)"
    }
  }

  /// `1 X25519 recipient`, `2 X25519 and 1 ssh-ed25519 recipients`.
  private static func list(_ kinds: [String]) -> String {
    var counts: [(kind: String, count: Int)] = []
    for kind in kinds {
      if let index = counts.firstIndex(where: { $0.kind == kind }) {
        counts[index].count += 1
      } else {
        counts.append((kind, 1))
      }
    }
    let names = counts.prefix(4).map { "\($0.count) \($0.kind.prefix(32))" }
    let rest = counts.count > 4 ? ["others"] : []
    return (names + rest).joined(separator: " and ")
      + (kinds.count == 1 ? " recipient" : " recipients")
  }
}
