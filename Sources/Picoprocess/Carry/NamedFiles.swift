/// Files that a message is about: the first are named, the others counted.
struct NamedFiles {
  private var shown: [String] = []
  private(set) var count = 0

  /// Those that are named.
  private static let shownLimit = 3

  /// - Parameter file: its path, and maybe what is the matter with it.
  mutating func note(_ file: String) {
    count += 1
    if shown.count < Self.shownLimit { shown.append(file) }
  }

  /// Nil if there are none.
  var summary: String? {
    guard count > 0 else { return nil }
    let others = count - shown.count
    return shown.joined(separator: ", ") + (others > 0 ? ", and \(others) more" : "")
  }
}
