/// Files with one key a line, as age-keygen(1) writes them: empty lines and those with `#` in front are skipped.
package enum KeyFile {
  /// Why a file can't be used.
  package enum FormatError: Error, Hashable, Sendable {
    /// The line (from 1) is no key of the kind wanted; the text says what it seems to be.
    case notAKey(line: Int, String)
    case empty
  }

  /// The identities in the text of a file.
  package static func identities(_ text: [UInt8]) throws(FormatError) -> [X25519Identity] {
    try keys(text) { line in
      if let identity = X25519Identity(line) { return .success(identity) }
      let kinds = [
        ("-----BEGIN ", "keys of SSH are not supported"), ("age-encryption.org/", encrypted),
        ("AGE-PLUGIN-", "plugins are not supported"), ("age1", "a recipient, not an identity"),
        ("AGE-SECRET-KEY-PQ-", "keys of this kind are not supported"),
        ("AGE-SECRET-KEY-", "a damaged key"),
      ]
      let known = kinds.first { line.starts(with: $0.0.utf8) }?.1
      return .failure(Reason(text: known ?? "not a key AGE-SECRET-KEY-1…"))
    }
  }

  private static let encrypted = "the file is encrypted itself: decrypt it first"

  /// The recipients in the text of a file.
  package static func recipients(_ text: [UInt8]) throws(FormatError) -> [X25519Recipient] {
    try keys(text) { line in
      recipient(String(decoding: line, as: UTF8.self)).mapError { Reason(text: $0.text) }
    }
  }

  /// Why something is not a key.
  package struct Reason: Error {
    package let text: String
  }

  /// Reads a recipient.
  package static func recipient(_ text: String) -> Result<X25519Recipient, Reason> {
    if let recipient = X25519Recipient(text) { return .success(recipient) }
    let kinds = [
      ("ssh-", "keys of SSH are not supported"),
      ("AGE-SECRET-KEY-", "a secret key, not a recipient"),
      ("age1pq1", "recipients of this kind are not supported"), ("age1", "a damaged recipient"),
    ]
    let known = kinds.first { text.hasPrefix($0.0) }?.1
    return .failure(Reason(text: known ?? "not a recipient age1…"))
  }

  private static func keys<Key>(
    _ text: [UInt8], _ key: (ArraySlice<UInt8>) -> Result<Key, Reason>
  ) throws(FormatError) -> [Key] {
    var keys: [Key] = []
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      guard let first = line.first, first != UInt8(ascii: "#") else { continue }
      do throws(Reason) { keys.append(try key(line).get()) } catch {
        throw .notAKey(line: index + 1, error.text)
      }
    }
    guard !keys.isEmpty else { throw .empty }
    return keys
  }
}

extension KeyFile.FormatError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notAKey(let line, let reason): "line \(line): \(reason)"
    case .empty: "there is no key in it"
    }
  }
}
