/// How an application moves: options of `godwit migrate`. They travel with it, so there are only values that are safe as words of a
/// command, whoever wrote them.
package struct Moving: Hashable, Sendable, Codable {
  package enum Connections: String, Hashable, Sendable, Codable, CaseIterable {
    case relay, reset, refuse
  }

  package enum Reach: String, Hashable, Sendable, Codable, CaseIterable {
    case none, others, loopback
  }

  package var withRoot = false
  package var withMounts = false
  package var publishesNothing = false
  package var connections: Connections?
  /// What it reaches there; nil: as here.
  package var reach: Reach?

  /// The options.
  ///
  /// - Parameter isCopy: it stays here: nobody goes on with files of mounts or connections from a copy.
  package func words(isCopy: Bool = false) -> [String] {
    var words: [String] = []
    if withRoot { words.append("--with-root") }
    if withMounts, !isCopy { words.append("--with-mounts") }
    if publishesNothing { words.append("--no-publish") }
    if let connections, !isCopy { words += ["--connections", connections.rawValue] }
    if let reach { words += ["--remote-net", reach.rawValue] }
    return words
  }
}

extension Moving {
  init(_ section: Section) {
    withRoot = section.flag("with-root") ?? false
    withMounts = section.flag("with-mounts") ?? false
    publishesNothing = section.flag("no-publish") ?? false
    connections = section.value("connections", Self.list(Connections.self), Connections.init)
    reach = section.value("remote-net", Self.list(Reach.self), Reach.init)
  }

  private static func list<T: CaseIterable & RawRepresentable>(_ type: T.Type) -> String
  where T.RawValue == String {
    T.allCases.map(\.rawValue).joined(separator: ", ")
  }
}
