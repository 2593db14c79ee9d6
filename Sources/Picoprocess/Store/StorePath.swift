/// A snapshot in a store, as users name it: `store:DIR/NAME`.
package struct StorePath: Hashable, Sendable {
  package let directory: String
  package let name: String

  private static let prefix = "store:"

  /// The longest name, in bytes: a temporary file beside it has room for more.
  private static let nameLimit = 200

  /// - Returns: nil for what is no name of a store at all, but a file's.
  package init?(_ text: String) throws(Failure) {
    guard text.hasPrefix(Self.prefix) else { return nil }
    let rest = text.dropFirst(Self.prefix.count)
    guard let slash = rest.lastIndex(of: "/") else {
      throw Failure("\(text): a snapshot in a store is named store:DIR/NAME")
    }
    let directory = slash == rest.startIndex ? "/" : String(rest[..<slash])
    try self.init(directory, name: String(rest[rest.index(after: slash)...]))
  }

  init(_ directory: String, name: String) throws(Failure) {
    self.directory = directory
    self.name = name
    guard Self.isValid(name) else {
      throw Failure("\(self): '\(name)' can't be the name of a snapshot in a store")
    }
  }

  /// Whether a snapshot in a store may have the name: 1 to 200 bytes that do not begin with `.`.
  static func isValid(_ name: String) -> Bool {
    (1...nameLimit).contains(name.utf8.count) && !name.hasPrefix(".")
      && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 < 0x20 || $0 == 0x7f }
  }

  /// The directory in `text`, which may be `store:DIR` or only DIR.
  package static func directory(_ text: String) -> String {
    text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
  }
}

extension StorePath: CustomStringConvertible {
  package var description: String { "\(Self.prefix)\(directory)/\(name)" }
}
