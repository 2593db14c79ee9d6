/// What a tree's files have not got, because whoever makes them may not give it to them.
struct TreeLosses {
  var owners = NamedFiles()
  var attributes = NamedFiles()
  var nodes = NamedFiles()

  /// A line each.
  var lines: [String] {
    [
      owners.summary.map { "these files could not be given their owner: \($0)" },
      attributes.summary.map { "these extended attributes could not be set: \($0)" },
      nodes.summary.map { "these files could not be made: \($0)" },
    ].compactMap { $0 }
  }
}
