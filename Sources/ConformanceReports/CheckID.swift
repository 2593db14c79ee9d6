/// Ids of checks: parts with points between.
package enum CheckID {
  /// Whether `name` is the id, or its first parts.
  package static func matches(_ id: String, _ name: String) -> Bool {
    id == name || id.hasPrefix(name + ".")
  }

  /// The first part.
  static func group(of id: String) -> Substring { id.prefix { $0 != "." } }
}
