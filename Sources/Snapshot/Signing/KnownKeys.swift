import Base64Text

/// Keys whose signatures are trusted, as a file in the form of authorized_keys (sshd(8)) or of
/// allowed_signers (ssh-keygen(1)) names them.
package struct KnownKeys: Hashable, Sendable {
  /// The name of each key: its principals or its comment, else nothing.
  package private(set) var names: [PublicKey: String] = [:]

  package init() {}

  /// Why a line can't be taken. Lines are counted from 1.
  package struct LineError: Error, Hashable, Sendable {
    package var line: Int
    package var reason: String

    package init(line: Int, reason: String) {
      self.line = line
      self.reason = reason
    }
  }

  /// Reads the text of a file. Empty lines, comments and keys of other kinds than Ed25519 are skipped.
  ///
  /// - Throws: for a line that is none of these, and for one whose key is restricted in a way that is
  ///   not understood here: to take it would mean to trust more than the line does.
  package init(_ text: [UInt8]) throws(LineError) {
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, bytes) in lines.enumerated() {
      func refuse(_ reason: String) -> LineError { LineError(line: index + 1, reason: reason) }
      guard let line = String(validating: bytes, as: UTF8.self) else {
        throw refuse("it is not UTF-8")
      }
      let words = Self.words(line)
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      // In front of the kind of key stand principals, options, or both.
      guard let kind = words.prefix(3).firstIndex(where: Self.isKind), words.count > kind + 1 else {
        throw refuse("there is no key in it")
      }
      guard words[kind] == PublicKey.algorithm else { continue }
      guard let blob = Base64.decode(Array(words[kind + 1].utf8)), let key = PublicKey(blob: blob)
      else { throw refuse("its key is damaged") }
      let comment = words[(kind + 2)...].joined(separator: " ")
      var options: String?
      var name = comment
      switch kind {
      case 0: break
      case 1 where Self.areOptions(words[0]): options = words[0]
      case 1: name = words[0]
      default:
        name = words[0]
        options = words[1]
      }
      for option in Self.split(options ?? "", at: ",") where !Self.permits(option) {
        throw refuse("the option \(option.debugDescription) is not supported")
      }
      names[key] = name
    }
  }

  private static func isKind(_ word: String) -> Bool {
    ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"].contains { word.hasPrefix($0) }
  }

  /// Tells options from principals where one of them stands alone.
  private static func areOptions(_ word: String) -> Bool {
    split(word, at: ",").contains { option in
      let name = option.prefix { $0 != "=" }.lowercased()
      return option.contains("=")
        || ["cert-authority", "restrict", "pty", "user-rc"].contains(name)
        || name.hasPrefix("no-") || name.hasSuffix("-forwarding")
    }
  }

  /// Whether a key with this option may sign snapshots.
  private static func permits(_ option: String) -> Bool {
    guard let equals = option.firstIndex(of: "=") else { return false }
    guard option[..<equals].lowercased() == "namespaces" else { return false }
    let list = option[option.index(after: equals)...].filter { $0 != "\"" }
    return split(list, at: ",").contains(SignatureBlock.namespace)
  }

  private static func words(_ line: String) -> [String] {
    split(line) { $0 == " " || $0 == "\t" || $0 == "\r" }
  }

  private static func split(_ text: String, at separator: Character) -> [String] {
    split(text) { $0 == separator }
  }

  /// The parts between separators, those within double quotes left alone; none of them empty.
  private static func split(_ text: String, _ isSeparator: (Character) -> Bool) -> [String] {
    var parts: [String] = []
    var part = ""
    var isQuoted = false
    for character in text {
      if character == "\"" { isQuoted.toggle() }
      if !isQuoted, isSeparator(character) {
        if !part.isEmpty { parts.append(part) }
        part = ""
      } else {
        part.append(character)
      }
    }
    if !part.isEmpty { parts.append(part) }
    return parts
  }
}
